"""Mentions of colleagues and teams in a text: @rosa, @customs-team."""

import re

# Neither in an address nor before one: `@rosa@example.com` is no mention.
_MENTION = re.compile(r"(?<![\w@./])@([\w.+-]{1,150})(?![\w.+@-])")


def mentions(text: str) -> list[str]:
    """Return the usernames after an @, in order, each once, without a full stop at the end."""
    return list(dict.fromkeys(name.rstrip(".-") for name in _MENTION.findall(text)))


def handle(name: str) -> str:
    """Return the name of a team as it is written after an @: one word in small letters."""
    return re.sub(r"[^\w.+]+", "-", name).strip("-.").casefold()
