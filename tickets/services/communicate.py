"""Answer the customer, note something among colleagues, record what the customer wrote."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from customers.services.read import get_vehicle
from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import people_called
from helpdesk.errors import ServiceError
from tickets.domain import workflow
from tickets.domain.errors import ClosedTooLongAgo, MergedAway
from tickets.domain.mentions import mentions
from tickets.domain.sla.timeline import EventType
from tickets.domain.ticket import CommunicationType, Delivery, Direction, Status
from tickets.services.change import MOST_UNSEEN, Draft, change
from tickets.services.checks import LONGEST_CONTENT, Checks
from tickets.services.create import create_ticket
from tickets.store import access
from tickets.store.log import Attachment, Communication
from tickets.store.ticket import Ticket


class SaidAlready(ServiceError):
    """The actor has just said the very same: a form was sent twice. Nothing more was written."""


def communicate(
    ticket_id: str,
    *,
    type: CommunicationType,
    content: str,
    direction: Direction = Direction.OUTBOUND,
    waiting: bool = False,
    resolve: bool = False,
    attachments: Sequence[Attachment] = (),
    deliver: bool = True,
    seen: str | None = None,
    said_after: str | None = None,
    by: Actor,
    now: datetime | None = None,
) -> tuple[Ticket, Communication]:
    """Add to the conversation. `waiting`: the ticket then waits for the customer; `resolve`: it is
    resolved with this answer. An answer is mailed to the customer unless `deliver` is off.

    Needs no version: two people who write at once are both heard, unless one asks with `seen` to be
    stopped. With `said_after`, the `last_id` of the ticket that the actor saw, the very same
    message is not said twice since. A message to a ticket that was merged goes to the one it was
    merged into; a customer's message to a ticket that was closed too long ago opens a new one,
    linked to the old. The ticket that it went to is returned with it.
    Raises Invalid, NotFound, NotAllowed, CameBetween, SaidAlready, EventRefused (waiting on a done
    ticket), Busy.
    """
    checks = Checks()
    content = checks.text("content", content, longest=LONGEST_CONTENT)
    if type is CommunicationType.SYSTEM_UPDATE:
        checks.errors["type"] = _("System updates are written by the desk itself.")
    is_note = type is CommunicationType.INTERNAL_NOTE
    inbound = type is CommunicationType.CUSTOMER_RESPONSE and direction is Direction.INBOUND
    if waiting and (inbound or is_note or resolve):
        checks.errors["waiting"] = _("A ticket waits for the customer after an answer to them.")
    if resolve and (inbound or is_note):
        checks.errors["resolve"] = _("Only an answer to the customer resolves a ticket.")
    checks.done()
    answer = not (is_note or inbound)
    mentioned = people_called(mentions(content)) if is_note else {}
    written: list[Communication] = []

    def write(draft: Draft) -> None:
        if draft.ticket.merged_into:
            raise MergedAway(draft.ticket.merged_into)
        if said_after is not None and (draft.ticket.last_id or "") > said_after:
            _refuse_repeat(ticket_id, type, content, after=said_after, by=by)
        line = draft.say(
            type,
            content,
            direction=None if is_note else direction,
            attachments=attachments,
            delivery=Delivery.PENDING if answer and deliver else None,
        )
        written[:] = [line]
        if inbound:
            draft.happen(EventType.CUSTOMER_REPLIED)
        elif answer:
            draft.happen(EventType.RESPONDED)
            if waiting and not draft.timeline.waiting:
                draft.happen(EventType.WAITING)
            if resolve:
                workflow.check(draft.timeline.status, Status.RESOLVED)
                draft.happen(EventType.RESOLVED)
                draft.tell("resolved")
        draft.tell(
            "communication",
            communicationId=line.communication_id,
            type=type.value,
            direction=line.direction,
            deliver=answer and deliver,
            mentions=sorted(mentioned.values()),
            assignedTo=draft.ticket.assigned_to,
        )

    try:
        ticket = change(ticket_id, write, by=by, seen=seen, now=now)
    except ClosedTooLongAgo:
        return _continue_elsewhere(ticket_id, content, attachments, by=by, now=now)
    except MergedAway as merged:
        return communicate(
            merged.into,
            type=type,
            content=content,
            direction=direction,
            waiting=waiting,
            resolve=resolve,
            attachments=attachments,
            deliver=deliver,
            by=by,
            now=now,
        )
    return ticket, written[0]


def respond(
    ticket_id: str,
    *,
    content: str,
    waiting: bool = False,
    resolve: bool = False,
    attachments: Sequence[Attachment] = (),
    deliver: bool = True,
    seen: str | None = None,
    said_after: str | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Answer the customer."""
    ticket, _line = communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        content=content,
        waiting=waiting,
        resolve=resolve,
        attachments=attachments,
        deliver=deliver,
        seen=seen,
        said_after=said_after,
        by=by,
        now=now,
    )
    return ticket


def note(
    ticket_id: str,
    *,
    content: str,
    attachments: Sequence[Attachment] = (),
    said_after: str | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Write something that the customer does not see. Whoever it calls by @name is told."""
    ticket, _line = communicate(
        ticket_id,
        type=CommunicationType.INTERNAL_NOTE,
        content=content,
        attachments=attachments,
        said_after=said_after,
        by=by,
        now=now,
    )
    return ticket


def _refuse_repeat(
    ticket_id: str, type: CommunicationType, content: str, *, after: str, by: Actor
) -> None:
    """Raises SaidAlready. One query."""
    for line in access.log_after(ticket_id, after=after, limit=MOST_UNSEEN):
        if (line.created_by, line.type, line.content) == (by.user_id, type.value, content):
            raise SaidAlready(_("You have just said this."))


def _continue_elsewhere(
    ticket_id: str,
    content: str,
    attachments: Sequence[Attachment],
    *,
    by: Actor,
    now: datetime | None,
) -> tuple[Ticket, Communication]:
    """Open the ticket in which an old conversation goes on; a repeat finds the same one."""
    old = access.ticket(ticket_id)
    assert old is not None  # noqa: S101 (it was read a moment ago, and tickets stay)
    # A vehicle may have another owner by now.
    kept = bool(old.vehicle_id) and get_vehicle(old.customer_id, old.vehicle_id) is not None
    new = create_ticket(
        customer_id=old.customer_id,
        vehicle_id=old.vehicle_id if kept else None,
        subject=old.subject,
        description=content,
        category=old.category,
        priority=old.priority,
        continues=ticket_id,
        token=f"continues-{ticket_id}-{sha256(content.encode()).hexdigest()[:32]}",
        by=by,
        now=now,
    )

    def point(draft: Draft) -> None:
        draft.ticket.continued_by = new.ticket_id

    change(ticket_id, point, by=by, now=now)
    return communicate(
        new.ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=content,
        attachments=attachments,
        by=by,
        now=now,
    )
