"""Supervisors download a list of the admin as it is shown, and the audit record says so."""

import csv
import io

import pytest
from django.utils.translation import override

from customers.services.create import create_customer
from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second
from helpdesk.dynamo.capacity import counting
from tests.custom_fields.definitions import define
from tests.world import settle
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import note


@pytest.fixture
def written(desk, monkeypatch):
    """Five tickets, a note, and exports that read two rows at once."""
    monkeypatch.setattr("helpdesk.supervision.export.AT_ONCE", 2)
    define("ticket", "port", "text", label="Port")
    made = [
        desk.ticket(
            subject=f"=cmd {place}",
            priority="High" if place % 2 else "Low",
            tags=["vip", "port"],
            custom_fields={"port": "Genoa"},
            now=this_second(),
        ).ticket_id
        for place in range(5)
    ]
    assign(made[1], to=desk.rep.user_id, by=desk.supervisor)
    note(made[0], content="Ask the broker", by=desk.rep)
    settle()
    QueuedEntry.objects.all().delete()
    return made


def downloaded(client, address):
    answer = client.get(address)
    assert "attachment" in answer["Content-Disposition"]
    with override(None):  # as when the request is over
        text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(text))
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_file_has_every_row_of_the_list_in_its_order(supervisor, desk, written):
    page = supervisor.get("/admin/tickets/ticket/?priority__exact=High&o=-10")
    assert "export/?priority__exact=High&amp;o=-10" in page.content.decode()

    rows = downloaded(supervisor, "/admin/tickets/ticket/export/?priority__exact=High&o=-10")

    assert [row["number"] for row in rows] == [written[1], written[3]], "the oldest first"
    one = rows[0]
    assert one["subject"] == "'=cmd 1", "no formula"
    assert (one["tags"], one["customFields.port"]) == ("port, vip", "Genoa")
    assert (one["assignee"], one["name"]) == (desk.rep.name, desk.customer.name)
    assert one["created"].endswith("Z")
    [entry] = QueuedEntry.objects.all()
    assert (entry.kind, entry.action, entry.object_id) == ("ticket", "exported", "ticket:list")
    assert entry.actor == desk.supervisor.user_id


def test_each_list_is_exported_to_its_end_page_by_page(supervisor, desk, written, subtests):
    for name in ("Anna", "Boris", "Clara"):
        create_customer(name=name, notes="Calls at noon", by=desk.rep, now=this_second())
    lists = {
        "tickets/ticket": ("number", 5),
        "tickets/communication": ("text", None),
        "tickets/tag": ("tag", 2),
        "customers/customer": ("notes", 4),
    }
    for model, (column, many) in lists.items():
        with subtests.test(model), counting() as used:
            rows = downloaded(supervisor, f"/admin/{model}/export/")
            assert len(rows) == many or many is None
            assert all(column in row for row in rows)
            assert used.requests <= 4 * (len(rows) // 2 + 1), used.operations
    assert {row["notes"] for row in rows} == {"Calls at noon", ""}


def test_what_is_refused_is_neither_exported_nor_recorded(supervisor, desk, client, written):
    refused = supervisor.get("/admin/tickets/ticket/export/?subject__icontains=x")
    assert refused.status_code == 302

    client.force_login(desk.rep_user)
    for model in ("tickets/ticket", "customers/customer", "tickets/communication"):
        assert client.get(f"/admin/{model}/export/").status_code in (302, 403)
    assert not QueuedEntry.objects.filter(action="exported").exists()
