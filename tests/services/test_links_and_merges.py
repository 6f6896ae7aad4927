"""Merged, split and linked tickets."""

import os
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import data, integers, lists, sampled_from, tuples

from customers.services.create import create_customer, create_vehicle
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.world import NOON, after, escalations_of, log_of, settle, stored
from tickets.domain.errors import DomainError, MergedAway, MergeRefused
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.attachments import kept, opened
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import fire_due, sweep
from tickets.services.lifecycle.links_and_merges import (
    MOST_RELATED,
    link,
    merge,
    split,
    undo_merge,
    unlink,
)
from tickets.services.lifecycle.status import change_status
from tickets.services.maintenance.verify import verify
from tickets.store.ticket import Ticket


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
    with pytest.raises(MergeRefused, match="different ticket"):
        merge(first, into=first, by=desk.rep)
    with pytest.raises(NotFound):
        merge(first, into="4711", by=desk.rep)
    merge(first, into=second, by=desk.rep, now=NOON)
    with pytest.raises(MergeRefused, match="was merged into"):
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


CLOCK = (
    "status",
    "waiting",
    "reopen_cycle",
    "escalation_level",
    "fired_rules",
    "resolved_at",
    "closed_at",
    "sla_deadline",
    "sla",
    "next_sla_at",
    "timeline",
    "priority",
)
"""What an undone merge restores (SLA.md, "Workflow")."""

STEPS = {
    "reply": lambda number, by, at: respond(number, content="Yes", by=by, now=at),
    "wait": lambda number, by, at: respond(number, content="?", waiting=True, by=by, now=at),
    "resolve": lambda number, by, at: change_status(number, to="Resolved", by=by, now=at),
    "close": lambda number, by, at: change_status(number, to="Closed", by=by, now=at),
    "reopen": lambda number, by, at: change_status(number, to="In Progress", by=by, now=at),
    "raise": lambda number, by, at: edit(number, priority="Critical", by=by, now=at),
    "sweep": lambda number, by, at: fire_due(number, now=at),
}


def clock_of(ticket_id):
    ticket = stored(ticket_id)
    raw = ticket.serialize()
    names = {name: Ticket.get_attributes()[name].attr_name for name in CLOCK}
    clock = {name: raw.get(attribute) for name, attribute in names.items()}
    clock["sla"]["M"].pop("lastMessage", None)  # an id: each has its own
    return clock


def taken(step, number, desk, at):
    with suppress(DomainError, Invalid):  # some steps cannot follow others
        STEPS[step](number, desk.rep, at)


MERGES = int(os.environ.get("MERGES_UNDONE", "10"))


def test_a_ticket_whose_merge_is_undone_is_as_if_it_had_never_been_merged(desk, looked_at):
    """MERGES_UNDONE=200 for more stories."""
    search = settings(max_examples=MERGES, deadline=None, suppress_health_check=list(HealthCheck))
    search(given(data=data())(merge_and_undo))(desk=desk)
    looked_at(f"{MERGES} merges undone")


def merge_and_undo(desk, data):
    steps = data.draw(lists(tuples(sampled_from(sorted(STEPS)), integers(1, 60)), max_size=5))
    merged_for = data.draw(integers(0, 400), label="hours merged")
    number, twin, target = (desk.ticket().ticket_id for _ in range(3))
    at = NOON
    for step, hours in steps:
        at += timedelta(hours=hours)
        for ticket_id in (number, twin):
            taken(step, ticket_id, desk, at)
    merge(number, into=target, by=desk.rep, now=at)
    fire_due(twin, now=at)  # what has passed by then fires on both
    at += timedelta(hours=merged_for)

    sweep(now=at)
    undo_merge(number, by=desk.rep, now=at)
    fire_due(twin, now=at)

    assert clock_of(number) == clock_of(twin)
    assert [record.rule for record in escalations_of(number)] == [
        record.rule for record in escalations_of(twin)
    ]
    settle()
    assert list(verify([number, twin, target])) == []


def test_nobody_has_answered_a_ticket_whose_merge_is_undone(desk, two):
    source, target = (ticket.ticket_id for ticket in two)
    merge(source, into=target, by=desk.rep, now=NOON)

    undone = undo_merge(source, by=desk.rep, now=after(days=1))

    assert (undone.status, undone.merged_into, undone.reopen_cycle) == ("Open", None, 1)
    assert undone.sla.first_responded_at is None
    assert undone.sla.response_breached_at == after(hours=8), "the clock ran on"
    rules = [record.rule for record in escalations_of(source)]
    assert sorted(rules) == ["response-at-risk", "response-breached"]
    assert stored(target).duplicates == []
    with pytest.raises(MergeRefused):
        undo_merge(source, by=desk.rep)


def test_a_ticket_that_was_closed_before_it_was_merged_stays_closed(desk, two):
    source, target = (ticket.ticket_id for ticket in two)
    change_status(source, to="Closed", by=desk.rep, now=NOON)
    before = clock_of(source)
    merge(source, into=target, by=desk.rep, now=after(days=1))

    undo_merge(source, by=desk.rep, now=after(days=30))

    assert clock_of(source) == before


def test_a_merge_of_an_earlier_release_is_undone_too(desk, two):
    """It wrote an ordinary closing."""
    source, target = (ticket.ticket_id for ticket in two)
    merge(source, into=target, by=desk.rep, now=after(hours=1))
    old = stored(source)
    old.timeline = [event.replace(" merged", " closed") for event in old.timeline]
    old.save()

    undone = undo_merge(source, by=desk.rep, now=after(hours=2))

    assert (undone.status, undone.reopen_cycle) == ("Open", 1)
    assert undone.sla.first_responded_at is None


def test_merging_carries_links_tags_and_a_vehicle_and_says_so(desk):
    other = desk.ticket().ticket_id
    source = desk.ticket(vehicle_id=desk.vehicle.vehicle_id, tags=["broker", "urgent"]).ticket_id
    target = desk.ticket(tags=["urgent"]).ticket_id
    link(source, other_id=other, by=desk.rep, now=NOON)
    link(source, other_id=target, by=desk.rep, now=NOON)

    merge(source, into=target, by=desk.rep, now=after(minutes=1))

    merged = stored(target)
    assert merged.related == [source, other]
    assert merged.tags == ["urgent", "broker"]
    assert merged.vehicle_id == desk.vehicle.vehicle_id
    changes = [change for line in log_of(target) for change in line.changes or ()]
    said = {change.field: change.after for change in changes}
    assert said["tags"] == "urgent, broker"
    assert said["related"] == f"{source}, {other}"
    assert said["vehicleId"] == desk.vehicle.vehicle_id


def test_a_merge_that_would_lose_tags_is_refused_and_changes_nothing(desk):
    source = desk.ticket(tags=[f"a{n}" for n in range(11)]).ticket_id
    target = desk.ticket(tags=[f"b{n}" for n in range(10)]).ticket_id

    with pytest.raises(MergeRefused, match="more than 20 tags"):
        merge(source, into=target, by=desk.rep, now=after(minutes=1))

    assert stored(source).status == "Open"
    assert len(stored(target).tags) == 10


def test_a_merge_that_would_lose_links_is_refused_and_changes_nothing(desk):
    source, target, other, full = (desk.ticket().ticket_id for _ in range(4))
    link(source, other_id=other, by=desk.rep, now=NOON)
    link(source, other_id=full, by=desk.rep, now=NOON)

    def refused(match):
        kept = stored(target).serialize()
        with pytest.raises(MergeRefused, match=match):
            merge(source, into=target, by=desk.rep, now=after(minutes=1))
        assert stored(target).serialize() == kept, "some of it was written"
        assert stored(source).status == "Open"
        assert stored(other).related == [source]

    with_links(target, "related", MOST_RELATED - 1)
    refused("Together these tickets have more than 50 linked tickets")
    with_links(target, "related", MOST_RELATED - 2)
    with_links(target, "duplicates", MOST_RELATED)
    refused("at most 50 linked tickets")
    with_links(target, "duplicates", 0)
    with_links(full, "related", MOST_RELATED - 1, source)
    refused(f"Linked ticket {full} already has 50")

    with_links(full, "related", 0, source)
    merge(source, into=target, by=desk.rep, now=after(minutes=1))
    assert stored(target).related[-2:] == [other, full]


def with_links(ticket_id, name, count, *more):
    ticket = stored(ticket_id)
    setattr(ticket, name, [*more, *(f"9{number:03}" for number in range(count))])
    ticket.save()


def test_merging_leaves_the_vehicle_that_the_other_ticket_has(desk):
    mine = create_vehicle(customer_id=desk.customer.customer_id, make="Fiat", by=desk.rep)
    source = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    target = desk.ticket(vehicle_id=mine.vehicle_id).ticket_id

    merge(source, into=target, by=desk.rep, now=NOON)

    assert stored(target).vehicle_id == mine.vehicle_id


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


def test_a_split_message_takes_its_files_and_its_author_along(desk):
    ticket = desk.ticket().ticket_id
    with kept(ticket, [SimpleUploadedFile("papers.pdf", b"%PDF")]) as files:
        _, line = communicate(
            ticket,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content="And my *other* car?",
            attachments=files,
            by=desk.rep2,
            now=NOON,
        )

    for _ in range(2):
        made = split(ticket, line.communication_id, subject="Other car", by=desk.rep, now=NOON)

    [first] = [one for one in log_of(made.ticket_id) if one.type == "Customer Response"]
    assert (first.content, first.direction) == ("And my *other* car?", "inbound")
    assert (first.author_id, first.created_by) == (desk.customer.customer_id, desk.rep2.user_id)
    [file] = first.attachments
    assert file.file_id != line.attachments[0].file_id, "each message has files of its own"
    with opened(file) as content:
        assert content.read() == b"%PDF"
    assert stored(made.ticket_id).sla.first_responded_at is None
    assert stored(made.ticket_id).status == "Open"
    settle()
    assert list(verify([ticket, made.ticket_id])) == []


def test_a_reply_that_is_split_off_answers_nobody_in_the_new_ticket(desk):
    ticket = desk.ticket().ticket_id
    respond(ticket, content="About both cars", by=desk.rep, now=NOON)
    line = next(one for one in log_of(ticket) if one.direction == "outbound")

    made = split(ticket, line.communication_id, subject="Other car", by=desk.rep2, now=NOON)

    note = next(one for one in log_of(made.ticket_id) if one.type != "System Update")
    assert (note.type, note.created_by) == ("Internal Note", desk.rep.user_id)
    assert stored(made.ticket_id).sla.first_responded_at is None
    settle()
    assert list(verify([made.ticket_id])) == []
