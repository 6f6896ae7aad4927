"""The ticket pages through Django's client: as plain forms, and as HTMX partials."""

import pytest
from django.urls import reverse

from helpdesk.clock import this_second
from tests.world import log_of, stored
from tickets.services.assignment.assign import assign
from tickets.services.lists.find import PAGE
from tickets.store import ticket_numbers

HTMX = {"HX-Request": "true"}


def new_ticket_form(desk, **fields):
    return {
        "customer": desk.customer.customer_id,
        "vehicle": desk.vehicle.vehicle_id,
        "subject": "Customs asks for papers",
        "description": "Which papers do they need?",
        "category": "Customs",
        "priority": "Critical",
        "token": "from-the-form",
        **fields,
    }


def test_pages_ask_for_a_login_first(client, desk):
    for address in ("/", "/tickets/", "/tickets/new/", "/tickets/1/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_whoever_is_in_no_group_sees_no_tickets(client, desk):
    client.force_login(desk.outsider_user)

    assert client.get("/").status_code == 403
    assert client.get("/tickets/new/").status_code == 403


def test_the_form_opens_a_ticket_and_shows_it(rep_client, desk):
    answer = rep_client.post("/tickets/new/", new_ticket_form(desk), follow=True)

    assert answer.status_code == 200
    ticket = stored(str(ticket_numbers.last_ticket_number()))
    assert answer.redirect_chain == [(f"/tickets/{ticket.ticket_id}/", 302)]
    assert (ticket.category, ticket.priority) == ("Customs", "Critical")
    assert b"Customs asks for papers" in answer.content


def test_a_form_that_is_sent_twice_opens_one_ticket(rep_client, desk):
    rep_client.post("/tickets/new/", new_ticket_form(desk))
    rep_client.post("/tickets/new/", new_ticket_form(desk))

    assert ticket_numbers.last_ticket_number() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "Weather"),
        ("priority", "Soon"),
        ("subject", ""),
        ("description", "x" * 300_000),
        ("customer", "nobody"),
        ("vehicle", "no-such-vehicle"),
    ],
)
def test_bad_input_comes_back_with_its_error_and_nothing_typed_is_lost(
    rep_client, desk, field, value
):
    answer = rep_client.post("/tickets/new/", new_ticket_form(desk, **{field: value}))

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    typed = {"subject": "Customs asks for papers", "description": "Which papers do they need?"}
    for name, text in typed.items():
        if name != field:
            assert text in answer.content.decode()
    assert ticket_numbers.last_ticket_number() == 0


def test_customers_are_found_by_a_few_letters(rep_client, desk):
    answer = rep_client.get("/tickets/new/customers/", {"customer_search": "giu"}, headers=HTMX)

    assert "Giulia Bianchi" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_without_javascript_the_find_button_keeps_what_was_typed(rep_client, desk):
    typed = new_ticket_form(desk, customer="", customer_search="GIULIA", find="1")

    answer = rep_client.post("/tickets/new/", typed)

    assert answer.status_code == 200
    assert "Giulia Bianchi" in answer.content.decode()
    assert "Which papers do they need?" in answer.content.decode()
    assert ticket_numbers.last_ticket_number() == 0


def test_choosing_a_customer_offers_their_vehicles(rep_client, desk):
    answer = rep_client.get(
        "/tickets/new/vehicles/", {"customer": desk.customer.customer_id}, headers=HTMX
    )

    assert "2019 Volkswagen Golf" in answer.content.decode()


def test_lists_show_the_most_urgent_first(rep_client, desk):
    low = desk.ticket(priority="Low")
    critical = desk.ticket(priority="Critical")

    answer = rep_client.get("/tickets/?view=active")

    assert [line.ticket_id for line in answer.context["lines"]] == [
        critical.ticket_id,
        low.ticket_id,
    ]


def test_my_work_and_unassigned_are_what_they_say(rep_client, desk):
    mine = desk.ticket(assigned_to=desk.rep.user_id)
    nobodys = desk.ticket()
    desk.ticket(assigned_to=desk.rep2.user_id)

    def shown(address):
        return [line.ticket_id for line in rep_client.get(address).context["lines"]]

    assert shown("/") == [mine.ticket_id]
    assert shown("/tickets/?view=unassigned") == [nobodys.ticket_id]
    assert len(shown("/tickets/?view=active")) == 3


def test_a_long_list_goes_on_where_it_stopped(rep_client, desk):
    made = [desk.ticket().ticket_id for _ in range(PAGE + 5)]

    first = rep_client.get("/tickets/?view=active")
    second = rep_client.get(first.context["next_url"])

    seen = [line.ticket_id for page in (first, second) for line in page.context["lines"]]
    assert sorted(seen, key=int) == made
    assert second.context["next_url"] is None


def test_a_damaged_cursor_is_refused_with_words(rep_client, desk):
    answer = rep_client.get("/tickets/?view=active&page=made-up")

    assert answer.status_code == 422


def test_an_unknown_list_or_ticket_is_not_found(rep_client, desk):
    assert rep_client.get("/tickets/?view=everything").status_code == 404
    assert rep_client.get("/tickets/4711/").status_code == 404


@pytest.mark.parametrize("htmx", [True, False])
def test_the_ticket_page_works_with_and_without_htmx(rep_client, desk, htmx):
    number = desk.ticket(now=this_second()).ticket_id
    headers = HTMX if htmx else {}

    def send(action, **fields):
        answer = rep_client.post(
            reverse(f"ticket_{action}", args=[number]), fields, headers=headers, follow=True
        )
        assert answer.status_code == 200
        assert ("<html" in answer.content.decode()) is not htmx

    send("assign", assigned_to=desk.rep2.user_id, version=stored(number).version)
    send("note", content="Ask the port.")
    send("reply", content="It arrives tomorrow.")
    send("priority", priority="High", version=stored(number).version)
    send("escalate", reason="Lawyer.", version=stored(number).version)
    send("wait", version=stored(number).version)
    send("wait", resume="1", version=stored(number).version)
    send("status", status="Resolved", version=stored(number).version)
    send("status", status="Closed", version=stored(number).version)

    ticket = stored(number)
    assert (ticket.status, ticket.priority, ticket.assigned_to) == (
        "Closed",
        "High",
        desk.rep2.user_id,
    )
    page = rep_client.get(f"/tickets/{number}/").content.decode()
    for words in ("It arrives tomorrow.", "Ask the port.", "Tomasz Nowak", "Rosa Marin"):
        assert words in page


def test_a_refused_step_says_what_is_allowed(rep_client, desk):
    number = desk.ticket().ticket_id
    rep_client.post(f"/tickets/{number}/status/", {"status": "Closed"})

    answer = rep_client.post(f"/tickets/{number}/status/", {"status": "Resolved"}, headers=HTMX)

    assert answer.status_code == 409
    assert "Allowed: In Progress" in answer.content.decode()
    assert stored(number).status == "Closed"


def test_an_unknown_status_is_bad_input(rep_client, desk):
    number = desk.ticket().ticket_id

    answer = rep_client.post(f"/tickets/{number}/status/", {"status": "Lost"})

    assert answer.status_code == 422
    assert len(log_of(number)) == 1


def test_an_old_page_cannot_overwrite_a_newer_change(rep_client, desk):
    number = desk.ticket().ticket_id
    assign(number, to=desk.rep2.user_id, by=desk.rep2)

    answer = rep_client.post(
        f"/tickets/{number}/assign/", {"assigned_to": desk.rep.user_id, "version": "1"}
    )

    assert answer.status_code == 409
    assert "This ticket was updated while you were editing" in answer.content.decode()
    assert stored(number).assigned_to == desk.rep2.user_id


def test_a_refused_answer_stays_in_its_form(rep_client, desk):
    number = desk.ticket().ticket_id

    answer = rep_client.post(f"/tickets/{number}/reply/", {"content": "y" * 20_001})

    assert answer.status_code == 422
    assert "y" * 20_001 in answer.content.decode()
    assert len(log_of(number)) == 1


def test_what_people_write_is_shown_and_never_run(rep_client, desk):
    number = desk.ticket(subject="<script>alert(1)</script>").ticket_id

    page = rep_client.get(f"/tickets/{number}/")

    assert "<script>alert(1)" not in page.content.decode()
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]


def test_a_list_costs_the_same_however_many_tickets_there_are(
    rep_client, desk, django_assert_num_queries
):
    from helpdesk.dynamo import capacity

    def cost():
        with capacity.counting() as usage:
            rep_client.get("/tickets/?view=active")
        return usage.operations

    for _ in range(PAGE + 1):
        desk.ticket()
    few = cost()
    for _ in range(60):
        desk.ticket()

    assert cost() == few == ["Query", "Query", "BatchGetItem"]


def test_the_ticket_page_is_three_queries_and_two_reads(rep_client, desk):
    from helpdesk.dynamo import capacity

    number = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id

    with capacity.counting() as usage:
        rep_client.get(f"/tickets/{number}/")

    assert sorted(usage.operations) == ["GetItem", "GetItem", "Query", "Query", "Query"]
