"""Validation of input. Each error says what would be right."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from customers.domain.choices import can_be_stored
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import assignable_users
from helpdesk.custom_fields import values
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.values import Values
from helpdesk.errors import Invalid
from helpdesk.parsing import whole_number
from helpdesk.short_text import one_line

LONGEST_SUBJECT = 200
LONGEST_DESCRIPTION = 20_000
LONGEST_CONTENT = 20_000
MOST_TAGS = 20
LONGEST_TAG = 40
MOST_RELATED = 50

Word = TypeVar("Word", bound=StrEnum)


class Checks:
    """Collects the errors of several fields, and raises them together."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def line(self, field: str, value: str, *, longest: int) -> str:
        """Return a text of one line, and note an error if it is empty or too long."""
        return self.text(field, one_line(value), longest=longest)

    def text(self, field: str, value: str, *, longest: int) -> str:
        """Return a text without space around it and with LF line ends.

        It is an error if it is empty, longer than `longest` characters, or cannot be stored.
        """
        value = value.strip().replace("\r\n", "\n")
        if not value:
            self.errors[field] = _("Required.")
        elif len(value) > longest:
            self.errors[field] = _("Too long: %(length)s characters. Use at most %(longest)s.") % {
                "length": len(value),
                "longest": longest,
            }
        elif not can_be_stored(value):
            self.errors[field] = _("Contains a character that can’t be stored.")
        return value

    def word(self, field: str, value: str, words: type[Word]) -> Word | None:
        """Return a member of an enumeration; None, with an error noted, for any other word."""
        try:
            return words(value)
        except ValueError:
            one_of = ", ".join(words)
            self.errors[field] = (
                _("“%(value)s” is not one of: %(words)s.") % {"value": value[:40], "words": one_of}
                if value
                else _("Choose one of: %(words)s.") % {"words": one_of}
            )
            return None

    def tags(self, field: str, values: Iterable[str]) -> list[str]:
        """Return tags trimmed, in lower case, each once, in order."""
        tags = sorted({one_line(value.lower()) for value in values} - {""})
        if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
            self.errors[field] = _(
                "Use at most %(most)s tags of at most %(longest)s characters each."
            ) % {"most": MOST_TAGS, "longest": LONGEST_TAG}
        elif not all(can_be_stored(tag) for tag in tags):
            self.errors[field] = _("Contains a character that can’t be stored.")
        return tags

    def assignee(self, field: str, user_id: str | None) -> str | None:
        """Return the id of a user who works tickets, or None for nobody. One SQL query."""
        if user_id is None:
            return None
        key = whole_number(user_id)
        if key is None or not assignable_users().filter(pk=key).exists():
            self.errors[field] = _("No representative or supervisor has this ID.")
        return user_id

    def team(self, field: str, team_id: str | None) -> str | None:
        """Return the id of a team, or None for none. One SQL query."""
        if team_id is None:
            return None
        key = whole_number(team_id)
        if key is None or not Team.objects.filter(pk=key).exists():
            self.errors[field] = _("Team not found.")
        return team_id

    def custom_fields(
        self, given: Mapping[str, Any] | None, *, category: str | None
    ) -> Values | None:
        """Return the custom fields of a new ticket; None without `given`. One SQL query."""
        if given is None:
            return None
        try:
            return values.changed(RecordKind.TICKET, None, given, category=category, new=True)
        except Invalid as wrong:
            self.errors |= wrong.errors
            return None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note the errors of an Invalid that is raised inside the block, which then ends."""
        try:
            yield
        except Invalid as refused:
            self.errors |= refused.errors

    def done(self) -> None:
        """Raise Invalid if there were errors."""
        if self.errors:
            raise Invalid(self.errors)
