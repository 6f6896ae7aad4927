"""Add replies, internal notes, and messages of the customer."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from customers.services.read import get_vehicle
from helpdesk.accounts.actors import SYSTEM, Actor
from helpdesk.clock import this_second
from helpdesk.errors import ServiceError
from helpdesk.idempotency import Request, Token, written_before
from tickets.domain import events, workflow
from tickets.domain.errors import ClosedTooLongAgo, MergedAway, TicketArchived
from tickets.domain.ticket import Channel, CommunicationType, Delivery, Direction, Status
from tickets.domain.workflow import EventType
from tickets.services.assignment.assign import set_assignee
from tickets.services.conversation import mentioning
from tickets.services.conversation.arrival import Arrival
from tickets.services.email.replies.recipients import address_reply
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.create import create_ticket
from tickets.services.lifecycle.custom_fields import require_to_resolve
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import LONGEST_CONTENT, LONGEST_DESCRIPTION, Checks
from tickets.store import queries
from tickets.store.items import Attachment, Communication
from tickets.store.ticket import Ticket

OLDEST_HEARD = timedelta(days=30)
ALMOST_NOW = timedelta(minutes=2)
"""Browsers' clocks differ: a time so little ahead is now."""


class DuplicateMessage(ServiceError):
    """The request is a repeat, and nothing was written. Holds what the first one wrote."""

    def __init__(self, written: Request) -> None:
        ticket, line = queries.ticket(str(written.ticket_id)), idempotency.line_of(written)
        assert ticket is not None  # noqa: S101 (what was written stays)
        assert line is not None  # noqa: S101
        self.ticket, self.line = ticket, line
        super().__init__(_("Duplicate message. It was already added."))


def communicate(
    ticket_id: str,
    *,
    type: CommunicationType,
    content: str,
    direction: Direction = Direction.OUTBOUND,
    waiting: bool = False,
    resolve: bool = False,
    take: bool = False,
    attachments: Sequence[Attachment] = (),
    deliver: bool = True,
    reply_to: str = "",
    leave_out: Collection[str] | None = None,
    seen: str | None = None,
    token: Token | None = None,
    arrival: Arrival | None = None,
    channel: Channel | None = None,
    occurred_at: datetime | None = None,
    by: Actor,
    now: datetime | None = None,
) -> tuple[Ticket, Communication]:
    """Add a message to a ticket, and return the ticket it was added to.

    With `waiting` the ticket then waits for the customer; with `resolve` it becomes Resolved; with
    `take` it is assigned to the actor, unless somebody has it by then. A
    reply is emailed to the customer and the participants unless `deliver` is off; with `reply_to`,
    the address that the customer's last email gave for replies, it goes there instead of to the
    customer's own, and whoever is there takes part from now on. `leave_out` are participants who do
    not get it, by default those whose last mail came back. No version is needed: of two messages
    written at once both are added, unless `seen` is given. A message to a merged ticket goes to the
    ticket it was merged into. A customer's message to a ticket that is archived or was closed too
    long ago goes to its follow-up, which the first such message creates. A message from email has
    an `arrival`, and may have any length; of any other, `channel` says where it was entered. A
    reply by phone is a call that the actor made: it answers the customer, and nothing is sent. Such
    a call, and a customer's message that a colleague logs, may have `occurred_at` a time of the
    last OLDEST_HEARD: clocks take that time, but never one before the ticket's last change; the
    log, when it was entered.

    Raises DuplicateMessage for a `token` that this actor used before; Invalid, NotFound,
    NotAllowed, UnseenChanges, EventRefused (waiting on a done ticket), Busy.
    """
    checks = Checks()
    if arrival is None:
        content = checks.text("content", content, longest=LONGEST_CONTENT)
    if type is CommunicationType.SYSTEM_UPDATE:
        checks.errors["type"] = _("System updates can’t be added manually.")
    is_note = type is CommunicationType.INTERNAL_NOTE
    inbound = type is CommunicationType.CUSTOMER_RESPONSE and direction is Direction.INBOUND
    answer = not (is_note or inbound)
    call = answer and channel is Channel.PHONE
    if waiting and (inbound or is_note or resolve):
        checks.errors["waiting"] = _("Only a reply to the customer can set the ticket to waiting.")
    if resolve and (inbound or is_note):
        checks.errors["resolve"] = _("Only a reply to the customer can resolve the ticket.")
    if take and (inbound or is_note):
        checks.errors["take"] = _("Only a reply to the customer can take the ticket.")
    elif take:
        checks.assignee("take", by.user_id)
    if reply_to and (call or not answer):
        checks.errors["reply_to"] = _("Only a reply to the customer goes to their reply address.")
    if leave_out and (call or not answer):
        checks.errors["leave_out"] = _("Only a reply to the customer goes to participants.")
    entered_at = now or this_second()
    if occurred_at is not None:
        if not (inbound or call) or arrival:
            checks.errors["occurred_at"] = _(
                "Only a call, or what the customer said, has its own time."
            )
        elif not entered_at - OLDEST_HEARD <= occurred_at <= entered_at + ALMOST_NOW:
            checks.errors["occurred_at"] = _("Enter a time of the last 30 days, not in the future.")
        occurred_at = min(occurred_at, entered_at).astimezone(UTC).replace(microsecond=0)
    checks.done()
    # A message from outside mentions nobody.
    mentioned = mentioning.called(content) if is_note and arrival is None else {}
    delivers = answer and deliver and not call
    written: list[Communication] = []

    def write(draft: Draft) -> None:
        if written:  # an attempt that met another writer: perhaps the same request
            refuse_repeat(token, by)
        if draft.ticket.merged_into:
            raise MergedAway(draft.ticket.merged_into)
        counted_at = None
        if occurred_at is not None:
            counted_at = draft.at
            draft.apply(EventType.CUSTOMER_REPLIED if inbound else EventType.RESPONDED)
            draft.at_time(max(entered_at, draft.at), by=by)
        line = draft.add_entry(
            type,
            content,
            direction=None if is_note else direction,
            attachments=attachments,
            delivery=Delivery.PENDING if delivers else None,
        )
        line.channel = channel.value if channel else None
        line.occurred_at, line.counted_at = occurred_at, counted_at
        if delivers:
            line.channel = Channel.EMAIL.value
            line.deliveries = address_reply(draft, reply_to=reply_to, leave_out=leave_out)
        written[:] = [line]
        if token:
            draft.checks.append(
                lambda transaction: idempotency.remember(
                    transaction, token, by=by, at=draft.at, ticket=draft.ticket, line=line
                )
            )
        if arrival:
            arrival.note_on(draft, line)
        if inbound and counted_at is None and (arrival is None or arrival.has_effect):
            draft.apply(EventType.CUSTOMER_REPLIED)
        elif answer:
            if counted_at is None:
                draft.apply(EventType.RESPONDED)
            if take and draft.ticket.assigned_to is None:
                set_assignee(draft, by.user_id)
            if waiting and not draft.timeline.waiting:
                draft.apply(EventType.WAITING)
            if resolve:
                workflow.check(draft.timeline.status, Status.RESOLVED)
                require_to_resolve(draft.ticket)
                draft.apply(EventType.RESOLVED)
                draft.emit(events.Resolved())
        draft.emit(
            events.Communicated(
                communication_id=line.communication_id,
                type=type.value,
                direction=Direction(line.direction) if line.direction else None,
                deliver=delivers,
                mentions=tuple(sorted(set().union(*mentioned.values()))),
                assigned_to=draft.ticket.assigned_to,
                team_id=draft.ticket.team_id,
                automatic=arrival is not None and arrival.automatic,
                # A colleague's email to a third party has its author.
                side_thread=arrival.side_thread if arrival and by == SYSTEM else "",
            )
        )

    refuse_repeat(token, by)
    try:
        ticket = change(ticket_id, write, by=by, seen=seen, now=occurred_at or now)
    except (ClosedTooLongAgo, TicketArchived):
        if not inbound or (arrival and not arrival.has_effect):
            raise
        return _continue_elsewhere(
            ticket_id,
            content,
            attachments,
            token=token,
            arrival=arrival,
            channel=channel,
            occurred_at=occurred_at,
            by=by,
            now=now,
        )
    except MergedAway as merged:
        if arrival and arrival.side_thread:
            arrival = arrival.after_merge(queries.ticket(ticket_id))
        return communicate(
            merged.into,
            type=type,
            content=content,
            direction=direction,
            waiting=waiting,
            resolve=resolve,
            take=take,
            attachments=attachments,
            deliver=deliver,
            reply_to=reply_to,
            leave_out=leave_out,
            token=token,
            arrival=arrival,
            channel=channel,
            occurred_at=occurred_at,
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
    take: bool = False,
    attachments: Sequence[Attachment] = (),
    deliver: bool = True,
    reply_to: str = "",
    leave_out: Collection[str] | None = None,
    seen: str | None = None,
    token: Token | None = None,
    channel: Channel | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Send a reply to the customer."""
    ticket, _line = communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        content=content,
        waiting=waiting,
        resolve=resolve,
        take=take,
        attachments=attachments,
        deliver=deliver,
        reply_to=reply_to,
        leave_out=leave_out,
        seen=seen,
        token=token,
        channel=channel,
        by=by,
        now=now,
    )
    return ticket


def note(
    ticket_id: str,
    *,
    content: str,
    attachments: Sequence[Attachment] = (),
    token: Token | None = None,
    channel: Channel | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Add an internal note. Colleagues and teams whom it mentions are notified."""
    ticket, _line = communicate(
        ticket_id,
        type=CommunicationType.INTERNAL_NOTE,
        content=content,
        attachments=attachments,
        token=token,
        channel=channel,
        by=by,
        now=now,
    )
    return ticket


def refuse_repeat(token: Token | None, by: Actor) -> None:
    """Raise DuplicateMessage if this actor has used the token before."""
    if token and (before := written_before(token, by=by)):
        raise DuplicateMessage(before)


def _continue_elsewhere(
    ticket_id: str,
    content: str,
    attachments: Sequence[Attachment],
    *,
    token: Token | None,
    arrival: Arrival | None,
    channel: Channel | None,
    occurred_at: datetime | None,
    by: Actor,
    now: datetime | None,
) -> tuple[Ticket, Communication]:
    """Add the message to the last follow-up of a ticket that was closed too long ago.

    A ticket has one follow-up, however many messages come and whoever adds them.
    """
    old = _last_follow_up(ticket_id)
    if old.ticket_id == ticket_id or old.merged_into:
        follow_up = _follow_up_of(old, content, by=by, now=now)
    else:
        follow_up = old.ticket_id
    return communicate(
        follow_up,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=content,
        attachments=attachments,
        token=token,
        arrival=arrival,
        channel=channel,
        occurred_at=occurred_at,
        by=by,
        now=now,
    )


def _last_follow_up(ticket_id: str) -> Ticket:
    """Return the last ticket of a chain of follow-ups and merges. One read for each.

    A merged ticket is only the last if its merge leads back into the chain.
    """
    known = {ticket_id}
    found = queries.ticket(ticket_id)
    assert found is not None  # noqa: S101 (it was read a moment ago, and tickets stay)
    while (onward := found.continued_by or found.merged_into) and onward not in known:
        known.add(onward)
        following = queries.ticket(onward)
        if following is None:
            break
        found = following
    return found


def _follow_up_of(old: Ticket, content: str, *, by: Actor, now: datetime | None) -> str:
    """Create the follow-up of a ticket, or return the one that somebody else created meanwhile."""
    # A vehicle may have another owner by now.
    kept = bool(old.vehicle_id) and get_vehicle(old.customer_id, old.vehicle_id) is not None
    new = create_ticket(
        customer_id=old.customer_id,
        vehicle_id=old.vehicle_id if kept else None,
        subject=old.subject,
        description=content[:LONGEST_DESCRIPTION].strip() or _("(no text)"),
        category=old.category,
        priority=old.priority,
        continues=old.ticket_id,
        channel=Channel(old.channel) if old.channel else None,
        mailbox=old.mailbox,
        token=Token(f"follow-up-of-{old.ticket_id}", owner=SYSTEM.user_id),
        by=by,
        now=now,
    )

    def point(draft: Draft) -> None:
        draft.ticket.continued_by = draft.ticket.continued_by or new.ticket_id

    change(old.ticket_id, point, archived=True, by=by, now=now)
    return new.ticket_id
