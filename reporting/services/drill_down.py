"""The tickets behind a figure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from helpdesk.dynamo import cursor
from helpdesk.errors import Invalid
from reporting.domain import days
from reporting.domain.facts import Dimensions, Fact, FactKind, Measure
from reporting.domain.figures import (
    BANDS,
    COUNTED,
    MEASURED,
    Row,
    add_to,
    band_of,
    distribution,
    empty_row,
)
from reporting.domain.rows import BY_MAKE, BY_RULE, BY_SEGMENT, BY_TEAM, Key
from reporting.services import facts, generations, sums
from reporting.services.query import ReportQuery
from reporting.services.report import Report, by_day, groups_of, selects
from reporting.store import queries
from tickets.domain.sla import clock
from tickets.domain.sla.timeline import Timeline
from tickets.services.read import get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.ticket import Ticket

PAGE = 50
MOST_DAYS = 62
"""Days that one page looks at; where few are of the part, it takes a second page."""

MOST_QUARTERS = 100
"""Quarter hours that one page reads the facts of."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The kinds of facts that a figure counts; `late`: only those that missed their target.

    With a `measure` only those of which it is true.
    """

    kinds: tuple[FactKind, ...]
    late: bool = False
    measure: Measure | None = None

    def number(self, row: Row) -> int:
        """Return the figure's value in a row of a report."""
        if self.measure:
            return row[MEASURED[self.measure]]
        counted = sum(row[COUNTED[kind]] for kind in self.kinds)
        return counted - sum(row[COUNTED[kind] + 1] for kind in self.kinds if self.late)

    def counts(self, fact: Fact) -> bool:
        """Return whether it counts a fact."""
        return (
            fact.kind in self.kinds
            and not (self.late and fact.met)
            and (self.measure is None or (self.measure, 1) in fact.measures)
        )


FIGURES = {
    "created": Figure((FactKind.CREATED,)),
    "resolved": Figure((FactKind.RESOLVED,)),
    "rate": Figure((FactKind.CREATED, FactKind.RESOLVED)),
    "closed": Figure((FactKind.CLOSED,)),
    "reopened": Figure((FactKind.REOPENED,)),
    "reopen-rate": Figure((FactKind.REOPENED, FactKind.RESOLVED)),
    "escalated": Figure((FactKind.ESCALATED,)),
    "responses": Figure((FactKind.RESPONSE,)),
    "late-responses": Figure((FactKind.RESPONSE,), late=True),
    "resolutions": Figure((FactKind.RESOLUTION,)),
    "late-resolutions": Figure((FactKind.RESOLUTION,), late=True),
    "next-responses": Figure((FactKind.NEXT_RESPONSE,)),
    "late-next-responses": Figure((FactKind.NEXT_RESPONSE,), late=True),
    "replies": Figure((FactKind.REPLY,)),
    "assignments": Figure((FactKind.ASSIGNMENT,)),
    "returned": Figure((FactKind.RETURNED,)),
    "one-touch": Figure((FactKind.RESOLUTION,), measure=Measure.ONE_TOUCH),
    "first-contact": Figure((FactKind.RESOLUTION,), measure=Measure.FIRST_CONTACT),
}
"""Every figure of a report. A share, an average or a quantile leads to all that it is made of."""

_LATEST = "T~"
"""In a place in the list, after a day: all of it is still to come."""

_DURATIONS = ("responses", "resolutions", "next-responses", "assignments")
"""Figures that have a distribution."""

_NO_DEADLINE = (
    FactKind.CREATED,
    FactKind.REOPENED,
    FactKind.REPLY,
    FactKind.ASSIGNMENT,
    FactKind.RETURNED,
)
"""Kinds of facts that are neither in time nor late."""

_WEEKDAYS, _HOURS = (frozenset(map(str, range(count))) for count in (7, 24))

_CLOCKS = {
    FactKind.RESPONSE: ("response",),
    FactKind.ESCALATED: ("response", "resolution"),
}
"""The clocks that a kind of fact may be late by, where it is not the resolution's."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a figure: a row of a table by team, segment, make or escalation rule, a bar of a
    distribution, or an hour of the week.

    None: no restriction. Empty: tickets without one. Rollups have these rows by priority only.
    """

    team: str | None = None
    segment: str | None = None
    make: str | None = None
    rule: str | None = None
    level: str | None = None
    band: str | None = None
    weekday: str | None = None  # "0" is Monday; with an hour
    hour: str | None = None

    def counts(self, about: Dimensions, fact: Fact) -> bool:
        """Return whether a fact about a ticket of these dimensions is part of the figure."""
        return (
            self.team in (None, about.team)
            and self.segment in (None, about.segment)
            and self.make in (None, about.make)
            and self.rule in (None, fact.rule)
            and self.level in (None, str(fact.level))
            and (self.band is None or self.band == str(band_of(fact.seconds)))
        )

    def check(self, asked: ReportQuery, figure: str) -> None:
        """Raise Invalid if the report has no such row or bar."""
        if self.tables and not asked.by_priority_alone:
            raise Invalid(
                {
                    "figure": _(
                        "Category and assignee can’t be combined with team, segment, make or rule."
                    )
                }
            )
        if self.tables > 1 or (self.tables and self.band is not None):
            raise Invalid({"figure": _("Choose one of team, segment, make, rule or duration.")})
        if self.of_hour:
            known = str(self.weekday) in _WEEKDAYS and str(self.hour) in _HOURS
            if not known or self.tables or self.band is not None:
                raise Invalid({"figure": _("Hour not found.")})
        if self.of_rule and (figure != "escalated" or asked.priorities):
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
        return len(self.of_dimensions) + self.of_rule

    @property
    def of_hour(self) -> bool:
        """Whether it is an hour of the week, in the query's zone."""
        return self.weekday is not None or self.hour is not None

    def has_quarter(self, at: datetime, zone: str) -> bool:
        """Return whether a quarter hour is in its hour of the week."""
        if not self.of_hour:
            return True
        local = at.astimezone(ZoneInfo(zone))
        return (str(local.weekday()), str(local.hour)) == (self.weekday, self.hour)

    @property
    def of_rule(self) -> bool:
        return self.rule is not None or self.level is not None

    @property
    def of_dimensions(self) -> dict[str, str]:
        """The values that it names, by the table that has rows for them."""
        named = {BY_TEAM: self.team, BY_SEGMENT: self.segment, BY_MAKE: self.make}
        return {table: value for table, value in named.items() if value is not None}

    def number(self, found: Report, figure: Figure) -> int:
        """Return the value of the part in a report."""
        if self.of_rule:
            return sum(
                count
                for (rule, level), count in found.rules.items()
                if self.rule in (None, rule) and self.level in (None, level)
            )
        for table, value in self.of_dimensions.items():
            row = found.by_dimension(table).get(value)
            return figure.number(row) if row else 0
        return figure.number(found.row)

    def groups(self, asked: ReportQuery) -> tuple[str, ...]:
        """Return the groups of rows that have its numbers."""
        return groups_of(asked, by_dimension=bool(self.tables))

    def has(self, asked: ReportQuery, table: str, key: Key) -> bool:
        """Return whether a row of its groups is one of its own."""
        if self.of_rule:
            return table == BY_RULE and self.rule in (None, key[0]) and self.level in (None, key[1])
        for own, value in self.of_dimensions.items():
            chosen = not asked.priorities or key[1] in asked.priorities
            return table == own and key[0] == value and chosen
        return selects(asked, key)


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

    Cost: a few queries for each day on which the figure counted any, of at most MOST_DAYS; a query
    a shard for each quarter hour in which the part has any, of at most MOST_QUARTERS; a batch read;
    that of the report. Raises Invalid, InvalidCursor.
    """
    if figure not in FIGURES:
        raise Invalid({"figure": _("Figure not found.")})
    part.check(asked, figure)
    query = ["behind", figure, repr(asked), repr(part)]
    first, passed = "", 0
    if place:
        first, _space, number = cursor.decode(place, query=query).partition(" ")
        passed = int(number)
    found: list[tuple[str, Fact]] = []
    follows: tuple[str, int] | None = None
    looked_to = asked.range.start
    counted_on = (
        day for day in _days_of(asked, FIGURES[figure]) if not first or day <= _day(first, asked)
    )
    quarters = 0
    for looked, day in enumerate(counted_on):
        if looked == MOST_DAYS:
            follows = f"{day}{_LATEST}", 0
        for quarter in () if follows else _quarters(asked, FIGURES[figure], part, day):
            if first and quarter > first:
                continue
            start = passed if quarter == first else 0
            room = PAGE - len(found)
            if not room or quarters == MOST_QUARTERS:
                follows = quarter, start
                break
            quarters += 1
            events = _events(asked, FIGURES[figure], part, day, quarter)[start:]
            found += events[:room]
            if len(events) > room:
                follows = quarter, start + room
                break
        if follows:
            looked_to = day
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
        looked_to=looked_to,
    )


def _totals(asked: ReportQuery, figure: str, part: Part) -> dict[FactKind, int]:
    """Return the figure itself, by kind of fact."""
    counted = FIGURES[figure]
    if part.of_hour:
        row = _row_of_hour(asked, part)
        return {kind: replace(counted, kinds=(kind,)).number(row) for kind in counted.kinds}
    found = Report(asked)
    if part.band is not None:
        [kind] = counted.kinds
        return {kind: distribution(found.durations().of(kind))[int(part.band)]}
    return {kind: part.number(found, replace(counted, kinds=(kind,))) for kind in counted.kinds}


def _days_of(asked: ReportQuery, figure: Figure) -> list[date]:
    """Return the days on which a figure counted any ticket, newest first.

    Cost: a query of four rows a day; see `by_day`.
    """
    of_all = ReportQuery(asked.range, asked.zone, include_merged=asked.include_merged)
    rows = by_day(of_all)
    return sorted((day for day, row in rows.items() if figure.number(row)), reverse=True)


def _quarters(asked: ReportQuery, figure: Figure, part: Part, day: date) -> list[str]:
    """Return the quarter hours of a day in which a part of a figure counted any, newest first."""
    found = {
        quarter
        for group in part.groups(asked)
        for quarter, row in sums.quarters_of_day(
            group, day, asked.zone, counts=partial(part.has, asked)
        ).items()
        if figure.number(row) and part.has_quarter(_begins(quarter), asked.zone)
    }
    return sorted(found, reverse=True)


def _row_of_hour(asked: ReportQuery, part: Part) -> Row:
    """Return the sum of an hour of the week over all days of a query."""
    start, end = (days.bounds(day, asked.zone)[0] for day in (asked.range.start, asked.range.end))
    total = empty_row()
    for group in groups_of(asked):
        for at, row in sums.by_quarter(
            group, start, end, counts=lambda _table, key: selects(asked, key)
        ).items():
            if part.has_quarter(at, asked.zone):
                add_to(total, row)
    return total


def _begins(quarter: str) -> datetime:
    """Return the instant at which a quarter hour of UTC begins."""
    return datetime.fromisoformat(f"{quarter}+00:00")


def _events(
    asked: ReportQuery, figure: Figure, part: Part, day: date, quarter: str
) -> list[tuple[str, Fact]]:
    """Return numbers of tickets and what was counted of them in a quarter hour, newest first."""
    start, end = days.bounds(day, asked.zone)

    def counted(about: Dimensions, fact: Fact) -> bool:
        return (
            figure.counts(fact)
            and start <= fact.at < end
            and (asked.include_merged or not about.merged)
            and selects(asked, (about.priority, about.category, about.channel))
            and asked.assignee in (None, about.assignee)
            and asked.customer in (None, about.customer)
            and (asked.tag is None or asked.tag in about.tags.splitlines())
            and part.counts(about, fact)
        )

    found = []
    for item in queries.facts_of_quarter(generations.current().number, quarter):
        about, happened = facts.read(item)
        found += [(item.ticket_id, fact) for fact in happened if counted(about, fact)]
    return sorted(found, key=lambda one: (one[1].at, int(one[0]), one[1].kind), reverse=True)


def _day(quarter: str, asked: ReportQuery) -> date:
    """Return the day of the query's zone that a place in the list is on."""
    if quarter.endswith(_LATEST):
        return date.fromisoformat(quarter.removesuffix(_LATEST))
    return days.day_of(_begins(quarter), asked.zone)


def _late(ticket: Ticket, fact: Fact) -> int | None:
    if fact.kind in _NO_DEADLINE:
        return None
    clocks = _CLOCKS.get(fact.kind, ("resolution",))
    timeline = Timeline.load(ticket.timeline)
    reading = clock.read(timeline, POLICY_SNAPSHOTS, now=fact.at)
    if fact.kind is FactKind.NEXT_RESPONSE:
        calendar = POLICY_SNAPSHOTS[timeline.until(fact.at).policy_key].calendar
        missed = (run.breached_at for run in reading.exchanges if run.stopped_at == fact.at)
        return max((calendar.working_seconds(at, fact.at) for at in missed if at), default=None)
    read = [reading.response if name == "response" else reading.resolution for name in clocks]
    return max((max(one.elapsed - one.target, 0) for one in read if one.breached_at), default=None)
