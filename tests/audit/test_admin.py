"""Supervisors search the audit record and export it."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from helpdesk.audit.chain import Fact
from helpdesk.audit.deliver import append
from helpdesk.audit.record import Change, dumped
from helpdesk.dynamo.capacity import counting
from tests.world import NOON

LIST = "/admin/audit/auditentry/"
SPAN = timedelta(days=10)


@pytest.fixture
def entries(desk):
    """Nine entries in three months: of two people, of three kinds."""
    who = desk.supervisor.user_id, desk.rep.user_id, "system"
    for number in range(9):
        fact = Fact(
            key=str(number),
            at=NOON + number * SPAN,
            actor=who[number % 3],
            kind=("policy", "team", "sign-in")[number % 3],
            action="changed",
            object_id=f"policy:{number % 2}",
            changes=dumped([Change("name", (f"a{number}", None)), Change("calendar")]),
        )
        append([fact], now=NOON + number * SPAN)


@pytest.fixture
def browser(desk, entries):
    client = Client()
    client.force_login(desk.supervisor_user)
    return client


def numbers(answer):
    return [row.sequence for row in answer.context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ("person=system", [9, 6, 3]),
        ("kind=team", [8, 5, 2]),
        ("q=policy:1", [8, 6, 4, 2]),
        ("recorded_at__gte=2026-11-12&recorded_at__lt=2026-12-02", [3, 2]),
        ("kind=team&recorded_at__gte=2026-12-01", [8, 5]),
        ("q=policy:7", []),
        ("recorded_at__lt=2026-11-01", []),
    ],
)
def test_supervisors_search_by_person_object_kind_and_day(browser, query, found):
    assert numbers(browser.get(f"{LIST}?{query}")) == found


def test_a_row_says_who_did_what_from_what_to_what(browser, desk):
    page = browser.get(f"{LIST}?kind=policy").content.decode()
    assert desk.supervisor.name in page
    assert "SLA policy: changed" in page
    assert "Name: <code>a6</code> → <code>–</code><br>Business hours calendar" in page
    assert 'href="/admin/audit/auditentry/?q=policy:0"' in page
    one = browser.get(f"{LIST}2026-11-02T12:00:00Z_23000000000001/change/").content.decode()
    assert "policy:0" in one


def test_two_filters_that_no_index_has_are_refused_in_words(browser):
    page = browser.get(f"{LIST}?kind=team&person=system", follow=True)
    assert "These filters can’t be combined: person, kind." in page.content.decode()
    assert browser.get(f"{LIST}export/?kind=team&person=system").status_code == 302
    assert numbers(page) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_pages_lead_on_and_back_over_months_at_the_same_cost(browser, monkeypatch):
    monkeypatch.setattr("helpdesk.audit.admin.AuditAdmin.list_per_page", 2)
    page, seen = browser.get(LIST), []
    seen.append(numbers(page))
    while address := page.context["cl"].next_url:
        with counting() as used:
            page = browser.get(f"{LIST}{address}")
        seen.append(numbers(page))
        assert used.operations[0] == "GetItem"
        assert used.requests <= 3
    assert seen == [[9, 8], [7, 6], [5, 4], [3, 2], [1]]
    back = []
    while address := page.context["cl"].previous_url:
        page = browser.get(f"{LIST}{address}")
        back.append(numbers(page))
    assert back == [[3, 2], [5, 4], [7, 6], [9, 8]]


def test_the_export_has_every_row_of_its_filters_and_is_recorded(
    browser, desk, record, monkeypatch
):
    monkeypatch.setattr("helpdesk.supervision.export.AT_ONCE", 2)
    record()
    answer = browser.get(f"{LIST}export/?kind=team")
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[0] == "number"
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        (str(number), desk.rep.user_id, desk.rep.name, "team") for number in (8, 5, 2)
    ]
    assert "attachment" in answer["Content-Disposition"]
    [entry] = record()
    assert (entry.kind, entry.action, entry.actor) == (
        "audit",
        "exported",
        desk.supervisor.user_id,
    )


def test_nobody_else_sees_it_and_nobody_changes_it(desk, browser):
    rep = Client()
    rep.force_login(desk.rep_user)
    one = f"{LIST}2026-11-02T12:00:00Z_23000000000001/"
    for address in (LIST, f"{LIST}export/", f"{one}change/"):
        assert rep.get(address).status_code in (302, 403)
    for address in (f"{LIST}add/", f"{one}delete/"):
        assert browser.post(address, {"post": "yes"}).status_code == 403
    assert browser.post(f"{one}change/", {"action": "x"}).status_code == 403
    answer = browser.post(LIST, {"action": "delete_selected", "_selected_action": one})
    assert answer.status_code in (200, 302)
    assert len(numbers(browser.get(LIST))) == 9
