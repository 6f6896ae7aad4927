"""Another help desk's history: taken once, with its own times, a bad line stopping its ticket."""

import json

import pytest
from django.core import mail
from django.core.management import call_command

from customers.services.read import customer_with_external_id, vehicle_with_vin
from helpdesk.accounts.models import User
from helpdesk.mail import delivery
from reporting.services import rollups
from tests.world import (
    NOON,
    after,
    escalations_of,
    log_of,
    settle,
    stored,
    waiting_events,
)
from tickets.domain import instant
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import notifications
from tickets.services.lifecycle.escalate import sweep
from tickets.services.maintenance import ticket_import
from tickets.services.maintenance.verify import verify
from tickets.store import queries, ticket_numbers

CREATED = {
    "event": "created",
    "by": "agent01",
    "subject": "Where is it?",
    "description": "It is late.",
    "category": "Shipping",
    "priority": "High",
    "customer": {"externalId": "C-1", "name": "Ada Ames", "email": "Ada@Example.com"},
}


def line(ticket, minutes, event, **more):
    at = instant.text(after(minutes=minutes))
    return json.dumps({"ticket": ticket, "at": at, "event": event, "by": "agent02", **more})


def created(ticket="HD-1", minutes=0, **more):
    return json.dumps({**json.loads(line(ticket, minutes, "created")), **CREATED, **more})


def taken(tmp_path, *lines, now=None, **more):
    path = tmp_path / "history.jsonl"
    path.write_bytes(
        b"".join((one if isinstance(one, bytes) else one.encode()) + b"\n" for one in lines)
    )
    return ticket_import.import_history(path, now=now or after(days=60), **more)


def figures(summary):
    return summary.tickets, summary.events, summary.skipped, len(summary.refused)


def ours(number):
    return stored(queries.imported([number])[number].ticket_id)


WHOLE = [
    created(vehicle={"vin": "1M8GDM9AXKP042788", "model": "MC"}),
    line("HD-1", 5, "assigned", to="agent03"),
    line("HD-1", 10, "note", content="Called the port."),
    line("HD-1", 30, "responded", content="We are looking."),
    line("HD-1", 31, "waiting"),
    line("HD-1", 90, "customer_replied", content="And?"),
    line("HD-1", 95, "priority", value="Critical"),
    line("HD-1", 100, "waiting"),
    line("HD-1", 120, "resumed"),
    line("HD-1", 200, "resolved"),
    line("HD-1", 300, "reopened"),
    line("HD-1", 400, "closed"),
]


def test_figures_after_an_import_say_that_they_catch_up_until_they_have(tmp_path, desk, client):
    client.force_login(desk.supervisor_user)
    taken(tmp_path, *WHOLE)
    query = "from=2026-11-01&until=2026-11-03"

    page = client.get(f"/reports/?{query}").content.decode()
    told = client.get("/api/tickets/analytics?from=2026-11-01&to=2026-11-04").json()

    assert told["totals"]["created"] == 0, "nothing has been rolled up yet"
    assert told["completeUntil"] is not None
    assert "omplete up to" in page

    settle()
    while rollups.roll_up():
        pass
    told = client.get("/api/tickets/analytics?from=2026-11-01&to=2026-11-04").json()
    assert (told["totals"]["created"], told["completeUntil"]) == (1, None)
    assert "omplete up to" not in client.get(f"/reports/?{query}").content.decode()


def test_an_imported_description_is_the_customers_and_shown_as_they_wrote_it(
    tmp_path, desk, rep_client
):
    text = "My car\n-- \nGiulia\nVIN WVW***, see [1]\n\n[1]: http://x.example"
    taken(tmp_path, created(description=text))
    [number] = [str(ticket_numbers.last_ticket_number())]

    page = rep_client.get(f"/tickets/{number}/").content.decode()

    assert stored(number).description_by_customer
    shown = page.split('aria-label="Description"')[1].split("</section>")[0]
    assert "<h2" not in shown, "a signature became a heading"
    assert "VIN WVW***" in shown
    assert "[1]: " in shown


def test_a_history_becomes_a_ticket_with_its_own_times(desk, tmp_path):
    assert figures(taken(tmp_path, *WHOLE)) == (1, 12, 0, 0)

    ticket = ours("HD-1")
    assert (ticket.status, ticket.priority, int(ticket.reopen_cycle)) == ("Closed", "Critical", 2)
    assert ticket.created_at == NOON
    assert ticket.sla.first_responded_at == after(minutes=30)
    assert ticket.closed_at == ticket.resolved_at == after(minutes=400)
    assert User.objects.get(pk=ticket.assigned_to).username == "agent03"
    assert not User.objects.get(username="agent01").is_active
    customer = customer_with_external_id("C-1")
    assert (customer.customer_id, customer.email) == (ticket.customer_id, "ada@example.com")
    assert vehicle_with_vin("1M8GDM9AXKP042788").vehicle_id == ticket.vehicle_id
    texts = [one.content for one in log_of(ticket.ticket_id) if one.type != "System Update"]
    assert texts == ["Called the port.", "We are looking.", "And?"]
    assert log_of(ticket.ticket_id)[0].created_at == NOON
    settle()
    assert list(verify([ticket.ticket_id])) == []


def test_a_second_run_takes_nothing(desk, tmp_path):
    taken(tmp_path, *WHOLE)
    before = ours("HD-1").serialize(), len(log_of("1"))

    assert figures(taken(tmp_path, *WHOLE)) == (0, 0, 12, 0)
    assert (ours("HD-1").serialize(), len(log_of("1"))) == before


def test_more_events_go_on_where_the_history_stopped(desk, tmp_path):
    taken(tmp_path, *WHOLE[:4])

    assert figures(taken(tmp_path, *WHOLE)) == (1, 8, 4, 0)
    assert ticket_numbers.last_ticket_number() == 1
    settle()
    assert list(verify()) == []


def test_events_that_say_the_very_same_are_each_taken(desk, tmp_path):
    twice = line("HD-1", 9, "note", content="Again")

    assert figures(taken(tmp_path, created(), twice, twice)) == (1, 3, 0, 0)
    assert [one.content for one in log_of("1")].count("Again") == 2
    assert figures(taken(tmp_path, created(), twice, twice)) == (0, 0, 3, 0)


def test_an_import_escalates_nothing_and_tells_nobody(desk, tmp_path):
    taken(tmp_path, created(priority="Critical"), line("HD-1", 1, "assigned", to="rosa"))
    settle()
    delivery.send_due()
    delivery.send_due()

    number = ours("HD-1").ticket_id
    sweep(now=after(days=61))
    assert escalations_of(number) == []
    assert ours("HD-1").escalation_level == 0
    assert notifications.newest(by=desk.rep) == notifications.newest(by=desk.supervisor) == []
    assert mail.outbox == []


def test_an_open_ticket_is_planned_from_now_on(desk, tmp_path):
    taken(tmp_path, created(), now=after(hours=1))
    ticket = ours("HD-1")
    assert ticket.sla.response_at_risk_at == after(hours=3)
    assert ticket.next_sla_at == after(hours=3)

    sweep(now=after(hours=3, seconds=1))
    assert [one.rule for one in escalations_of(ticket.ticket_id)] == ["response-at-risk"]


BAD = [
    (b"{broken", "not JSON"),
    (b'{"ticket": "HD-2", "at": "2026-11-02T12:10:00Z", "event": "note", broken', "not JSON"),
    (line("HD-2", 10, "teleported").encode(), "'teleported' is not an event"),
    (line("HD-2", -10, "note", content="x").encode(), "time runs backwards"),
    (line("HD-2", 10, "reopened").encode(), "can’t be reopened"),
    (line("HD-2", 10, "resumed").encode(), "is not waiting"),
    (b'{"ticket": "HD-2", "event": "note", "content": "\xff"}', "not UTF-8"),
    (line("HD-2", 10, "note", content="x" * 10_000_000).encode(), "longer than"),
    (line("HD-2", 10, "note", content="x" * 30_000).encode(), "Too long"),
    (line("HD-2", 10, "priority", value="Soon").encode(), "not one of"),
    (line("HD-2", 10, "note").encode(), "content is missing"),
    (b'{"ticket": "HD-2", "at": "yesterday", "event": "resolved", "by": "x"}', "not an instant"),
    (created("HD-2", 10).encode(), "already created"),
    (line("HD-9", 10, "resolved").encode(), "do not begin with created"),
    (b"[" * 5_000, "not JSON"),
    (b"[]", "not a JSON object"),
    (line("HD-2", 10, "note", content="\ud800").encode(), "cannot be stored"),
    (line("HD-2", 10, "assigned", to="\ud800").encode(), "cannot be stored"),
    (line("HD-2", 10, "assigned", to="a" * 200).encode(), "too long"),
    (line("HD-9" * 100, 10, "resolved").encode(), "too long"),
    (created("HD-9", customer={"externalId": "C" * 3_000, "name": "Ada"}).encode(), "too long"),
    (line("HD-2", 90 * 1_440, "resolved").encode(), "in the future"),
    (created("HD-9", at="0001-01-01T00:00:00Z").encode(), "before 1970"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
def test_a_bad_line_is_reported_and_stops_its_ticket_alone(desk, tmp_path, bad, reason):
    summary = taken(
        tmp_path,
        created("HD-1"),
        created("HD-2"),
        line("HD-1", 5, "responded", content="a"),
        bad,
        line("HD-2", 20, "responded", content="b"),
        line("HD-1", 20, "resolved"),
    )

    [refused] = summary.refused
    assert refused.line == 4
    assert reason in refused.reason
    assert ours("HD-1").status == "Resolved"
    stopped = b"HD-2" in bad
    assert ours("HD-2").status == ("Open" if stopped else "In Progress")
    settle()
    assert list(verify()) == []


def test_a_dry_run_writes_nothing(desk, tmp_path):
    assert figures(taken(tmp_path, *WHOLE, dry_run=True)) == (1, 12, 0, 0)

    assert ticket_numbers.last_ticket_number() == 0
    assert customer_with_external_id("C-1") is None
    assert not User.objects.filter(username="agent02").exists()
    assert waiting_events() == []


def test_what_somebody_did_here_since_is_not_overwritten(desk, tmp_path):
    taken(tmp_path, created())
    respond(ours("HD-1").ticket_id, content="Live", by=desk.rep, now=after(hours=5))

    summary = taken(tmp_path, created(), line("HD-1", 60, "resolved"))

    assert "time runs backwards" in summary.refused[0].reason
    assert ours("HD-1").status == "In Progress"


def test_the_command_counts_and_fails_where_a_line_failed(desk, tmp_path, capsys):
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join([*WHOLE, "broken"]))

    with pytest.raises(SystemExit) as left:
        call_command("import_history", str(path))

    said = capsys.readouterr()
    assert left.value.code == 1
    assert said.out.splitlines()[-1] == "tickets=1 events=12 skipped=0 failed=1"
    assert said.err.startswith("line 13: it is not JSON")


@pytest.mark.parametrize("number", ["3VWZZZ1KZ5P000001", "115-335 12345678"])
def test_a_chassis_number_of_the_other_system_is_taken_as_it_is(tmp_path, desk, number):
    """Nobody is there to ask: a number that a form would doubt lost its ticket."""
    done = taken(tmp_path, created(vehicle={"vin": number, "make": "VW"}))
    assert figures(done) == (1, 1, 0, 0)
    [(ticket, _log)] = queries.every_ticket()
    assert ticket.vehicle_id
