"""Related tickets: merge, split, link."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from customers.services.read import get_vehicle
from customers.services.transaction_guards import check_vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import Invalid, NotFound
from helpdesk.idempotency import Token, written_before
from tickets.domain import events
from tickets.domain.errors import MergedAway, MergeRefused, TicketArchived
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import CommunicationType, Direction, Status
from tickets.domain.workflow import EventType
from tickets.services.conversation.attachments import copied
from tickets.services.lifecycle.change import change_both
from tickets.services.lifecycle.create import FirstMessage, create_ticket
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import MOST_RELATED, MOST_TAGS
from tickets.store import queries
from tickets.store.ticket import Ticket

LINES_SINCE_MERGE = 500
"""Lines of a merged ticket's log in which the merge is looked for."""


@dataclass(frozen=True)
class MergePlan:
    """Two tickets that can be merged, and what the one that stays would get."""

    source: Ticket
    target: Ticket
    tags: list[str]
    links: list[str]
    vehicle: bool


def plan_merge(source_id: str, *, into: str, by: Actor) -> MergePlan:
    """Return what `merge` would do. Two reads, and one for the vehicle. Raises as `merge` does."""
    require_ticket_work(by)
    _not_itself(source_id, into)
    source, target = _stored(source_id), _stored(into)
    _check_merge(source, target)
    return MergePlan(
        source,
        target,
        tags=[tag for tag in source.tags if tag not in target.tags],
        links=_links_to_carry(source, target),
        vehicle=_vehicle_to_carry(source, target),
    )


def merge(
    source_id: str, *, into: str, by: Actor, now: datetime | None = None
) -> tuple[Ticket, Ticket]:
    """Close `source_id` as a duplicate of `into`. Its log stays; later messages go to the other
    ticket.

    Its clocks stop as when it is closed. The other ticket gets its links and tags, and its vehicle
    if it has none and the customer still owns it. Links are written first, each on both sides in a
    transaction of its own, so an interrupted merge has only linked related tickets. Raises
    MergeRefused, with the reason, before anything is written; MergedAway, NotFound, NotAllowed,
    Busy. Cost: beside the merge, a read and a transaction for each link.
    """
    require_ticket_work(by)
    _not_itself(source_id, into)
    source, target = _stored(source_id), _stored(into)
    _check_merge(source, target)
    links = _links_to_carry(source, target)
    for other_id in links:
        _check_room(other_id)
    for other_id in links:
        _link_where_possible(into, other_id, by=by, now=now)

    def close_as_duplicate(source: Draft, target: Draft) -> None:
        _check_merge(source.ticket, target.ticket)
        if source.timeline.status is not Status.CLOSED:
            source.apply(EventType.MERGED)
            source.emit(events.Closed())
        source.ticket.merged_into = into
        target.ticket.duplicates = _with(target.ticket.duplicates, source_id)
        _carry_over(source.ticket, target)
        # Answers of third parties come to the other ticket, each in a conversation of its own.
        source.ticket.side_threads_before = target.ticket.side_threads
        target.ticket.side_threads += source.ticket.side_threads
        source.emit(events.Merged(into))

    return change_both(source_id, into, close_as_duplicate, by=by, now=now)


def undo_merge(source_id: str, *, by: Actor, now: datetime | None = None) -> Ticket:
    """Unmerge a ticket, as if it had never been merged (SLA.md).

    Its status, clocks and milestones are restored; milestones that passed meanwhile fire now. What
    the merge copied to the other ticket stays there. Raises MergeRefused; NotFound, NotAllowed,
    Busy.
    """
    require_ticket_work(by)
    found = _stored(source_id)
    if not found.merged_into:
        raise MergeRefused(_("This ticket was not merged."))
    stopped_by = _closing_of_merge(found)

    def part(source: Draft, target: Draft) -> None:
        if source.ticket.merged_into != target.ticket.ticket_id:
            raise MergeRefused(_("This ticket was not merged."))
        source.ticket.merged_into = None
        if stopped_by:
            source.withdraw(stopped_by)
        source.emit(events.Unmerged())
        target.ticket.duplicates = [
            other for other in target.ticket.duplicates if other != source_id
        ]

    return change_both(source_id, found.merged_into, part, by=by, now=now)[0]


def _closing_of_merge(ticket: Ticket) -> EventType | None:
    """Return the event with which the merge closed a ticket; None if it was closed before.

    An earlier release wrote an ordinary closing: then the log says whether the merge did.
    """
    events = {event.type for event in Timeline.load(ticket.timeline).events}
    if EventType.MERGED in events:
        return EventType.MERGED
    for line in reversed(queries.whole_log(ticket.ticket_id, most=LINES_SINCE_MERGE)):
        changed = {change.field for change in line.changes or ()}
        if "mergedInto" in changed:
            return EventType.CLOSED if "status" in changed else None
    return None


def _stored(ticket_id: str) -> Ticket:
    found = queries.ticket(ticket_id)
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    return found


def _check_merge(source: Ticket, target: Ticket) -> None:
    """Raise MergedAway or MergeRefused unless the tickets can be merged."""
    if source.merged_into:
        raise MergedAway(source.merged_into)
    if target.merged_into:
        raise MergeRefused(
            _("Ticket %(into)s was merged into %(last)s. Merge into ticket %(last)s instead.")
            % {"into": target.ticket_id, "last": target.merged_into}
        )
    if source.customer_id != target.customer_id:
        raise MergeRefused(_("Tickets of different customers can’t be merged."))
    if source.archived_at or target.archived_at:
        raise TicketArchived
    if len({*source.tags, *target.tags}) > MOST_TAGS:
        raise MergeRefused(
            _(
                "Together these tickets have more than %(most)s tags. "
                "Remove tags from one of them, then merge."
            )
            % {"most": MOST_TAGS}
        )

    _with(target.duplicates, source.ticket_id)
    if len(target.related) + len(_links_to_carry(source, target)) > MOST_RELATED:
        raise MergeRefused(
            _(
                "Together these tickets have more than %(most)s linked tickets. "
                "Remove links from one of them, then merge."
            )
            % {"most": MOST_RELATED}
        )


def _links_to_carry(source: Ticket, target: Ticket) -> list[str]:
    known = (target.ticket_id, *target.related)
    return [other_id for other_id in source.related if other_id not in known]


def _check_room(other_id: str) -> None:
    """Raise MergeRefused if a ticket to which a link is carried cannot have another one."""
    if len(_stored(other_id).related) >= MOST_RELATED:
        raise MergeRefused(
            _(
                "Linked ticket %(id)s already has %(most)s linked tickets. "
                "Remove links from it, then merge."
            )
            % {"id": other_id, "most": MOST_RELATED}
        )


def _link_where_possible(ticket_id: str, other_id: str, *, by: Actor, now: datetime | None) -> None:
    """Link two tickets, unless one of them is archived."""
    try:
        link(ticket_id, other_id=other_id, by=by, now=now)
    except TicketArchived:
        return


def _carry_over(source: Ticket, to: Draft) -> None:
    target = to.ticket
    tags = [tag for tag in source.tags if tag not in target.tags]
    target.tags = [*target.tags, *tags]
    customer_id, vehicle_id = target.customer_id, source.vehicle_id
    if _vehicle_to_carry(source, target):
        target.vehicle_id = vehicle_id
        to.checks.append(lambda transaction: check_vehicle(transaction, customer_id, vehicle_id))


def _vehicle_to_carry(source: Ticket, target: Ticket) -> bool:
    """Return whether the other ticket gets the vehicle, which may have another owner by now."""
    missing = bool(source.vehicle_id) and not target.vehicle_id
    return missing and get_vehicle(target.customer_id, str(source.vehicle_id)) is not None


def link(
    first_id: str, *, other_id: str, by: Actor, now: datetime | None = None
) -> tuple[Ticket, Ticket]:
    """Link two related tickets. Raises MergeRefused, NotFound, NotAllowed."""
    _not_itself(first_id, other_id)

    def name_each_other(first: Draft, other: Draft) -> None:
        first.ticket.related = _with(first.ticket.related, other_id)
        other.ticket.related = _with(other.ticket.related, first_id)

    return change_both(first_id, other_id, name_each_other, by=by, now=now)


def unlink(
    first_id: str, *, other_id: str, by: Actor, now: datetime | None = None
) -> tuple[Ticket, Ticket]:
    """Remove the link between two tickets. Raises NotFound, NotAllowed."""
    _not_itself(first_id, other_id)

    def forget_each_other(first: Draft, other: Draft) -> None:
        first.ticket.related = [found for found in first.ticket.related if found != other_id]
        other.ticket.related = [found for found in other.ticket.related if found != first_id]

    return change_both(first_id, other_id, forget_each_other, by=by, now=now)


def split(
    ticket_id: str,
    communication_id: str,
    *,
    subject: str,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Create a ticket from one message of another and link the two. A repeat returns the same
    ticket.

    The message is in the new ticket's log with its author and copies of its files. Raises Invalid
    without a subject; NotFound, NotAllowed, Busy.
    """
    require_ticket_work(by)
    ticket = queries.ticket(ticket_id)
    line = queries.communication(ticket_id, communication_id)
    if ticket is None or line is None:
        raise NotFound(_("Message not found."))
    if line.type == CommunicationType.SYSTEM_UPDATE.value:
        raise Invalid({"subject": _("System updates can’t be split into a new ticket.")})
    # A vehicle may have another owner by now.
    kept = bool(ticket.vehicle_id) and get_vehicle(ticket.customer_id, ticket.vehicle_id)
    token = Token(f"split-{communication_id}")
    files_of = () if written_before(token, by=by) else line.attachments or ()
    with copied(ticket_id, files_of) as files:
        made = create_ticket(
            customer_id=ticket.customer_id,
            vehicle_id=ticket.vehicle_id if kept else None,
            subject=subject,
            description=line.content,
            category=ticket.category,
            priority=ticket.priority,
            split_from=ticket_id,
            first_message=FirstMessage(
                content=line.content,
                attachments=files,
                inbound=line.direction == Direction.INBOUND.value,
                written_by=line.created_by,
                channel=line.came_by,
            ),
            token=token,
            by=by,
            now=now,
        )
    link(ticket_id, other_id=made.ticket_id, by=by, now=now)
    return made


def _not_itself(first_id: str, second_id: str) -> None:
    if first_id == second_id:
        raise MergeRefused(_("Enter the number of a different ticket."))


def _with(ids: list[str], new: str) -> list[str]:
    if new in ids:
        return ids
    if len(ids) >= MOST_RELATED:
        raise MergeRefused(
            _("A ticket can have at most %(most)s linked tickets.") % {"most": MOST_RELATED}
        )
    return [*ids, new]
