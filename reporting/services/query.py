"""The query of a report, and the permission for it."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import Invalid, NotAllowed
from reporting.domain import days
from reporting.domain.days import Range
from tickets.domain.filters import ME, NOBODY
from tickets.domain.ticket import Category, Channel, Priority

LONGEST = timedelta(days=366 * 20)
EARLIEST = date(1990, 1, 1)
LATEST = date(2200, 1, 1)


class GroupBy(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CATEGORY = "category"
    PRIORITY = "priority"
    ASSIGNEE = "assignedTo"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The days of a zone, and filters by ticket. Empty: no filter."""

    range: Range
    zone: str = "UTC"
    priorities: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()  # "": not known
    assignee: str | None = None  # "": unassigned
    include_merged: bool = False
    """Whether tickets that were merged into another count too."""
    customer: str | None = None
    tag: str | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.assignee, self.customer, self.tag)) > 1:
            raise Invalid(
                {"assignedTo": _("Choose one of assignee, customer and tag: not several.")}
            )

    @property
    def of_all(self) -> bool:
        """Whether nothing filters, so that the sums of all tickets serve."""
        return not self.priorities and self.by_priority_alone

    @property
    def by_priority_alone(self) -> bool:
        """Whether nothing but priorities filters, so that the sums by priority serve."""
        return not self.categories and not self.channels and not self.of_one

    @property
    def of_one(self) -> bool:
        """Whether it is about one person, customer or tag, which have groups of rows."""
        return any(one is not None for one in (self.assignee, self.customer, self.tag))


def parse_query(
    given: Mapping[str, Iterable[str]], *, by: Actor, today: date, inclusive: bool = False
) -> ReportQuery:
    """Return the query that URL parameters describe.

    `from`, `to` (exclusive) or, with `inclusive`, `until` (the last day), `tz`, `priority`,
    `category`, `channel`, `assignedTo`, `customer`, `tag`, `includeMerged`. Without days: the 30 up
    to `today`. A representative sees their own figures. Raises Invalid with every invalid value;
    NotAllowed.
    """
    require_ticket_work(by)
    errors: dict[str, str] = {}
    last = {name: [*values][-1].strip() for name, values in given.items() if [*values]}
    if inclusive:
        end = (_day("until", last, errors) or today) + days.DAY
    else:
        end = _day("to", last, errors) or today + days.DAY
    start = _day("from", last, errors) or end - 30 * days.DAY
    if not errors and start >= end and inclusive:
        errors["until"] = _("The last day must not be before the first day.")
    elif not errors and start >= end:
        errors["to"] = _(
            "The range is empty. “to” is the day after the last day and must be after “from”."
        )
    if not errors and end - start > LONGEST:
        errors["from"] = _("Choose a range of at most twenty years.")
    zone = last.get("tz") or settings.REPORT_TIME_ZONES[0]
    if zone not in zones():
        errors["tz"] = _("Choose a time zone by its IANA name, such as Europe/Berlin.")
    priorities = _words("priority", given, Priority, errors)
    categories = _words("category", given, Category, errors)
    channels = _words("channel", given, Channel, errors, others={NOBODY})
    merged = last.get("includeMerged", "").lower()
    if merged not in ("", "true", "false"):
        errors["includeMerged"] = _("Choose one of: %(words)s.") % {"words": "false, true"}
    if errors:
        raise Invalid(errors)
    assignee = last.get("assignedTo") or None
    assignee = {ME: by.user_id, NOBODY: ""}.get(assignee or "-", assignee)
    if not by.supervises:
        if assignee not in (None, by.user_id):
            raise NotAllowed(_("Only supervisors can see reports of others."))
        if last.get("customer") or last.get("tag"):
            raise NotAllowed(_("Only supervisors can see reports of customers and tags."))
        assignee = by.user_id
    return ReportQuery(
        Range(start, end),
        zone,
        priorities,
        categories,
        frozenset("" if word == NOBODY else word for word in channels),
        assignee,
        merged == "true",
        customer=last.get("customer") or None,
        tag=(last.get("tag") or "").lower() or None,
    )


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def _day(name: str, given: Mapping[str, str], errors: dict[str, str]) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors[name] = _("Enter the date as 2026-11-24.")
        return None
    if not EARLIEST <= day <= LATEST:
        errors[name] = _("Choose a date between %(first)s and %(last)s.") % {
            "first": EARLIEST,
            "last": LATEST,
        }
        return None
    return day


def _words(
    name: str,
    given: Mapping[str, Iterable[str]],
    words: type[Priority] | type[Category] | type[Channel],
    errors: dict[str, str],
    *,
    others: Set[str] = frozenset(),
) -> frozenset[str]:
    wanted = {value.strip() for value in given.get(name, ()) if value.strip()}
    known = {*others, *(word.value for word in words)}
    if wanted - known:
        errors[name] = _("Choose one of: %(words)s.") % {"words": ", ".join(sorted(known))}
    return frozenset(wanted & known)
