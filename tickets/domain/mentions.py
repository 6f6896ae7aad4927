"""Mentions of colleagues in a text: @rosa."""

import re

# Neither in an address nor before one: `@rosa@example.com` is no mention.
_MENTION = re.compile(r"(?<![\w@./])@([\w.+-]{1,150})(?![\w.+@-])")


def mentions(text: str) -> list[str]:
    """Return the usernames after an @, in order, each once, without a full stop at the end."""
    return list(dict.fromkeys(name.rstrip(".-") for name in _MENTION.findall(text)))
