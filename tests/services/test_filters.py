"""Every filter of the table means the same wherever it is asked for."""

import re
from dataclasses import replace
from datetime import UTC

import pytest
from django.utils import timezone

from helpdesk.custom_fields.definition import Kind
from helpdesk.errors import Invalid
from tests.custom_fields.definitions import define
from tests.world import NOON, after, settle, stored, team
from tickets.admin.ticket import narrowed
from tickets.domain.filters import Filters
from tickets.domain.ticket import Channel
from tickets.models import Ticket
from tickets.models.search import Entry
from tickets.services.assignment.assign import assign_team
from tickets.services.conversation.communicate import respond
from tickets.services.delivery.attention import follow
from tickets.services.delivery.snooze import snooze
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.services.lifecycle.status import change_status, wait
from tickets.services.lists.filter_definition import Control, Now
from tickets.services.lists.filters import BY_NAME, FILTERS, condition, meets, read_filters
from tickets.web import lists

LATER = after(hours=30)


def _define(desk):
    for kind in Kind:
        key = f"a_{kind.replace('-', '_')}"
        define("ticket", key, kind, choices="Antwerp" if kind is Kind.CHOICE else "")


@pytest.fixture
def tickets(desk):
    """Tickets that differ in everything that can be filtered by."""
    _define(desk)
    money = team("Money", desk.rep_user)
    made = [
        desk.ticket(
            priority="High",
            category="Customs",
            tags=["vip", "broker"],
            channel=Channel.EMAIL,
            custom_fields={"a_choice": "Antwerp", "a_number": 10, "a_yes_no": False},
        ),
        desk.ticket(
            priority="Low",
            vehicle_id=desk.vehicle.vehicle_id,
            now=after(days=-3),
            channel=Channel.API,
            custom_fields={"a_number": "10.0001", "a_text": "The Star", "a_yes_no": True},
        ),
        desk.ticket(assigned_to=desk.rep.user_id, priority="Critical", now=after(hours=29)),
        desk.ticket(assigned_to=desk.rep.user_id, tags=["vip"], now=after(days=1)),
        desk.ticket(now=after(days=1)),
        desk.ticket(now=after(hours=2)),
        desk.ticket(customer_id=_other(desk).customer_id, now=after(hours=26)),
    ]
    numbers = [one.ticket_id for one in made]
    assign_team(numbers[0], team_id=str(money.pk), by=desk.supervisor, now=after(hours=1))
    respond(numbers[3], content="We look", by=desk.rep, now=after(days=1))
    wait(numbers[3], by=desk.rep, now=after(days=1, hours=1))
    escalate(numbers[4], reason="Now", by=desk.rep, now=after(days=1, hours=2))
    change_status(numbers[5], to="Resolved", by=desk.rep, now=after(hours=3))
    sweep(now=LATER)
    settle()
    snooze(numbers[1], until=after(days=9), by=desk.rep, now=LATER)
    follow(numbers[2], follows=True, by=desk.rep)
    follow(numbers[3], follows=True, by=desk.rep2)
    return {number: stored(number) for number in numbers}


def _other(desk):
    from customers.services.create import create_customer

    return create_customer(name="Zoë Other", email="zoe@posta.example", by=desk.rep, now=NOON)


def queries(desk):
    """What can be written for each filter, with an answer that is neither nothing nor all."""
    return {
        "status": [["Resolved"], ["open", "in progress"]],
        "priority": [["high", "Low"]],
        "category": [["Customs"]],
        "channel": [["email"], ["email", "API"]],
        "overdue": [["true"], ["no"]],
        "atRisk": [["yes"], ["false"]],
        "waiting": [["1"], ["0"]],
        "escalated": [["true"], ["false"]],
        "needsReply": [["true"], ["false"]],
        "snoozed": [["true"], ["false"]],
        "followed": [["true"], ["false"]],
        "assignedTo": [["rosa"], ["none"]],
        "team": [["Money"], ["mine"]],
        "customerId": [[desk.customer.customer_id]],
        "vehicleId": [[desk.vehicle.vehicle_id]],
        "tag": [["vip"], ["vip,broker"]],
        "field": [["a_choice:Antwerp"], ["a_number:5..10", "a_yes_no:no"], ["a_text:the  STAR"]],
        "createdFrom": [["2026-11-03"], ["2026-11-03T13:00:00Z"]],
        "createdTo": [["2026-10-31"], ["2026-11-02T12:00:01Z"]],
        "updatedFrom": [["2026-11-03"]],
        "updatedTo": [["2026-11-02"]],
        "dueFrom": [["2026-11-03"]],
        "dueTo": [["2026-11-03"]],
    }


def test_each_filter_of_the_table_is_a_field_and_back():
    fields = set(Filters.__slots__) - {"text", "sort"}
    assert {one.field for one in FILTERS} == fields
    assert len(FILTERS) == len(fields)


def test_index_store_box_and_form_agree(desk, tickets, subtests):
    for name in sorted(BY_NAME):
        with subtests.test(name):
            _agree(desk, tickets, name)


def _agree(desk, tickets, name):
    one = BY_NAME[name]
    teams = [str(found.pk) for found in _teams(desk)]
    now = Now(LATER, teams, desk.rep.user_id)
    for written in queries(desk)[name]:
        with timezone.override(UTC):
            filters = read_filters({name: written}, by=desk.rep)
            box = _box(one, written)
            if box:
                assert read_filters({"q": [box]}, by=desk.rep) == filters, box
        indexed = set(Entry.objects.filter(condition(filters, now)).values_list("pk", flat=True))
        kept = {int(number) for number, ticket in tickets.items() if meets(ticket, filters, now)}
        assert indexed == kept, written
        assert 0 < len(kept) < len(tickets), f"{written} tells nothing apart"
        assert Filters.from_json(filters.as_json()) == filters


def _teams(desk):
    from helpdesk.accounts.people import teams_of

    return teams_of(desk.rep.user_id)


def _box(one, written):
    """The same in the search box, where it can be said there."""
    if one.control is Control.CHECKBOX:
        return f"is:{one.box}" if written[-1] in ("true", "yes", "1") else ""
    if one.search or (one.name.endswith("To") and one.control is Control.DATE):
        return ""  # its own test, below
    return " ".join(f'{one.box}:"{value}"' for value in written)


def test_before_a_day_in_the_box_leaves_the_day_out(desk):
    with timezone.override(UTC):
        in_box = read_filters({"q": ["before:2026-11-02 due-before:2026-11-02"]}, by=desk.rep)
        named = read_filters({"createdTo": ["2026-11-01"], "dueTo": ["2026-11-01"]}, by=desk.rep)
    assert in_box == named


@pytest.mark.parametrize("text", ["giulia@posta.example", '"Giulia Bianchi"', "bianchi"])
def test_a_customer_is_named_in_the_box_and_in_the_form(desk, text):
    found = read_filters({"q": [f"customer:{text}"]}, by=desk.rep)
    assert found == read_filters({"customer": [text.strip('"')]}, by=desk.rep)
    assert found.customer_id == desk.customer.customer_id


@pytest.mark.parametrize("text", ["WVWZZZ1K0AW000001", "AW000001", '"1K0 AW000001"'])
def test_a_vehicle_is_named_in_the_box_and_in_the_form(desk, text):
    found = read_filters({"q": [f"vehicle:{text}"]}, by=desk.rep)
    assert found == read_filters({"vehicle": [text.strip('"')]}, by=desk.rep)
    assert found.vehicle_id == desk.vehicle.vehicle_id


def test_a_name_that_is_nobodys_or_several_peoples_says_so(desk):
    _other(desk)
    for text, field, words in (
        ("customer:nobody", "customerId", "No customer"),
        ("customer:posta.example", "customerId", "Several customers"),
        ("vehicle:ZZZ999999", "vehicleId", "No vehicle"),
    ):
        with pytest.raises(Invalid, match=words) as refused:
            read_filters({"q": [text]}, by=desk.rep)
        assert list(refused.value.errors) == [field]


def test_the_form_and_the_description_of_the_api_have_every_filter(desk, client):
    _define(desk)
    client.force_login(desk.rep_user)
    page = client.get("/tickets/?view=all").content.decode()
    [operation] = [
        operation
        for path, operations in client.get("/api/openapi.json").json()["paths"].items()
        if path == "/api/tickets"
        for method, operation in operations.items()
        if method == "get"
    ]
    described = {one["name"]: one for one in operation["parameters"]}
    for one in FILTERS:
        if one.control is Control.CUSTOM:
            assert 'name="field.a_choice"' in page
            assert 'name="field.a_number.from"' in page
        else:
            assert f'name="{one.box if one.search else one.name}"' in page, one.name
        assert described[one.name]["description"] == one.description
        assert described[one.name]["schema"]["examples"] == [one.example]


def test_what_the_form_asks_for_is_shown_as_chosen_and_can_be_removed(desk, tickets, client):
    client.force_login(desk.rep_user)
    address = "/tickets/?view=all&customer=zoe&dueFrom=2026-11-01&atRisk=true"
    page = client.get(address).content.decode()
    chips = re.findall(r'class="chip" href="([^"]+)"', page)
    assert len(chips) == 3
    assert 'name="customer" value="zoe"' in page
    assert 'name="dueFrom" value="2026-11-01"' in page
    assert re.search(r'name="atRisk" value="true" checked', page)
    by_id = client.get(f"/tickets/?view=all&vehicleId={desk.vehicle.vehicle_id}").content.decode()
    assert desk.vehicle.label in by_id


NOT_THERE = {"atRisk", "overdue", "snoozed", "followed"}
"""What the admin asks at its own time (tests/admin/test_tickets.py), and what is one user's own."""


def test_the_admin_finds_the_same_where_it_can_ask(desk, tickets, subtests):
    for name in sorted(set(BY_NAME) - NOT_THERE):
        with subtests.test(name):
            _admin_agrees(desk, tickets, name)


def _admin_agrees(desk, tickets, name):
    for written in queries(desk)[name]:
        if written == ["mine"]:
            continue  # a list of teams
        with timezone.override(UTC):
            filters = read_filters({name: written}, by=desk.rep)
        team_ids = [filters.team] if filters.team else []
        found = narrowed(Ticket.objects.all(), filters, me=desk.rep.user_id)
        now = Now(LATER, team_ids, desk.rep.user_id)
        kept = {number for number, one in tickets.items() if meets(one, filters, now)}
        if name == "waiting" and filters.waiting is False:
            continue  # the admin's list has no such question
        assert {one.pk for one in found} == kept, written


def test_a_filter_says_itself_what_its_control_offers(rep_client, monkeypatch):
    """So a new one needs no edit in the pages' code."""
    pretend = replace(
        BY_NAME["category"], name="pretend", choices=lambda: [("a", "Alpha")], shown=str.upper
    )
    monkeypatch.setattr(lists, "FILTERS", (*FILTERS, pretend))
    monkeypatch.setattr(lists, "BY_NAME", {**BY_NAME, "pretend": pretend})
    monkeypatch.setattr(lists, "NAMES", (*lists.NAMES, "pretend"))

    text = rep_client.get("/tickets/?pretend=a").content.decode()

    assert "Alpha" in text
    assert re.search(r"Category.{1,40}A\b", re.sub(r"<[^>]+>|\s+", " ", text))
