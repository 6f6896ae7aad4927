"""Read filters from a query string or the API's parameters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.domain.choices import can_be_stored
from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import people_called, teams_of
from helpdesk.errors import Invalid
from helpdesk.parsing import whole_number
from helpdesk.short_text import one_line
from tickets.domain.filters import ME, MY_TEAMS, NOBODY, Filters, Sort, split_box
from tickets.domain.ticket import Category, Priority, Status

LONGEST_TEXT = 200
LONGEST_ID = 200

Word = TypeVar("Word", bound=StrEnum)

NAMES = (
    "status",
    "priority",
    "category",
    "assignedTo",
    "team",
    "customerId",
    "vehicleId",
    "tag",
    "overdue",
    "atRisk",
    "waiting",
    "escalated",
    "createdFrom",
    "createdTo",
    "q",
    "sort",
)
"""What a query string can say; anything else is no filter."""


def read_filters(given: Mapping[str, Sequence[str]], *, by: Actor) -> Filters:
    """The filters that `given` names; words in `q` count as if each stood for itself.

    A day ends a range with its end, in the reader's zone. `assignedTo` also takes a user name.
    Raises Invalid with every value that means nothing, and what would.
    """
    box, text = split_box(" ".join(given.get("q", ()))[:LONGEST_TEXT])
    asked: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    for name in NAMES[:-2]:
        values = [*given.get(name, ()), *box.get(name, ())]
        wanted = [value.strip() for value in values if value.strip()]
        if not all(can_be_stored(value) for value in wanted):
            errors[name] = _("Contains a character that can’t be stored, so there are no matches.")
        elif wanted:
            asked[name] = wanted
    filters = Filters(
        statuses=_words("status", asked, Status, errors),
        priorities=_words("priority", asked, Priority, errors),
        categories=_words("category", asked, Category, errors),
        assigned_to=_person(asked, errors),
        team=_team(asked, by, errors),
        customer_id=_id("customerId", asked, errors),
        vehicle_id=_id("vehicleId", asked, errors),
        tags=frozenset(
            one_line(tag.lower())
            for tags in asked.get("tag", ())
            for tag in tags.split(",")
            if tag.strip()
        ),
        overdue=_truth("overdue", asked, errors),
        at_risk=_truth("atRisk", asked, errors),
        waiting=_truth("waiting", asked, errors),
        escalated=_truth("escalated", asked, errors),
        created_from=_moment("createdFrom", asked, errors, end=False),
        created_to=_moment("createdTo", asked, errors, end="createdTo" not in box),
        text=text,
        sort=_sort(given, errors),
    )
    if errors:
        raise Invalid(errors)
    return filters


def _words(
    name: str, asked: Mapping[str, Sequence[str]], words: type[Word], errors: dict[str, str]
) -> frozenset[Word]:
    known = {_plain(word): word for word in words}
    found = set()
    for value in asked.get(name, ()):
        if _plain(value) in known:
            found.add(known[_plain(value)])
        else:
            errors[name] = _not_one_of(value, words)
    return frozenset(found)


def _person(asked: Mapping[str, Sequence[str]], errors: dict[str, str]) -> str | None:
    value = _last(asked, "assignedTo")
    if value is None or value in (ME, NOBODY) or whole_number(value) is not None:
        return value
    person = people_called([value.removeprefix("@")]).get(value.removeprefix("@").casefold())
    if person is None:
        errors["assignedTo"] = _(
            "No representative or supervisor is called %(value)s. Use a username, me or none."
        ) % {"value": f"“{value[:40]}”"}
    return person


def _team(asked: Mapping[str, Sequence[str]], by: Actor, errors: dict[str, str]) -> str | None:
    value = _last(asked, "team")
    if value is None or value == MY_TEAMS or whole_number(value) is not None:
        return value
    named = {team.name.casefold(): str(team.pk) for team in teams_of(by.user_id)}
    if value.casefold() not in named:
        errors["team"] = _("You are not in a team called %(value)s.") % {"value": f"“{value[:40]}”"}
    return named.get(value.casefold())


def _id(name: str, asked: Mapping[str, Sequence[str]], errors: dict[str, str]) -> str | None:
    value = _last(asked, name)
    if value and len(value) > LONGEST_ID:
        errors[name] = _("Not a valid ID: too long.")
    return value


def _truth(name: str, asked: Mapping[str, Sequence[str]], errors: dict[str, str]) -> bool | None:
    value = _last(asked, name)
    if value is None:
        return None
    if value.lower() in ("true", "1", "yes"):
        return True
    if value.lower() not in ("false", "0", "no"):
        errors[name] = _not_one_of(value, ("true", "false"))
    return False


def _moment(
    name: str, asked: Mapping[str, Sequence[str]], errors: dict[str, str], *, end: bool
) -> datetime | None:
    value = _last(asked, name)
    if value is None:
        return None
    try:
        if len(value) <= 10:
            day = date.fromisoformat(value)
            if end:
                # A day that no calendar has after this one is as good as the last one.
                day = min(day, date.max - timedelta(days=1)) + timedelta(days=1)
            moment = datetime.combine(day, time())
        else:
            moment = datetime.fromisoformat(value).replace(microsecond=0)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.get_current_timezone())
        return _within_utc(moment)
    except ValueError:
        errors[name] = _("%(value)s is not a date such as 2026-11-01.") % {
            "value": f"“{value[:40]}”"
        }
        return None


def _within_utc(moment: datetime) -> datetime:
    """`moment`, or the first or last that UTC can write: a zone may lie before or beyond those."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        last = datetime.max.replace(microsecond=0, tzinfo=UTC)
        return datetime.min.replace(tzinfo=UTC) if moment.year == 1 else last
    return moment


def _sort(given: Mapping[str, Sequence[str]], errors: dict[str, str]) -> Sort | None:
    value = _last(given, "sort")
    if not value:
        return None
    try:
        return Sort(value)
    except ValueError:
        errors["sort"] = _not_one_of(value, Sort)
        return None


def _last(asked: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = asked.get(name)
    return values[-1] if values else None


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _not_one_of(value: str, words: Iterable[Any]) -> str:
    return _("%(value)s is not one of: %(words)s.") % {
        "value": f"“{value[:40]}”",
        "words": ", ".join(words),
    }
