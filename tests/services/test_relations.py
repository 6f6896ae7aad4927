"""Merged, split and linked tickets."""

from datetime import timedelta

import pytest

from customers.services.create import create_customer
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.world import NOON, after, log_of, stored
from tickets.domain.errors import ClosedTooLongAgo, MergedAway, MergeRefused
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.communicate import communicate, note, respond
from tickets.services.escalate import sweep
from tickets.services.relate import link, merge, split, undo_merge, unlink
from tickets.services.status import change_status


@pytest.fixture
def two(desk):
    return desk.ticket(), desk.ticket(subject="The same matter")


def write(ticket_id, desk, *, now=NOON):
    return communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Any news?",
        by=desk.rep,
        now=now,
    )


def test_merging_closes_the_source_and_points_both_ways(desk, two):
    source, target = two
    lines = len(log_of(source.ticket_id))

    merge(source.ticket_id, into=target.ticket_id, by=desk.rep, now=after(minutes=1))

    merged, into = stored(source.ticket_id), stored(target.ticket_id)
    assert (merged.status, merged.merged_into) == ("Closed", target.ticket_id)
    assert (into.status, into.duplicates) == ("Open", [source.ticket_id])
    assert merged.next_sla_at is None
    assert merged.due_key is None
    assert len(log_of(source.ticket_id)) == lines + 1
    assert log_of(target.ticket_id)[-1].changes[0].field == "duplicates"
    sweep(now=after(days=60))
    assert stored(source.ticket_id).escalation_level == 0


def test_later_messages_go_to_the_target(desk, two):
    source, target = two
    merge(source.ticket_id, into=target.ticket_id, by=desk.rep, now=NOON)

    ticket, line = write(source.ticket_id, desk, now=after(minutes=5))

    assert ticket.ticket_id == target.ticket_id
    assert log_of(target.ticket_id)[-1].communication_id == line.communication_id
    assert stored(source.ticket_id).status == "Closed"
    assert respond(source.ticket_id, content="Yes", by=desk.rep).ticket_id == target.ticket_id


def test_a_chain_of_merges_ends_at_its_last(desk, two):
    first, second = two
    third = desk.ticket()
    merge(first.ticket_id, into=second.ticket_id, by=desk.rep, now=NOON)
    merge(second.ticket_id, into=third.ticket_id, by=desk.rep, now=NOON)

    assert write(first.ticket_id, desk)[0].ticket_id == third.ticket_id


def test_circles_and_nonsense_are_refused(desk, two):
    first, second = (ticket.ticket_id for ticket in two)
    with pytest.raises(MergeRefused, match="same ticket"):
        merge(first, into=first, by=desk.rep)
    with pytest.raises(NotFound):
        merge(first, into="4711", by=desk.rep)
    merge(first, into=second, by=desk.rep, now=NOON)
    with pytest.raises(MergeRefused, match="itself merged"):
        merge(second, into=first, by=desk.rep)
    with pytest.raises(MergedAway):
        merge(first, into=desk.ticket().ticket_id, by=desk.rep)
    with pytest.raises(MergedAway):
        change_status(first, to="In Progress", by=desk.rep)
    with pytest.raises(NotAllowed):
        merge(second, into=desk.ticket().ticket_id, by=desk.outsider)


def test_tickets_of_different_customers_are_never_merged(desk):
    other = create_customer(name="Somebody else", by=desk.rep, now=NOON)
    theirs = desk.ticket(customer_id=other.customer_id)

    with pytest.raises(MergeRefused, match="different customers"):
        merge(theirs.ticket_id, into=desk.ticket().ticket_id, by=desk.rep)


def test_a_merge_is_undone_within_the_time_for_reopening(desk, two):
    source, target = (ticket.ticket_id for ticket in two)
    merge(source, into=target, by=desk.rep, now=NOON)

    undone = undo_merge(source, by=desk.rep, now=after(days=1))

    assert (undone.status, undone.merged_into) == ("In Progress", None)
    assert undone.next_sla_at is not None
    assert stored(target).duplicates == []
    with pytest.raises(MergeRefused):
        undo_merge(source, by=desk.rep)
    merge(source, into=target, by=desk.rep, now=after(days=2))
    with pytest.raises(ClosedTooLongAgo):
        undo_merge(source, by=desk.rep, now=after(days=2) + timedelta(days=14))


def test_linking_is_mutual_and_idempotent(desk, two):
    first, second = (ticket.ticket_id for ticket in two)
    link(first, other_id=second, by=desk.rep, now=NOON)
    version = stored(first).version
    link(first, other_id=second, by=desk.rep, now=NOON)

    assert stored(first).related == [second]
    assert stored(second).related == [first]
    assert stored(first).version == version
    unlink(second, other_id=first, by=desk.rep, now=NOON)
    assert stored(first).related == stored(second).related == []


def test_a_message_becomes_a_ticket_of_its_own(desk):
    ticket = desk.ticket(vehicle_id=desk.vehicle.vehicle_id, category="Customs", priority="High")
    _, line = write(ticket.ticket_id, desk)

    made = split(
        ticket.ticket_id, line.communication_id, subject="Another car", by=desk.rep, now=NOON
    )
    again = split(
        ticket.ticket_id, line.communication_id, subject="Another car", by=desk.rep, now=NOON
    )

    assert again.ticket_id == made.ticket_id
    new = stored(made.ticket_id)
    assert (new.description, new.category, new.priority) == ("Any news?", "Customs", "High")
    assert (new.vehicle_id, new.split_from) == (desk.vehicle.vehicle_id, ticket.ticket_id)
    assert new.related == [ticket.ticket_id]
    assert stored(ticket.ticket_id).related == [made.ticket_id]


def test_only_messages_can_be_split_off(desk):
    ticket = desk.ticket()
    system = log_of(ticket.ticket_id)[0]
    with pytest.raises(Invalid):
        split(ticket.ticket_id, system.communication_id, subject="x", by=desk.rep)
    with pytest.raises(NotFound):
        split(ticket.ticket_id, "01ARZ3NDEKTSV4RRFFQ69G5FAV", subject="x", by=desk.rep)
    note(ticket.ticket_id, content="Something", by=desk.rep)
    line = log_of(ticket.ticket_id)[-1].communication_id
    with pytest.raises(Invalid):
        split(ticket.ticket_id, line, subject=" ", by=desk.rep)
