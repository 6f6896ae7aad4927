"""Refusals with translatable messages, since the domain knows no language.

`make messages` finds messages in gettext_noop; helpdesk.errors.worded translates them.
"""


def gettext_noop(message: str) -> str:
    """Mark a message for translation, and return it as it is."""
    return message


class Refusal(Exception):
    """A refusal whose message can be shown to a person: `message` is its text with placeholders,
    `values` what fills them."""

    def __init__(self, message: str = "", /, **values: object) -> None:
        self.message, self.values = message, values
        plain = {name: _plain(value) for name, value in values.items()}
        super().__init__(message % plain if plain else message)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
