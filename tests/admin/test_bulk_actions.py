"""One change to many tickets in the admin: chosen, confirmed, and done in steps."""

import os

import pytest
from django.contrib.admin.models import LogEntry

from helpdesk.clock import this_second
from helpdesk.dynamo.capacity import counting
from tests.world import log_of, settle, stored
from tickets.models import Bulk
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import bulk

LIST = "/admin/tickets/ticket/"


ACTIONS = {
    "reassign": {"value": "2"},
    "prioritise": {"value": "High"},
    "escalate": {"value": "angry"},
    "resolve": {},
    "close": {},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_asks_first_then_says_of_each_ticket_how_it_went(
    supervisor, desk, tickets, action
):
    chosen = [tickets["plain"], tickets["closed"]]
    asked = supervisor.post(LIST, {"action": action, "_selected_action": chosen, "index": "0"})
    text = asked.content.decode()
    assert "2 tickets" in text
    assert "1 of them is closed" in text
    before = stored(tickets["plain"]).version

    given = ACTIONS[action] | ({"value": desk.rep.user_id} if action == "reassign" else {})
    confirmed = {"tickets": asked.context["numbers"], "token": asked.context["token"]}
    posted = {"change": action, **confirmed, **given}
    done = supervisor.post(f"{LIST}many/", posted, follow=True)
    again = supervisor.post(f"{LIST}many/", posted, follow=True)
    assert again.redirect_chain == done.redirect_chain, "pressed twice, it is one change"

    bulk_page = done.redirect_chain[0][0]
    assert bulk_page.startswith("/bulk/")
    while not Bulk.objects.get().finished_at:
        bulk.step(Bulk.objects.get().pk)
    results = {one["ticket"]: one["refused"] for one in Bulk.objects.get().results}
    assert results[tickets["plain"]] == ""
    assert "closed tickets" in results[tickets["closed"]]
    assert stored(tickets["plain"]).version > before
    assert LogEntry.objects.get().object_id == tickets["plain"]


def test_all_of_a_list_means_all_of_it_and_what_left_it_meanwhile_is_left_alone(
    supervisor, desk, monkeypatch
):
    """Constants lowered: a list is read, and counted, to far fewer rows than it has."""
    monkeypatch.setattr("tickets.admin.actions.MOST", 4)
    monkeypatch.setattr("helpdesk.dynamo_admin.plan.MOST", 4)
    monkeypatch.setattr("helpdesk.dynamo_admin.changelist.MOST_COUNTED", 4)
    monkeypatch.setattr("tickets.admin.ticket.TicketAdmin.list_per_page", 3)
    monkeypatch.setattr(bulk, "MOST", 4)
    made = [desk.ticket(priority="Low", now=this_second()).ticket_id for _ in range(11)]
    other = desk.ticket(priority="High", now=this_second()).ticket_id
    settle()
    address = f"{LIST}?priority__exact=Low"
    listed = supervisor.get(address).content.decode()
    assert "Select all 4 " not in listed
    assert "Select all tickets in this list (more than 4)" in listed
    chosen = {"_selected_action": made[-3:], "select_across": "1", "index": "0"}

    refused = supervisor.post(address, {"action": "prioritise", **chosen})
    assert "This list has 11 tickets. You can change at most 4" in refused.content.decode()
    assert "numbers" not in refused.context, "an arbitrary part of them is not offered"

    monkeypatch.setattr("tickets.admin.actions.MOST", 100)
    monkeypatch.setattr(bulk, "MOST", 100)
    asked = supervisor.post(address, {"action": "prioritise", **chosen})
    text = asked.content.decode()
    assert "11 tickets" in text
    assert "numbers" in asked.context
    posted = {
        "change": "prioritise",
        "tickets": asked.context["numbers"],
        "list": asked.context["list"],
        "value": "Medium",
    }
    edit(made[0], priority="Critical", by=desk.rep)  # it has left the list
    assert supervisor.post(f"{LIST}many/", {**posted, "list": "forged"}).status_code == 422
    done = supervisor.post(f"{LIST}many/", posted, follow=True)
    job = Bulk.objects.get()
    assert job.filters == {"priorities": ["Low"]}
    while not bulk.step(job.pk).finished_at:
        pass

    assert Bulk.objects.get().filters == {}
    assert {stored(number).priority for number in made[1:]} == {"Medium"}
    assert stored(made[0]).priority == "Critical"
    assert stored(other).priority == "High"
    page = supervisor.get(done.redirect_chain[0][0]).content.decode()
    assert "10 tickets changed, 1 skipped." in page


def test_all_that_a_search_finds_are_all(supervisor, desk, monkeypatch):
    monkeypatch.setattr("helpdesk.dynamo_admin.plan.MOST", 4)
    made = [desk.ticket(subject="Zebra crossing", now=this_second()).ticket_id for _ in range(7)]
    change_status(made[2], to="Closed", by=desk.rep)
    desk.ticket(subject="Something else", now=this_second())
    settle()

    asked = supervisor.post(
        f"{LIST}?q=zebra",
        {
            "action": "escalate",
            "_selected_action": made[:1],
            "select_across": "1",
            "index": "0",
        },
    )

    assert sorted(asked.context["numbers"].split(","), key=int) == made
    assert "1 of them is closed" in asked.content.decode()


def test_an_action_that_lacks_its_value_asks_again(supervisor, tickets):
    page = supervisor.post(
        f"{LIST}many/", {"change": "escalate", "tickets": tickets["plain"], "value": ""}
    )
    assert "This field is required" in page.content.decode()
    assert not Bulk.objects.exists()


def test_many_tickets_are_reassigned_each_through_the_service_and_conflicts_are_told(
    supervisor, desk, looked_at
):
    """REASSIGNED=500 for as many as the issue asks for."""
    made = [desk.ticket(now=this_second()).ticket_id for _ in range(REASSIGNED)]
    change_status(made[7], to="Closed", by=desk.rep)
    settle()

    with counting() as asking:
        asked = supervisor.post(
            f"{LIST}?order=-created_at",
            {
                "action": "reassign",
                "_selected_action": made[:50],
                "select_across": "1",
                "index": "0",
            },
        )
    assert asked.context["count"] == REASSIGNED
    with counting() as starting:
        supervisor.post(
            f"{LIST}many/",
            {"change": "reassign", "tickets": asked.context["numbers"], "value": desk.rep2.user_id},
        )
    assert stored(made[-1]).assigned_to is None, "the page waited for the work"
    # Meanwhile somebody deletes nothing, but works on one: the newest state is taken.
    edit(made[3], priority="High", by=desk.rep)

    job = Bulk.objects.get()
    while not bulk.step(job.pk).finished_at:
        pass

    job.refresh_from_db()
    refused = {one["ticket"]: one["refused"] for one in job.results if one["refused"]}
    assert list(refused) == [made[7]]
    for number in made:
        if number == made[7]:
            continue
        ticket = stored(number)
        assert ticket.assigned_to == desk.rep2.user_id
        line = log_of(number)[-1]
        assert line.created_by == desk.supervisor.user_id
        assert line.changes[0].field == "assignedTo"
    assert stored(made[3]).priority == "High"
    assert asking.requests + starting.requests < 20, "asking for it reads pages, and no more"
    looked_at(f"{REASSIGNED} tickets reassigned, each with its line; the closed one is named")


REASSIGNED = int(os.environ.get("REASSIGNED", "60"))
