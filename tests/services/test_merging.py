"""A merge that is undone: the ticket is what it would be if nobody had ever merged it."""

import pytest

from customers.services.create import create_customer, create_vehicle
from customers.services.vehicles import change_owner
from tests.world import NOON, after, escalations_of, log_of, settle, stored, waiting_events
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.links_and_merges import link, merge, undo_merge
from tickets.services.lifecycle.status import change_status, wait
from tickets.services.maintenance.verify import verify

OF_ITS_OWN = {"pk", "ticket_id", "version", "last_id", "timeline"} | {
    f"{index}_key" for index in ("status", "assignee", "team", "queue", "created", "due")
}
"""What two tickets differ in though the same happened to both, or what tells of the merge."""


def as_it_is(ticket_id):
    ticket = stored(ticket_id)
    ticket.sla.last_message = None  # an id of its own
    of_its_own = {type(ticket).get_attributes()[name].attr_name for name in OF_ITS_OWN}
    return {name: value for name, value in ticket.serialize().items() if name not in of_its_own}


def fired(ticket_id):
    return [
        (record.rule, record.due_at, int(record.reopen_cycle), int(record.level))
        for record in escalations_of(ticket_id)
    ]


@pytest.fixture
def two(desk):
    return desk.ticket().ticket_id, desk.ticket(subject="The same matter").ticket_id


def drifts(*ticket_ids):
    settle()
    return [drift.what for drift in verify(ticket_ids)]


def nothing(_ticket_id, _desk):
    """Leave it Open."""


def answered(ticket_id, desk):
    respond(ticket_id, content="We look into it.", by=desk.rep, now=after(minutes=10))


def waiting(ticket_id, desk):
    answered(ticket_id, desk)
    wait(ticket_id, by=desk.rep, now=after(minutes=20))


def resolved(ticket_id, desk):
    change_status(ticket_id, to="Resolved", by=desk.rep, now=after(minutes=20))


def closed(ticket_id, desk):
    change_status(ticket_id, to="Closed", by=desk.rep, now=after(minutes=20))


def reopened(ticket_id, desk):
    closed(ticket_id, desk)
    change_status(ticket_id, to="In Progress", by=desk.rep, now=after(minutes=30))


def escalated(_ticket_id, _desk):
    """Late already when it is merged."""
    sweep(now=after(hours=9))


BEFORE = [nothing, answered, waiting, resolved, closed, reopened, escalated]


@pytest.mark.parametrize("before", BEFORE)
def test_whatever_it_was_it_is_again(desk, two, before):
    source, target = two
    twin = desk.ticket().ticket_id
    for ticket_id in (source, twin):
        before(ticket_id, desk)
    merge(source, into=target, by=desk.rep, now=after(hours=9, minutes=1))
    sweep(now=after(hours=9, minutes=2))
    sweep(now=after(days=2, hours=20))

    undo_merge(source, by=desk.rep, now=after(days=3))
    sweep(now=after(days=3))
    for ticket_id in (source, twin):
        note(ticket_id, content="Both are looked at.", by=desk.rep, now=after(days=3, hours=1))

    assert as_it_is(source) == as_it_is(twin), "as if it had never been merged"
    assert sorted(fired(source)) == sorted(fired(twin))
    assert stored(target).duplicates == []
    assert drifts(source, target) == []


def test_an_open_ticket_is_open_again_without_a_response(desk, two):
    source, target = two
    merge(source, into=target, by=desk.rep, now=after(minutes=5))

    undone = undo_merge(source, by=desk.rep, now=after(minutes=30))

    assert (undone.status, undone.merged_into, int(undone.reopen_cycle)) == ("Open", None, 1)
    assert undone.sla.first_responded_at is None, "nobody has answered"
    assert undone.sla.response_deadline == after(hours=8), "the clock ran all the time"


def test_what_passed_meanwhile_fires_once_at_the_undoing(desk, two):
    source, target = two
    merge(source, into=target, by=desk.rep, now=after(minutes=5))
    sweep(now=after(hours=10))
    assert escalations_of(source) == [], "a merged ticket has no milestones"

    undo_merge(source, by=desk.rep, now=after(hours=10, minutes=30))

    fired = escalations_of(source)
    assert sorted((record.rule, record.due_at) for record in fired) == [
        ("response-at-risk", after(hours=6)),
        ("response-breached", after(hours=8)),
    ]
    assert {record.fired_at for record in fired} == {after(hours=10, minutes=30)}
    assert stored(source).escalation_level == 1
    sweep(now=after(hours=11))
    assert len(escalations_of(source)) == 2
    assert drifts(source) == []


def test_it_can_be_undone_however_long_ago_it_was(desk, two):
    source, target = two
    closed(source, desk)
    merge(source, into=target, by=desk.rep, now=after(hours=1))

    assert undo_merge(source, by=desk.rep, now=after(days=200)).status == "Closed"
    assert stored(source).closed_at == after(minutes=20)


def test_it_can_be_merged_and_parted_time_and_again(desk, two):
    source, target = two
    for hour in range(1, 4):
        merge(source, into=target, by=desk.rep, now=after(hours=hour))
        undo_merge(source, by=desk.rep, now=after(hours=hour, minutes=30))
    edit(source, priority="High", by=desk.rep, now=after(hours=4))
    merge(source, into=target, by=desk.rep, now=after(hours=5))

    assert drifts(source, target) == []
    assert (stored(source).status, stored(source).merged_into) == ("Closed", target)
    assert undo_merge(source, by=desk.rep, now=after(hours=6)).status == "Open"
    assert drifts(source, target) == []


def test_others_hear_of_the_merge_and_of_its_undoing(desk, two):
    source, target = two
    merge(source, into=target, by=desk.rep, now=NOON)
    undo_merge(source, by=desk.rep, now=NOON)

    kinds = [event.kind for event in waiting_events() if event.ticket_id == source]
    assert [kind for kind in kinds if "merged" in kind] == ["merged", "unmerged"]
    assert "reopened" not in kinds, "it was never done"


def test_links_tags_and_vehicle_go_to_the_target_and_the_log_says_so(desk):
    third = desk.ticket().ticket_id
    source = desk.ticket(tags=["port", "vip"], vehicle_id=desk.vehicle.vehicle_id).ticket_id
    target = desk.ticket(tags=["vip"]).ticket_id
    link(source, other_id=third, by=desk.rep, now=NOON)
    link(source, other_id=target, by=desk.rep, now=NOON)

    merge(source, into=target, by=desk.rep, now=after(minutes=1))

    into = stored(target)
    assert set(into.tags) == {"port", "vip"}
    assert into.vehicle_id == desk.vehicle.vehicle_id
    assert set(into.related) == {source, third}, "what the source was linked with, but not itself"
    assert set(stored(third).related) == {source, target}, "a link is named on both sides"
    fields = {change.field for line in log_of(target) for change in line.changes or ()}
    assert {"tags", "vehicleId", "related", "duplicates"} <= fields
    assert drifts(source, target, third) == []


def test_a_vehicle_that_has_another_owner_by_now_is_left_behind(desk, two):
    _, target = two
    source = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    buyer = create_customer(name="Somebody else", by=desk.rep, now=NOON)
    change_owner(desk.vehicle.vehicle_id, to=buyer.customer_id, by=desk.rep)

    merge(source, into=target, by=desk.rep, now=NOON)

    assert stored(target).vehicle_id is None, "it is no longer this customer's"


def test_a_target_keeps_the_vehicle_it_has(desk, two):
    other = create_vehicle(
        customer_id=desk.customer.customer_id, make="Fiat", model="500", by=desk.rep
    )
    source = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    target = desk.ticket(vehicle_id=other.vehicle_id).ticket_id

    merge(source, into=target, by=desk.rep, now=NOON)

    assert stored(target).vehicle_id == other.vehicle_id
