"""The command palette, and customers and vehicles beside a search for tickets."""

import html
import re

import pytest

from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from tests.world import settle
from tickets.services.assignment.assign import assign
from tickets.services.lists.saved_views import save_view


def offered(client, text="", ticket="", **page_has):
    """The options by group, each with its address, and what it does if it does something."""
    asked = {"q": text, "ticket": ticket, **page_has}
    page = html.unescape(client.get("/palette/", asked).content.decode())
    found = {}
    for group, body in re.findall(
        r'<div role="group" aria-label="(.*?)">(.*?)</div>', page, re.DOTALL
    ):
        for attributes, text_of in re.findall(r"<a(.*?)>(.*?)</a>", body, re.DOTALL):
            said = dict(re.findall(r'([\w-]+)="(.*?)"', attributes))
            label = re.search(r"<bdi>(.*?)</bdi>", text_of)[1]
            does = said.get("data-field") or said.get("data-bulk")
            does = (does, said["data-value"]) if does else said.get("data-opens")
            found.setdefault(group, {})[label] = (said["href"], does or said.get("data-key"))
    return found


SET_CRITICAL = ("#main", ("priority", "Critical"))


@pytest.fixture
def ticket(desk):
    made = desk.ticket(
        vehicle_id=desk.vehicle.vehicle_id, subject="Papers of the Golf", now=this_second()
    )
    settle()
    return made.ticket_id


def test_it_leads_to_lists_views_and_pages(rep_client, desk):
    save_view(name="Hot customs", query="view=active&category=Customs", by=desk.rep)

    everywhere = offered(rep_client)

    assert set(everywhere) == {"Go to"}
    assert everywhere["Go to"]["All active"] == ("/tickets/?view=active", None)
    assert everywhere["Go to"]["Hot customs"] == ("/tickets/?view=active&category=Customs", None)
    assert everywhere["Go to"]["Workload"] == ("/team/", None)
    assert list(offered(rep_client, "cust hot")["Go to"]) == ["Hot customs"]


def test_it_finds_tickets_customers_and_vehicles(rep_client, desk, ticket):
    by_words = offered(rep_client, "golf")
    assert by_words["Tickets"] == {f"#{ticket} Papers of the Golf": (f"/tickets/{ticket}/", None)}
    by_name = offered(rep_client, "giulia")
    assert list(by_name["Customers"]) == ["Giulia Bianchi"]
    by_vin = offered(rep_client, desk.vehicle.vin[-6:])
    assert list(by_vin["Vehicles"]) == [desk.vehicle.label]
    for number in (ticket, f"#{ticket}"):
        assert list(offered(rep_client, number)["Tickets"]) == [f"#{ticket} Papers of the Golf"]
    nothing = rep_client.get("/palette/?q=status:lost+zzz").content.decode()
    assert "Nothing found." in nothing
    with capacity.counting() as usage:
        offered(rep_client, "g")
    assert "Query" not in usage.operations, "one letter finds no customers"


def test_it_acts_on_the_ticket_that_is_open(rep_client, desk, ticket):
    can = offered(rep_client, ticket=ticket)["This ticket"]

    assert can["Reply"] == ("#main", "r")
    assert can["Assign to me"] == (f"/tickets/{ticket}/assign/", ("assigned_to", desk.rep.user_id))
    assert can["Change status to Closed"] == (f"/tickets/{ticket}/status/", ("status", "Closed"))
    assert "Change status to Open" not in can, "that is its status"
    assert list(offered(rep_client, "prio crit", ticket)["This ticket"]) == [
        "Change priority to Critical"
    ]
    assign(ticket, to=desk.rep.user_id, by=desk.rep)
    assert "Assign to me" not in offered(rep_client, ticket=ticket)["This ticket"]
    assert "This ticket" not in offered(rep_client, ticket="4711")
    assert "This ticket" not in offered(rep_client, ticket="x")


def test_it_assigns_to_anybody_if_that_is_asked(rep_client, desk, ticket):
    tomasz = {"Assign to Tomasz Nowak": ("assigned_to", desk.rep2.user_id)}
    for text in ("assign tom", "Tomasz ass"):
        [(label, (url, does))] = offered(rep_client, text, ticket)["This ticket"].items()
        assert ({label: does}, url) == (tomasz, f"/tickets/{ticket}/assign/")
    assert "This ticket" not in offered(rep_client, "tomasz", ticket), "it may be a customer"
    assert "Assign to Unassigned" in offered(rep_client, "assign", ticket)["This ticket"]
    assign(ticket, to=desk.rep2.user_id, by=desk.rep)
    assert "This ticket" not in offered(rep_client, "assign tom", ticket)


def test_it_opens_the_controls_that_the_page_has(rep_client, ticket):
    can = offered(rep_client, ticket=ticket, can="follow,snooze,merge,ship")["This ticket"]
    opens = {label: does for label, (_url, does) in can.items() if isinstance(does, str)}
    assert opens == {
        "Reply": "r",
        "Internal note": "n",
        "Follow": "follow",
        "Snooze…": "snooze",
        "Merge…": "merge",
    }
    assert list(offered(rep_client, "snoo", ticket, can="snooze")["This ticket"]) == ["Snooze…"]
    assert "This ticket" not in offered(rep_client, "snoo", ticket)


def test_it_changes_what_is_selected_in_a_list(rep_client, desk):
    one = offered(rep_client, rows="1")["The selected ticket"]
    assert one["Assign to…"] == ("#main", "a")
    assert one["Add tags…"] == ("#main", "t")
    assert one["Assign to me"] == ("#main", ("assign", desk.rep.user_id))
    assert one["Change status to Closed"] == ("#main", ("status", "Closed"))
    some = offered(rep_client, "change prio crit", rows="3")
    assert some == {"The 3 selected tickets": {"Change priority to Critical": SET_CRITICAL}}
    [label] = offered(rep_client, "assign nowak", rows="2")["The 2 selected tickets"]
    assert label == "Assign to Tomasz Nowak"
    for none in ("0", "x", ""):
        assert set(offered(rep_client, "assign", rows=none)) <= {"Go to"}


def test_a_search_shows_customers_and_vehicles_and_its_page_costs_no_more(rep_client, desk, ticket):
    with capacity.counting() as usage:
        page = html.unescape(rep_client.get("/tickets/?q=bianchi+status:open").content.decode())
    assert sorted(usage.operations) == ["BatchGetItem", "BatchGetItem"]
    [address] = re.findall(r'hx-get="(/search/records/.*?)"', page)
    assert address == "/search/records/?q=bianchi"

    strip = rep_client.get(address).content.decode()
    assert f'href="/customers/{desk.customer.customer_id}/"' in strip
    nothing = rep_client.get("/search/records/?q=zzz").content.decode()
    assert "No customers or vehicles match." in nothing
    assert "/search/records/" not in rep_client.get("/tickets/?view=active").content.decode()
