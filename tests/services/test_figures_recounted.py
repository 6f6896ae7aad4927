"""Every figure of random histories, against a plain count of the same tickets."""

import os
from datetime import date, timedelta
from functools import cache

import hypothesis
import pytest
from hypothesis import strategies as some

from customers.services.read import get_customers
from reporting.domain.days import Range
from reporting.domain.named_figures import FIGURES, Unit
from reporting.services import sums, tables
from reporting.services.query import ReportQuery
from reporting.services.tables import PERIODS, Dimension
from reporting.store import rows
from tests.figures import ALL, random_history, rolled
from tests.recounted import Told, agree, figures
from tickets.domain import instant
from tickets.domain.ticket import Category, Priority
from tickets.services.read import escalations_of, every_ticket

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
)
"""Each but UTC changes its clocks within the history, two of them not by whole hours from UTC."""

SEEDS = int(os.environ.get("FIGURE_HISTORIES", "1"))
EXAMPLES = 40 if SEEDS > 1 else 4
BEGINS = -31 * 24 * 60
"""Minutes before NOON: on 2 October."""

NAMES = {"priority": "priorities", "category": "categories", "channel": "channels"}


def tickets():
    """What every ticket and its log say, read one after the other."""
    found = []
    for ticket, log in every_ticket():
        events = [line.split(" ") for line in ticket.timeline]
        segment = get_customers([ticket.customer_id])[ticket.customer_id].segment
        changes = [
            (line.created_at, change)
            for line in log
            for change in line.changes or ()
            if change.field == "assignedTo"
        ]
        at_first = changes[0][1].before if changes else ticket.assigned_to
        assigned_at = ticket.created_at if at_first else changes[0][0] if changes else None
        found.append(
            Told(
                events=[
                    (instant.parse(at), kind, more[0] if more else None)
                    for at, kind, *more in events
                ],
                about={
                    "priority": ticket.priority,
                    "category": ticket.category,
                    "channel": ticket.channel or "",
                    "assignedTo": ticket.assigned_to or "",
                    "team": ticket.team_id or "",
                    "segment": segment,
                    "make": "",
                    "customer": ticket.customer_id,
                    "tag": list(ticket.tags),
                    "merged": bool(ticket.merged_into),
                },
                escalated=[one.fired_at for one in escalations_of(ticket.ticket_id)],
                assigned_at=assigned_at,
                returned=[
                    instant.parse(one.split(" ")[1]) for one in ticket.returned_replies or ()
                ],
                next_hours=4,
            )
        )
    return found


@pytest.fixture
def read_once(monkeypatch):
    """Let rows be read once: nothing changes while figures are compared."""
    monkeypatch.setattr(sums.generations, "current", cache(sums.generations.current))
    for name in ("counts", "bins", "quarters", "quarter_bins"):
        monkeypatch.setattr(rows, name, cache(getattr(rows, name)))


@pytest.mark.parametrize("seed", range(21, 21 + SEEDS))
def test_every_figure_in_every_dimension_is_that_of_a_plain_count(
    desk, request, looked_at, seed, settings
):
    settings.REPORT_TIME_ZONES = ["UTC", ZONES[1 + seed % 4]]
    random_history(desk, seed, tickets=12, begins=BEGINS)
    rolled()
    told = tickets()
    request.getfixturevalue("read_once")
    compared = []

    def agrees(asked, dimensions=Dimension):
        chosen = {} if asked.include_merged else {"merged": False}
        for word, name in NAMES.items():
            if values := getattr(asked, name):
                chosen[word] = set(values)
        if asked.assignee is not None:
            chosen["assignedTo"] = asked.assignee
        if asked.customer is not None:
            chosen["customer"] = asked.customer
        days = (asked.range.start, asked.range.end)
        whole = tables.totals(asked)
        assert list(whole) == list(FIGURES)
        agree(whole, figures(told, *days, asked.zone, **chosen), asked)
        for dimension in dimensions:
            for row in tables.table(asked, dimension):
                if dimension in PERIODS:
                    first, last = period(row.key, asked)
                    due = figures(told, first, last, asked.zone, **chosen)
                else:
                    own = {**chosen, dimension.value: row.key}
                    due = figures(told, *days, asked.zone, **own)
                agree(row.figures, due, (asked, dimension, row.key))
                compared.append(len(row.figures))

    agrees(ReportQuery(ALL))
    for zone in ZONES[1:]:
        asked = ReportQuery(ALL, zone, include_merged=True)
        agrees(asked, dimensions=(Dimension.WEEK, Dimension.TEAM))

    @hypothesis.settings(max_examples=EXAMPLES, deadline=None, database=None)
    @hypothesis.given(
        start=some.integers(0, 45),
        length=some.integers(1, 50),
        zone=some.sampled_from(ZONES),
        priorities=some.frozensets(some.sampled_from([*Priority]), max_size=2),
        categories=some.frozensets(some.sampled_from([*Category]), max_size=3),
        of=some.sampled_from([{}, {"assignee": ""}, {"assignee": desk.rep.user_id}, "customer"]),
        merged=some.booleans(),
    )
    def agrees_anywhere(start, length, zone, priorities, categories, of, merged):
        begins = date(2026, 10, 1) + timedelta(days=start)
        asked = ReportQuery(
            Range(begins, begins + timedelta(days=length)),
            zone,
            frozenset(one.value for one in priorities),
            frozenset(one.value for one in categories),
            include_merged=merged,
            **({"customer": told[0].about["customer"]} if of == "customer" else of),
        )
        agrees(asked)

    agrees_anywhere()
    every = figures(told, ALL.start, ALL.end, "UTC")
    never = {name for name, value in every.items() if value is None}
    never |= {name for name, one in FIGURES.items() if one.unit == Unit.COUNT and not every[name]}
    assert SEEDS > 1 or never == set(), "the history lacks these"
    looked_at(f"{sum(compared):,} figures in {len(compared):,} rows of random histories")


def period(key, asked):
    """The days of a range that a day, week or month has, first and after the last."""
    own = [
        day
        for day in asked.range.each()
        if key in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}", "{}-W{:02}".format(*day.isocalendar()))
    ]
    return own[0], own[-1] + timedelta(days=1)
