"""Values of filters, as people and programs write them.

Each function gets what was written, in order, and returns the value. Raises BadValue, whose text
says what would be valid.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.services.read import find_customers, find_vehicles
from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import people_called, teams_of
from helpdesk.parsing import BadValue, whole_number
from helpdesk.short_text import one_line
from tickets.domain.filters import ME, MY_TEAMS, NOBODY

LONGEST_ID = 200

Word = TypeVar("Word", bound=StrEnum)


def words(values: Sequence[str], known: type[Word]) -> frozenset[Word]:
    """Return members of an enumeration, ignoring case and punctuation."""
    by_letters = {_letters(word): word for word in known}
    for value in values:
        if _letters(value) not in by_letters:
            raise BadValue(not_one_of(value, known))
    return frozenset(by_letters[_letters(value)] for value in values)


def tags(values: Sequence[str], by: Actor) -> frozenset[str]:
    """Return tags, which commas may separate, as they are stored."""
    written = (tag for value in values for tag in value.split(","))
    return frozenset(one_line(tag.lower()) for tag in written if tag.strip())


def person(values: Sequence[str], by: Actor) -> str:
    """Return a user's id, ME or NOBODY, from that or a username."""
    value = values[-1]
    if value in (ME, NOBODY) or whole_number(value) is not None:
        return value
    name = value.removeprefix("@")
    found = people_called([name]).get(name.casefold())
    if found is None:
        raise BadValue(
            _("No representative or supervisor is called %(value)s. Use a username, me or none.")
            % {"value": _quoted(value)}
        )
    return found


def team(values: Sequence[str], by: Actor) -> str:
    """Return a team's id or MY_TEAMS, from that or the name of one of the actor's teams."""
    value = values[-1]
    if value == MY_TEAMS or whole_number(value) is not None:
        return value
    named = {one.name.casefold(): str(one.pk) for one in teams_of(by.user_id)}
    if value.casefold() not in named:
        raise BadValue(_("You are not in a team called %(value)s.") % {"value": _quoted(value)})
    return named[value.casefold()]


def identifier(values: Sequence[str], by: Actor) -> str:
    """Return an id as it is."""
    if len(values[-1]) > LONGEST_ID:
        raise BadValue(_("Not a valid ID: too long."))
    return values[-1]


def customer(text: str) -> str:
    """Return the id of the one customer that a search finds. Cost: of `find_customers`."""
    found = find_customers(text, limit=2)
    if len(found) == 1:
        return found[0].customer_id
    if found:
        raise BadValue(
            _("Several customers match %(value)s. Use an email address.") % {"value": _quoted(text)}
        )
    raise BadValue(_("No customer matches %(value)s.") % {"value": _quoted(text)})


def vehicle(text: str) -> str:
    """Return the id of the one vehicle that a search finds. Cost: of `find_vehicles`."""
    found = find_vehicles(text)
    if len(found) == 1:
        return found[0].vehicle_id
    if found:
        raise BadValue(
            _("Several vehicles match %(value)s. Use the whole VIN.") % {"value": _quoted(text)}
        )
    raise BadValue(_("No vehicle matches %(value)s.") % {"value": _quoted(text)})


def truth(values: Sequence[str], by: Actor) -> bool:
    """Return the boolean that yes, no and the like mean."""
    value = values[-1].lower()
    if value in ("true", "1", "yes"):
        return True
    if value in ("false", "0", "no"):
        return False
    raise BadValue(not_one_of(values[-1], ("true", "false")))


def first_instant(values: Sequence[str], by: Actor) -> datetime:
    """Return the instant, or the beginning of the day in the reader's zone."""
    return _instant(values[-1], after_day=False)


def instant_after(values: Sequence[str], by: Actor) -> datetime:
    """Return the instant, or the end of the day in the reader's zone."""
    return _instant(values[-1], after_day=True)


def not_one_of(value: str, known: Iterable[Any]) -> str:
    """Return an error for an unknown word, with the known ones."""
    return _("%(value)s is not one of: %(words)s.") % {
        "value": _quoted(value),
        "words": ", ".join(known),
    }


def _instant(value: str, *, after_day: bool) -> datetime:
    try:
        if len(value) <= 10:
            day = date.fromisoformat(value)
            if after_day:
                # A day that no calendar has after this one is as good as the last one.
                day = min(day, date.max - timedelta(days=1)) + timedelta(days=1)
            moment = datetime.combine(day, time())
        else:
            moment = datetime.fromisoformat(value).replace(microsecond=0)
    except ValueError as wrong:
        raise BadValue(
            _("%(value)s is not a date such as 2026-11-01.") % {"value": _quoted(value)}
        ) from wrong
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.get_current_timezone())
    return _within_utc(moment)


def _within_utc(moment: datetime) -> datetime:
    """Return `moment`, or the first or last instant of UTC that can be written.

    The zone of `moment` may lie before or after those.
    """
    try:
        moment.astimezone(UTC)
    except OverflowError:
        last = datetime.max.replace(microsecond=0, tzinfo=UTC)
        return datetime.min.replace(tzinfo=UTC) if moment.year == 1 else last
    return moment


def _letters(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _quoted(value: str) -> str:
    return f"“{value[:40]}”"
