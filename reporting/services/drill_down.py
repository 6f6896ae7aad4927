"""The tickets behind a figure."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from helpdesk.dynamo import cursor
from helpdesk.errors import Invalid
from reporting.domain import days
from reporting.domain.facts import Dimensions, Fact, FactKind
from reporting.domain.figures import BANDS, COUNTED, Figures, Row, band_of, cell_of, distribution
from reporting.services.facts import read_day
from reporting.services.query import ReportQuery
from reporting.services.report import by_day, counts_of, report
from reporting.store import queries
from tickets.domain.sla import clock
from tickets.domain.sla.timeline import Timeline
from tickets.services.read import get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.ticket import Ticket

PAGE = 50
MOST_DAYS = 62
"""Days that one page reads the facts of; where few are of the part, it takes a second page."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The kinds of facts that a figure counts; `late`: only those that missed their target."""

    kinds: tuple[FactKind, ...]
    late: bool = False

    def number(self, row: Row) -> int:
        """Return the figure's value in a row of a report."""
        counted = sum(row[COUNTED[kind]] for kind in self.kinds)
        return counted - sum(row[COUNTED[kind] + 1] for kind in self.kinds if self.late)


FIGURES = {
    "created": Figure((FactKind.CREATED,)),
    "resolved": Figure((FactKind.RESOLVED,)),
    "rate": Figure((FactKind.CREATED, FactKind.RESOLVED)),
    "closed": Figure((FactKind.CLOSED,)),
    "reopened": Figure((FactKind.REOPENED,)),
    "escalated": Figure((FactKind.ESCALATED,)),
    "responses": Figure((FactKind.RESPONSE,)),
    "late-responses": Figure((FactKind.RESPONSE,), late=True),
    "resolutions": Figure((FactKind.RESOLUTION,)),
    "late-resolutions": Figure((FactKind.RESOLUTION,), late=True),
}
"""Every figure of a report. A share, an average or a quantile leads to all that it is made of."""

_DURATIONS = ("responses", "resolutions")
"""Figures that have a distribution."""

_NO_DEADLINE = (FactKind.CREATED, FactKind.REOPENED)
"""Kinds of facts that are neither in time nor late."""

_CLOCKS = {
    FactKind.RESPONSE: ("response",),
    FactKind.ESCALATED: ("response", "resolution"),
}
"""The clocks that a kind of fact may be late by, where it is not the resolution's."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a figure: a row of a table by team, segment or escalation rule, or a bar of a
    distribution.

    None: no restriction. Empty: tickets without one. Rollups have these rows by priority only.
    """

    team: str | None = None
    segment: str | None = None
    rule: str | None = None
    level: str | None = None
    band: str | None = None

    def counts(self, about: Dimensions, fact: Fact) -> bool:
        """Return whether a fact about a ticket of these dimensions is part of the figure."""
        return (
            self.team in (None, about.team)
            and self.segment in (None, about.segment)
            and self.rule in (None, fact.rule)
            and self.level in (None, str(fact.level))
            and (self.band is None or self.band == str(band_of(fact.seconds)))
        )

    def check(self, asked: ReportQuery, figure: str) -> None:
        """Raise Invalid if the report has no such row or bar."""
        of_rule = self.rule is not None or self.level is not None
        if self.tables and not asked.by_priority_alone:
            raise Invalid(
                {"figure": _("Category and assignee can’t be combined with team, segment or rule.")}
            )
        if self.tables > 1 or (self.tables and self.band is not None):
            raise Invalid({"figure": _("Choose one of team, segment, rule or duration.")})
        if of_rule and (figure != "escalated" or asked.priorities):
            raise Invalid(
                {
                    "figure": _(
                        "A rule can only be used with the escalated figure, without other filters."
                    )
                }
            )
        if self.band is not None and not (
            figure in _DURATIONS and self.band in map(str, range(len(BANDS) + 1))
        ):
            raise Invalid({"figure": _("Duration not found.")})

    @property
    def tables(self) -> int:
        """The number of tables in which it names a row."""
        of_rule = self.rule is not None or self.level is not None
        return (self.team is not None) + (self.segment is not None) + of_rule

    def number(self, found: Figures, figure: Figure) -> int:
        """Return the value of the part in the figures of a report."""
        if self.rule is not None or self.level is not None:
            return sum(
                count
                for (rule, level), count in found.rules.items()
                if self.rule in (None, rule) and self.level in (None, level)
            )
        if self.team is not None:
            rows = [own for (_priority, team), own in found.teams.items() if team == self.team]
        elif self.segment is not None:
            rows = [own for (_priority, one), own in found.segments.items() if one == self.segment]
        else:
            rows = [*found.cells.values()]
        return sum(map(figure.number, rows))


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Counted:
    """A ticket, at one of the events that a figure counted."""

    ticket: Ticket
    at: datetime
    kind: FactKind
    late: int | None
    """Working seconds beyond what was allowed at that event; None: no deadline was missed by then;
    0: one was missed that has since been moved out."""

    @property
    def timed(self) -> bool:
        """Whether the event has a target that it can miss."""
        return self.kind not in _NO_DEADLINE


@dataclass(frozen=True)
class DrillDown:
    """Some events that a figure counted, newest first, and their total by kind.

    Also the position to continue after, and the day down to which this looked.
    """

    rows: list[Counted]
    totals: dict[FactKind, int]
    next: str | None
    looked_to: date

    @property
    def total(self) -> int:
        return sum(self.totals.values())


def drill_down(
    asked: ReportQuery, figure: str, *, part: Part = WHOLE, place: str | None = None
) -> DrillDown:
    """Return the tickets behind a figure or its part, once for each event that was counted.

    Cost: a query for each day on which the figure counted any, of at most MOST_DAYS; a batch read;
    that of the report. Raises Invalid, InvalidCursor.
    """
    if figure not in FIGURES:
        raise Invalid({"figure": _("Figure not found.")})
    part.check(asked, figure)
    query = ["behind", figure, repr(asked), repr(part)]
    first, passed = asked.range.end, 0
    if place:
        text, _space, number = cursor.decode(place, query=query).partition(" ")
        first, passed = date.fromisoformat(text), int(number)
    found: list[tuple[str, Fact]] = []
    follows: tuple[date, int] | None = None
    counted_on = (day for day in _days_of(asked, FIGURES[figure]) if day <= first)
    for looked, day in enumerate(counted_on):
        if looked == MOST_DAYS or len(found) == PAGE:
            follows = day, 0
            break
        start = passed if day == first else 0
        events = _events(asked, FIGURES[figure], part, day)[start:]
        room = PAGE - len(found)
        found += events[:room]
        if len(events) > room:
            follows = day, start + room
            break
    tickets = get_tickets({number for number, _fact in found})
    return DrillDown(
        rows=[
            Counted(tickets[number], fact.at, fact.kind, _late(tickets[number], fact))
            for number, fact in found
            if number in tickets
        ],
        totals=_totals(asked, figure, part),
        next=cursor.encode(query=query, place="{} {}".format(*follows)) if follows else None,
        looked_to=follows[0] if follows else asked.range.start,
    )


def _totals(asked: ReportQuery, figure: str, part: Part) -> dict[FactKind, int]:
    """Return the figure itself, by kind of fact."""
    counted = FIGURES[figure]
    if part.band is not None:
        durations = report(asked).durations()
        [kind] = counted.kinds
        bins = durations.response if kind is FactKind.RESPONSE else durations.resolution
        return {kind: distribution(bins)[int(part.band)]}
    found = counts_of(asked)
    return {kind: part.number(found, Figure((kind,), late=counted.late)) for kind in counted.kinds}


def _days_of(asked: ReportQuery, figure: Figure) -> list[date]:
    """Return the days on which a figure counted any ticket, newest first.

    Cost: a query of an item a month.
    """
    of_all = ReportQuery(asked.range, asked.zone, include_merged=asked.include_merged)
    rows = by_day(of_all)
    return sorted((day for day, row in rows.items() if figure.number(row)), reverse=True)


def _events(asked: ReportQuery, figure: Figure, part: Part, day: date) -> list[tuple[str, Fact]]:
    """Yield numbers of tickets and what was counted of them, newest first."""
    start, end = days.bounds(day, asked.zone)

    def counted(about: Dimensions, fact: Fact) -> bool:
        return (
            fact.kind in figure.kinds
            and not (figure.late and fact.met)
            and start <= fact.at < end
            and (asked.include_merged or not about.merged)
            and asked.counts(cell_of(about))
            and part.counts(about, fact)
        )

    found = []
    for utc_day in days.utc_days(day, asked.zone):
        for item in queries.facts_of_day(utc_day):
            about, happened = read_day(item)
            found += [(str(item.sk), fact) for fact in happened if counted(about, fact)]
    return sorted(found, key=lambda one: (one[1].at, int(one[0]), one[1].kind), reverse=True)


def _late(ticket: Ticket, fact: Fact) -> int | None:
    if fact.kind in _NO_DEADLINE:
        return None
    clocks = _CLOCKS.get(fact.kind, ("resolution",))
    reading = clock.read(Timeline.load(ticket.timeline), POLICY_SNAPSHOTS, now=fact.at)
    read = [reading.response if name == "response" else reading.resolution for name in clocks]
    return max((max(one.elapsed - one.target, 0) for one in read if one.breached_at), default=None)
