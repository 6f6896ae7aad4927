"""The tickets behind a figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from helpdesk.dynamo import cursor
from helpdesk.errors import Invalid
from reporting.domain import days
from reporting.domain.facts import About, Fact, Kind
from reporting.services.asked import Asked
from reporting.services.facts import read_day
from reporting.store import access
from tickets.services.read import get_tickets
from tickets.store.ticket import Ticket

PAGE = 50
MOST_DAYS = 62
"""Days that one page looks through; a quieter stretch takes a second page."""

FIGURES: dict[str, tuple[Kind, bool | None]] = {
    "created": (Kind.CREATED, None),
    "resolved": (Kind.RESOLVED, None),
    "closed": (Kind.CLOSED, None),
    "reopened": (Kind.REOPENED, None),
    "escalated": (Kind.ESCALATED, None),
    "responses": (Kind.RESPONSE, None),
    "late-responses": (Kind.RESPONSE, False),
    "resolutions": (Kind.RESOLUTION, None),
    "late-resolutions": (Kind.RESOLUTION, False),
}
"""What each figure counts: a kind of fact, and whether it was in time."""


@dataclass(frozen=True)
class Behind:
    """Some tickets, the latest first; where to go on, and down to which day this looked."""

    tickets: list[Ticket]
    next: str | None
    looked_to: date


def behind(asked: Asked, figure: str, *, place: str | None = None) -> Behind:
    """The tickets that a figure counts; each once a day.

    Cost: a query for each day that is looked through, a batch read. Raises Invalid, InvalidCursor.
    """
    if figure not in FIGURES:
        raise Invalid({"figure": _("There is no such figure.")})
    query = ["behind", figure, repr(asked)]
    day, passed = asked.range.end - days.DAY, 0
    if place:
        text, _space, number = cursor.decode(place, query=query).partition(" ")
        day, passed = date.fromisoformat(text), int(number)
    found: list[str] = []
    looked = 0
    follows: str | None = None
    while day >= asked.range.start:
        if looked == MOST_DAYS or len(found) >= PAGE:
            follows = cursor.encode(query=query, place=f"{day} {passed}")
            break
        numbers = list(_numbers(asked, figure, day))[passed:]
        room = PAGE - len(found)
        found += numbers[:room]
        looked += 1
        if len(numbers) > room:
            passed += room
            continue
        day, passed = day - days.DAY, 0
    tickets = get_tickets(set(found))
    return Behind(
        tickets=[tickets[number] for number in dict.fromkeys(found) if number in tickets],
        next=follows,
        looked_to=day,
    )


def _numbers(asked: Asked, figure: str, day: date) -> Iterator[str]:
    """Numbers of tickets, highest first."""
    kind, met = FIGURES[figure]
    start, end = days.bounds(day, asked.zone)

    def counted(about: About, fact: Fact) -> bool:
        return (
            fact.kind is kind
            and (met is None or fact.met is met)
            and start <= fact.at < end
            and (asked.include_merged or not about.merged)
            and asked.counts((about.priority, about.category, about.assignee))
        )

    found = set()
    for utc_day in days.utc_days(day, asked.zone):
        for item in access.facts_of_day(utc_day):
            about, happened = read_day(item)
            if any(counted(about, fact) for fact in happened):
                found.add(str(item.sk))
    yield from sorted(found, key=int, reverse=True)
