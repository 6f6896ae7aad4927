"""Reports against a slow count of the same history."""

import json
import os
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from customers.services.read import customer_with_external_id
from reporting.domain.days import Range
from reporting.services import report, tables
from reporting.services.query import GroupBy, ReportQuery
from reporting.services.tables import Dimension
from tests.figures import ZONES, made_up, rolled, total
from tests.recounted import agree as agree_on_all
from tests.recounted import figures, of_file
from tests.world import NOON
from tickets.domain.sla import scenario
from tickets.services.maintenance import ticket_import

REAL = os.environ.get("HISTORY_FILE")
EACH = ["created", "resolved", "closed", "reopened", "escalated"]


@pytest.fixture
def zones(settings):
    settings.REPORT_TIME_ZONES = ZONES


def recount(path):
    """What the file says, by scenario and plain loops: rows of (at, kind, seconds, met, dims)."""
    events = defaultdict(list)
    for line in path.open(encoding="utf-8"):
        event = json.loads(line)
        events[event["ticket"]].append(event)
    told = []
    for number, lines in events.items():
        dims = {
            "priority": lines[0]["priority"],
            "category": lines[0]["category"],
            "assignedTo": None,
        }
        given = []
        active = True
        for event in lines:
            kind, at = event["event"], event["at"]
            if kind == "assigned":
                dims["assignedTo"] = event["to"]
                continue
            if kind == "note":
                continue
            more = {"priority": event["priority"]} if kind == "created" else {}
            if kind == "priority":
                dims["priority"] = event["value"]
                more = {"value": event["value"]}
            given.append({"at": at, "type": kind, **more})
            if kind == "created":
                told.append((number, at, "created", 0, True))
            if kind in ("resolved", "closed"):
                if active:
                    told.append((number, at, "resolved", 0, True))
                active = False
            if kind == "closed":
                told.append((number, at, "closed", 0, True))
            if kind in ("reopened", "customer_replied") and not active:
                active = True
                told.append((number, at, "reopened", 0, True))
        answer = scenario.evaluate({"calendar": "24x7", "events": given, "now": lines[-1]["at"]})
        if answer["firstRespondedAt"]:
            told.append(
                (
                    number,
                    answer["firstRespondedAt"],
                    "response",
                    answer["responseElapsedSeconds"],
                    not answer["responseBreached"],
                )
            )
        if answer["resolvedAt"]:
            told.append(
                (
                    number,
                    answer["resolvedAt"],
                    "resolution",
                    answer["resolutionElapsedSeconds"],
                    not answer["resolutionBreached"],
                )
            )
        for place, one in enumerate(told):
            if one[0] == number:
                told[place] = (None, *one[1:], dims)
    return [one[1:] for one in told]


def slow(told, start, end, **dims):
    """Both reports of the range, the slow way."""
    kept = [
        one
        for one in told
        if str(start) <= one[0][:10] < str(end)
        and all(one[4][name] == value for name, value in dims.items())
    ]
    counted = {name: sum(one[1] == name for one in kept) for name in EACH[:4]}
    clocks = {}
    for clock in ("response", "resolution"):
        values = sorted(one[2] for one in kept if one[1] == clock)
        met = sum(one[3] for one in kept if one[1] == clock)
        clocks[clock] = {
            "count": len(values),
            "met": met,
            "breached": len(values) - met,
            "attainment": met / len(values) if values else None,
            "averageSeconds": sum(values) / len(values) if values else None,
            "medianSeconds": values[-(-50 * len(values) // 100) - 1] if values else None,
            "p90Seconds": values[-(-90 * len(values) // 100) - 1] if values else None,
        }
    return counted, clocks


def agree(told, users, asked, **dims):
    counted, clocks = slow(told, asked.range.start, asked.range.end, **dims)
    found = report.sla_report(asked, now={})
    for clock in ("response", "resolution"):
        for name, wanted in clocks[clock].items():
            got = found[clock][name]
            if name == "averageSeconds" and wanted is not None:
                assert abs(got - wanted) <= 0.5, (asked, clock)
            elif name in ("medianSeconds", "p90Seconds") and wanted is not None:
                assert got == pytest.approx(wanted, rel=0.0101, abs=0.001), (asked, clock, name)
            else:
                assert got == wanted, (asked, clock, name)
    totals = report.analytics(asked, GroupBy.MONTH)["totals"]
    assert {name: totals[name] for name in counted} == counted


def every_figure_agrees(told, users, whole, months):
    """Each named figure, of the whole, of months, and of every row of the tables that files have.

    What is recounted has no escalations: an import fires none.
    """
    asked = ReportQuery(whole, "Europe/Rome")
    days = (whole.start, whole.end)
    agree_on_all(tables.totals(asked), figures(told, *days, asked.zone), asked)
    names = {user_id: name for name, user_id in users.items()} | {"": None}
    for dimension in (Dimension.PRIORITY, Dimension.CATEGORY, Dimension.ASSIGNEE):
        for row in tables.table(asked, dimension):
            key = names[row.key] if dimension is Dimension.ASSIGNEE else row.key
            due = figures(told, *days, asked.zone, **{dimension.value: key})
            agree_on_all(row.figures, due, (dimension, key))
    by_month = tables.table(asked, Dimension.MONTH)
    for month, row in enumerate(by_month[:months]):
        first = date(2010 + month // 12, month % 12 + 1, 1)
        following = (first + timedelta(days=31)).replace(day=1)
        due = figures(told, first, following, asked.zone)
        agree_on_all(row.figures, due, (Dimension.MONTH, row.key))
    customers = {one.about["customer"] for one in told}
    ids = {customer_with_external_id(one).customer_id: one for one in customers}
    ranking = tables.table(asked, Dimension.CUSTOMER)
    for row in ranking:
        due = figures(told, *days, asked.zone, customer=ids[row.key])
        agree_on_all(row.figures, due, (Dimension.CUSTOMER, ids[row.key]))
    created = Counter(one.about["customer"] for one in told)
    most = sorted(created.values(), reverse=True)[: len(ranking)]
    assert [row.figures["created"] for row in ranking] == most, "nobody is left out"


def test_both_reports_agree_with_a_slow_count_of_the_file(desk, tmp_path, looked_at):
    from pathlib import Path

    from helpdesk.accounts.models import User

    path = Path(REAL) if REAL else made_up(tmp_path / "made-up.jsonl")
    assert ticket_import.import_history(path, now=NOON).refused == []
    rolled()
    told = recount(path)
    users = {user.username: str(user.pk) for user in User.objects.all()}
    whole = Range(date(2010, 1, 1), date(2015, 1, 1))
    agree(told, users, ReportQuery(whole))
    months = 60 if REAL else 16  # what is made up ends in the fifteenth
    for month in (date(2010 + n // 12, n % 12 + 1, 1) for n in range(months)):
        following = (month + timedelta(days=31)).replace(day=1)
        agree(told, users, ReportQuery(Range(month, following)))
    for priority in ("Critical", "High", "Medium", "Low"):
        agree(told, users, ReportQuery(whole, priorities=frozenset([priority])), priority=priority)
    for category in {one[4]["category"] for one in told}:
        agree(told, users, ReportQuery(whole, categories=frozenset([category])), category=category)
    for name in {one[4]["assignedTo"] for one in told}:
        agree(told, users, ReportQuery(whole, assignee=users.get(name, "")), assignedTo=name)
    odd = Range(date(2010, 2, 17), date(2010, 11, 5))
    agree(told, users, ReportQuery(odd))
    agree(told, users, ReportQuery(odd, categories=frozenset(["General"])), category="General")
    every_figure_agrees(of_file(path), users, whole, months)
    looked_at(
        f"{total(ReportQuery(whole))[0]:,} tickets counted as by hand, by month, list and person"
    )
