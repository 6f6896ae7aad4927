"""Lists of the admin keep what Django's promise: heads that sort, dates, the last page, words."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.templatetags.admin_list import result_headers
from django.utils.text import capfirst

from customers.services.create import create_customer, create_vehicle
from customers.services.read import find_vehicle
from helpdesk.clock import this_second
from helpdesk.dynamo.capacity import counting
from tests.world import NOON, settle
from tickets.admin import TicketAdmin
from tickets.services.conversation.communicate import note

LIST = "/admin/tickets/ticket/"


@pytest.fixture
def ordered(desk, monkeypatch):
    """Numbers of seven tickets, the oldest first, and lists with three rows a page."""
    monkeypatch.setattr("helpdesk.dynamo_admin.options.PlannedAdmin.list_per_page", 3)
    now = this_second()
    made = []
    for place in range(7):
        priority = ("Low", "Critical", "Medium")[place % 3]
        opened = now - timedelta(hours=7 - place)
        made.append(desk.ticket(now=opened, priority=priority).ticket_id)
        note(made[-1], content=f"Note {place}", by=desk.rep)
    settle()
    return made


def heads(page):
    """The heads of columns that sort, with the address of each."""
    found = {capfirst(one["text"]): one for one in result_headers(page.context["cl"])}
    return {text: one["url_primary"] for text, one in found.items() if one["sortable"]}


def numbers(page):
    return [row.pk for row in page.context["cl"].result_list]


def walked(client, address, onward="next_url"):
    """Every row of a list, page by page; with `previous_url` from its last page."""
    seen = []
    while address:
        page = client.get(address)
        seen = [*seen, *numbers(page)] if onward == "next_url" else [*numbers(page), *seen]
        address = getattr(page.context["cl"], onward)
        address = address and page.request["PATH_INFO"] + address
    return seen


def test_the_heads_that_an_index_serves_sort_both_ways_page_by_page(supervisor, ordered, subtests):
    page = supervisor.get(LIST)
    assert set(heads(page)) == {"SLA", "Priority", "Created"}
    assert page.context["cl"].get_ordering_field_columns() == {6: "asc"}, "least time left first"

    priorities = {number: place % 3 for place, number in enumerate(ordered)}
    for head in ("SLA", "Priority", "Created"):
        with subtests.test(head):
            first = supervisor.get(LIST + heads(page)[head])
            rising = walked(supervisor, LIST + heads(page)[head])
            falling = walked(supervisor, LIST + heads(first)[head])
            assert set(rising) == set(ordered)
            assert falling == rising[::-1]
            if head == "Created":
                assert rising == ordered[::-1]
            if head == "Priority":
                assert [priorities[number] for number in rising] == [1, 1, 2, 2, 0, 0, 0]
    both = supervisor.get(f"{LIST}{heads(page)['Created']}&order=-updated_at")
    assert numbers(both) == ordered[::-1][:3], "the head counts"


def test_the_last_page_costs_what_the_first_does_and_leads_back(supervisor, ordered, subtests):
    for query in ("", "?o=-10", "?order=-created_at", "?q=car", "?status__exact=Open&o=4"):
        with subtests.test(query):
            everything = walked(supervisor, LIST + query)
            with counting() as first:
                cl = supervisor.get(LIST + query).context["cl"]
            with counting() as last:
                page = supervisor.get(LIST + cl.last_url)
            assert numbers(page) == everything[-3:]
            assert not page.context["cl"].next_url
            assert not page.context["cl"].last_url
            assert (last.requests, last.operations) == (first.requests, first.operations)
            assert last.capacity <= first.capacity * 1.5 + 1
            back = walked(supervisor, LIST + cl.last_url, "previous_url")
            assert back == everything


def test_lists_of_records_have_both_ends_too(supervisor, desk, ordered, subtests):
    for name in ("Anna", "Boris", "Clara", "Dora"):
        create_customer(name=name, by=desk.rep, now=this_second())
    lists = {
        "customers/customer": "Name",
        "tickets/communication": "Date",
    }
    for model, head in lists.items():
        with subtests.test(model):
            address = f"/admin/{model}/"
            page = supervisor.get(address)
            assert list(heads(page)) == [head]
            rows = walked(supervisor, address)
            turned = heads(page)[head]
            assert walked(supervisor, address + turned) == rows[::-1]
            last = supervisor.get(address + page.context["cl"].last_url)
            assert numbers(last) == rows[-3:]


REFUSED = {
    f"{LIST}?subject__icontains=car": "The list can’t be filtered by: subject. It has these",
    f"{LIST}?nothing=1": "The address has a filter that this list does not have.",
    f"{LIST}?customer__name=x": "The address has a filter that this list does not have.",
    f"{LIST}?created_at__gte=yesterday": "“yesterday” value has an invalid format",
    f"{LIST}?created_at__from=today": "“today” is not a date such as 2027-01-31.",
    f"{LIST}?created_at__to=9999-12-31": "“9999-12-31” is not a date such as 2027-01-31.",
    f"{LIST}?q=status:nowhere": "nowhere",
    f"{LIST}?from=tampered": "This page is no longer there.",
    "/admin/tickets/policy/?nothing=1": "The address has a filter that this list does not have.",
}


def test_what_a_list_cannot_show_is_refused_in_a_sentence(supervisor, desk, subtests):
    for address, words in REFUSED.items():
        with subtests.test(address):
            text = unescape(supervisor.get(address, follow=True).content.decode())

            assert words in text
            assert "Now the whole list is shown." in text


def test_columns_say_category_team_and_date_in_one_format(supervisor, desk, ordered):
    assert {"category", "team", "created"} <= set(TicketAdmin.list_display)
    text = supervisor.get(LIST).content.decode()
    assert "Shipping" in text


def test_records_are_suggested_and_lists_are_filtered_by_what_is_typed(supervisor, desk, subtests):
    anna = create_customer(name="Anna Berg", email="anna@berg.example", by=desk.rep, now=NOON)
    for company in ("Nord", "Süd"):
        create_customer(name="Boris Novak", company=company, by=desk.rep, now=NOON)
    car = create_vehicle(customer_id=anna.customer_id, make="Volvo", booking="BKG7", by=desk.rep)
    mine = desk.ticket(
        customer_id=anna.customer_id, vehicle_id=car.vehicle_id, now=this_second()
    ).ticket_id
    desk.ticket(now=this_second())
    settle()

    def suggested(model, text):
        return supervisor.get(f"/admin/customers/{model}/suggest/?q={text}").json()["results"]

    assert suggested("customer", "anna") == [
        {"key": anna.customer_id, "label": "Anna Berg · anna@berg.example"}
    ]
    twins = suggested("customer", "boris")
    assert len({one["label"] for one in twins}) == 2, "each can be told from the other"
    assert suggested("vehicle", "BKG7")[0]["key"] == car.vehicle_id
    assert suggested("customer", "a") == []

    for asked in (anna.customer_id, "anna", "anna@berg.example"):
        page = supervisor.get(f"{LIST}?customer_id={asked}")
        assert numbers(page) == [mine], asked
        assert "<strong>Anna Berg</strong>" in page.content.decode(), "the closed filter says whom"
    assert numbers(supervisor.get(f"{LIST}?vehicle_id=BKG7")) == [mine]
    for asked, words in (("boris", "Several customers match"), ("nobody", "No customer matches")):
        assert words in supervisor.get(f"{LIST}?customer_id={asked}", follow=True).content.decode()

    address = f"/admin/customers/vehicle/{car.vehicle_id}/change/"
    for typed, words in (("nobody", "No customers found"), ("boris", "Several customers match.")):
        form = supervisor.get(address).context["adminform"].form
        given = {bound.html_name: bound.value() or "" for bound in form} | {"customer_id": typed}
        assert words in supervisor.post(address, given).content.decode()
    supervisor.post(address, given | {"customer_id": "giulia", "initial-customer_id": ""})
    assert find_vehicle(car.vehicle_id).customer_id == desk.customer.customer_id


def test_conversation_entries_are_searched_at_a_bounded_cost(supervisor, desk, monkeypatch):
    address = "/admin/tickets/communication/"
    made = [desk.ticket(now=this_second()).ticket_id for _ in range(6)]
    note(made[0], content="Ask the *broker* in Genoa, <b>today</b>", by=desk.rep)
    note(made[1], content="The broker answered", by=desk.rep2)
    for number in made[2:]:
        note(number, content="Genoa calls the broker", by=desk.rep)
    settle()

    def said(query):
        page = supervisor.get(f"{address}?{query}")
        return [(row.ticket_id, row.content[:10]) for row in page.context["cl"].result_list]

    assert len(said("q=broker")) == 6
    assert {number for number, _text in said("q=broker genoa")} == {made[0], *made[2:]}
    assert said(f"q=broker&person={desk.rep2.user_id}") == [(made[1], "The broker")]
    assert said("q=nothing") == []
    assert (made[0], "Ask the *b") in said(f"q=%23{made[0]}")
    assert {number for number, _text in said(f"q={made[0]}")} == {made[0]}
    text = supervisor.get(f"{address}?q=genoa").content.decode()
    assert "in <mark>Genoa</mark>, &lt;b&gt;today" in text

    monkeypatch.setattr("tickets.admin.paths.TICKETS_SEARCHED", 3)
    with counting() as few:
        assert len(said("q=broker")) == 3
    assert few.requests <= 3 + 2, few.operations
