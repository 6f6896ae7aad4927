"""What is written of a customer elsewhere follows when the customer changes."""

from customers.services.changes import forget_changed
from customers.services.create import create_customer, edit_customer
from customers.services.read import (
    get_customer,
)
from customers.store import queries as customers
from customers.store.items import CustomerChanged
from tests.world import NOON, settle, stored
from tickets.models import Calendar, Policy
from tickets.services.customer_records import follow as customers_changed
from tickets.services.customer_records import merge_and_erase
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.services.sla.configure import save_policy


def numbers(text, desk):
    query = read_filters({"q": [text]}, by=desk.rep)
    return [row.ticket_id for row in find(query, by=desk.rep, now=NOON).tickets]


def test_the_search_index_follows_a_customers_new_name(desk):
    number = desk.ticket().ticket_id
    settle()
    assert numbers("Marchetti", desk) == []

    edit_customer(desk.customer.customer_id, name="Giulia Marchetti", by=desk.rep)
    assert customers_changed.sync_changed_customers() == 1

    assert numbers("Marchetti", desk) == [number]
    assert customers_changed.sync_changed_customers() == 0


def test_a_customer_that_cannot_be_followed_holds_up_no_other(desk, monkeypatch):
    other = create_customer(name="Ada Lindqvist", email="ada@example.com", by=desk.rep, now=NOON)
    numbers_of = {
        desk.ticket(customer_id=one).ticket_id: one
        for one in (desk.customer.customer_id, other.customer_id)
    }
    settle()
    for one in numbers_of.values():
        edit_customer(one, name="Another Name", by=desk.rep)
    followed = []

    def follower(ticket_ids):
        for number in ticket_ids:
            if numbers_of[number] == desk.customer.customer_id:
                raise ValueError(number)
            followed.append(number)

    with monkeypatch.context() as broken:
        broken.setattr(customers_changed, "_followers", lambda: (follower,))
        customers_changed.sync_changed_customers()

    assert [numbers_of[number] for number in followed] == [other.customer_id]
    assert customers_changed.sync_changed_customers() == 1, "the other is tried again"


def test_a_change_while_the_index_follows_is_followed_again(desk):
    desk.ticket()
    settle()
    edit_customer(desk.customer.customer_id, name="First Name", by=desk.rep)
    [read] = customers.changed_customers(limit=9)
    edit_customer(desk.customer.customer_id, name="Second Name", by=desk.rep)

    forget_changed(read)

    assert [type(one) for one in customers.changed_customers(limit=9)] == [CustomerChanged]


def test_a_merged_customers_tickets_go_by_the_segment_that_was_chosen(desk):
    """They were handed over before the choice was written, and fell to the other's policy."""
    calendar = Calendar.objects.first()
    save_policy(Policy(name="VIP", slug="vip", calendar=calendar, segments=["VIP"], order=1))
    duplicate = create_customer(
        name="Giulia B.", email="g@work.example", segment="VIP", by=desk.rep, now=NOON
    )
    number = desk.ticket(customer_id=duplicate.customer_id).ticket_id
    assert stored(number).policy_id == "vip-1"
    job = merge_and_erase.start_merge(
        duplicate.customer_id, into=desk.customer.customer_id, takes=["segment"], by=desk.rep
    )
    while merge_and_erase.step(job.pk).finished_at is None:
        pass

    assert get_customer(desk.customer.customer_id).segment == "VIP"
    assert (stored(number).segment, stored(number).policy_id) == ("VIP", "vip-1")
