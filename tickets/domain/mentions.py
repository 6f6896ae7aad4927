"""Colleagues called by name in a text: @rosa."""

import re

# Neither in an address nor before one: `@rosa@example.com` names nobody here.
_MENTION = re.compile(r"(?<![\w@./])@([\w.+-]{1,150})(?![\w.+@-])")


def mentions(text: str) -> list[str]:
    """The user names that follow an @, in order, each once; a full stop at the end is none's."""
    return list(dict.fromkeys(name.rstrip(".-") for name in _MENTION.findall(text)))
