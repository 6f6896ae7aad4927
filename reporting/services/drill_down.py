"""What a figure counted, event by event."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from helpdesk.dynamo import cursor
from helpdesk.errors import Invalid
from reporting.domain import days
from reporting.domain.facts import Dimensions, Fact, FactKind
from reporting.domain.figures import COUNTED, Column, Figures, Row, add_to, empty_row
from reporting.services.facts import read_day
from reporting.services.query import ReportQuery
from reporting.services.report import report
from reporting.store import queries
from tickets.domain.sla import clock
from tickets.domain.sla.timeline import Timeline
from tickets.services.read import get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.ticket import Ticket

PAGE = 50
MOST_DAYS = 62
"""Days that one page looks through; a quieter stretch takes a second page."""

FIGURES: dict[str, tuple[FactKind, bool | None]] = {
    "created": (FactKind.CREATED, None),
    "resolved": (FactKind.RESOLVED, None),
    "closed": (FactKind.CLOSED, None),
    "reopened": (FactKind.REOPENED, None),
    "escalated": (FactKind.ESCALATED, None),
    "responses": (FactKind.RESPONSE, None),
    "late-responses": (FactKind.RESPONSE, False),
    "resolutions": (FactKind.RESOLUTION, None),
    "late-resolutions": (FactKind.RESOLUTION, False),
}
"""What each figure counts: a kind of fact, and whether it was in time."""


_CLOCKS = {
    FactKind.RESPONSE: ("response",),
    FactKind.ESCALATED: ("response", "resolution"),
    FactKind.CREATED: (),
    FactKind.REOPENED: (),
}
"""The clocks that a kind of fact may be late by, where it is not the resolution's."""


@dataclass(frozen=True, slots=True)
class Part:
    """The row of a table by team, segment or escalation rule whose figure is asked for.

    None: of all. Empty: of tickets without one. Rollups keep these by priority alone.
    """

    team: str | None = None
    segment: str | None = None
    rule: str | None = None
    level: str | None = None

    def counts(self, about: Dimensions, fact: Fact) -> bool:
        return (
            self.team in (None, about.team)
            and self.segment in (None, about.segment)
            and self.rule in (None, fact.rule)
            and self.level in (None, str(fact.level))
        )

    def check(self, asked: ReportQuery, figure: str) -> None:
        """Raises Invalid where the report has no such row."""
        of_rule = self.rule is not None or self.level is not None
        if self != WHOLE and not asked.by_priority_alone:
            raise Invalid(
                {"figure": _("Category and assignee can’t be combined with team, segment or rule.")}
            )
        if of_rule and (figure != "escalated" or asked.priorities):
            raise Invalid(
                {
                    "figure": _(
                        "A rule can only be used with the escalated figure, without other filters."
                    )
                }
            )

    def row(self, found: Figures) -> Row:
        """Its row in the figures of a report. One part alone is asked for."""
        row = empty_row()
        if self.team is not None:
            rows = [own for (_priority, team), own in found.teams.items() if team == self.team]
        elif self.segment is not None:
            rows = [own for (_priority, one), own in found.segments.items() if one == self.segment]
        elif self.rule is not None or self.level is not None:
            row[Column.ESCALATED] = sum(
                count
                for (rule, level), count in found.rules.items()
                if self.rule in (None, rule) and self.level in (None, level)
            )
            return row
        else:
            return found.total()
        for own in rows:
            add_to(row, own)
        return row


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Counted:
    """A ticket, at one of the events that a figure counted."""

    ticket: Ticket
    at: datetime
    late: int | None
    """Working seconds beyond what was allowed at that event; None: no deadline was missed by then;
    0: one was missed that has since been moved out."""


@dataclass(frozen=True)
class DrillDown:
    """Some of what a figure counted, the latest first; `total` is all of it, by the figure.
    Where to go on, and down to which day this looked."""

    rows: list[Counted]
    total: int
    next: str | None
    looked_to: date


def drill_down(
    asked: ReportQuery, figure: str, *, part: Part = WHOLE, place: str | None = None
) -> DrillDown:
    """What a figure counts, of all or of a part: a ticket once for each event that was counted.

    Cost: a query for each day that is looked through, a batch read, and that of the report.
    Raises Invalid, InvalidCursor.
    """
    if figure not in FIGURES:
        raise Invalid({"figure": _("Figure not found.")})
    part.check(asked, figure)
    query = ["behind", figure, repr(asked), repr(part)]
    day, passed = asked.range.end - days.DAY, 0
    if place:
        text, _space, number = cursor.decode(place, query=query).partition(" ")
        day, passed = date.fromisoformat(text), int(number)
    found: list[tuple[str, Fact]] = []
    looked = 0
    follows: str | None = None
    while day >= asked.range.start:
        if looked == MOST_DAYS or len(found) >= PAGE:
            follows = cursor.encode(query=query, place=f"{day} {passed}")
            break
        events = _events(asked, figure, part, day)[passed:]
        room = PAGE - len(found)
        found += events[:room]
        looked += 1
        if len(events) > room:
            passed += room
            continue
        day, passed = day - days.DAY, 0
    tickets = get_tickets({number for number, _fact in found})
    return DrillDown(
        rows=[
            Counted(tickets[number], fact.at, _late(tickets[number], fact))
            for number, fact in found
            if number in tickets
        ],
        total=total(asked, figure, part),
        next=follows,
        looked_to=day,
    )


def total(asked: ReportQuery, figure: str, part: Part = WHOLE) -> int:
    """What the figure itself says. Cost: as `report`."""
    kind, met = FIGURES[figure]
    row = part.row(report(asked).figures)
    counted = row[COUNTED[kind]]
    return counted if met is None else counted - row[COUNTED[kind] + 1]


def _events(asked: ReportQuery, figure: str, part: Part, day: date) -> list[tuple[str, Fact]]:
    """Numbers of tickets and what was counted of them, the latest first."""
    kind, met = FIGURES[figure]
    start, end = days.bounds(day, asked.zone)

    def counted(about: Dimensions, fact: Fact) -> bool:
        return (
            fact.kind is kind
            and (met is None or fact.met is met)
            and start <= fact.at < end
            and (asked.include_merged or not about.merged)
            and asked.counts((about.priority, about.category, about.assignee))
            and part.counts(about, fact)
        )

    found = []
    for utc_day in days.utc_days(day, asked.zone):
        for item in queries.facts_of_day(utc_day):
            about, happened = read_day(item)
            found += [(str(item.sk), fact) for fact in happened if counted(about, fact)]
    return sorted(found, key=lambda one: (one[1].at, int(one[0])), reverse=True)


def _late(ticket: Ticket, fact: Fact) -> int | None:
    clocks = _CLOCKS.get(fact.kind, ("resolution",))
    if not clocks:
        return None
    reading = clock.read(Timeline.load(ticket.timeline), POLICY_SNAPSHOTS, now=fact.at)
    read = [reading.response if name == "response" else reading.resolution for name in clocks]
    return max((max(one.elapsed - one.target, 0) for one in read if one.breached_at), default=None)
