"""Create a ticket."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from customers.services.merge import current
from customers.services.read import get_vehicle
from customers.services.transaction_guards import check_customer, check_vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from tickets.domain import events
from tickets.domain.ticket import Category, Channel, CommunicationType, Direction, Priority, Status
from tickets.services.assignment.assign import next_of_team, team_for
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.change import write_until_done
from tickets.services.lifecycle.draft import Draft, new_draft, write_beside
from tickets.services.lifecycle.validation import LONGEST_DESCRIPTION, LONGEST_SUBJECT, Checks
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.items import Attachment, Communication
from tickets.store.keys import set_record_keys
from tickets.store.ticket import Ticket


@dataclass(frozen=True)
class FirstMessage:
    """The message that a ticket is created from, in its log from the beginning."""

    content: str
    attachments: Sequence[Attachment]
    inbound: bool
    written_by: str
    """The id of the colleague who wrote or recorded it."""
    channel: str | None = None
    """How it came, where `beside` does not say so."""
    beside: Callable[[Draft, Communication], None] | None = None
    """Called with the entry: writes down how the message came."""

    def write(self, draft: Draft) -> None:
        """Add the message to the new ticket's log. It has no effect on the clocks."""
        # A reply of staff to another ticket is no response to this one: here it is a note.
        line = draft.add_entry(
            CommunicationType.CUSTOMER_RESPONSE
            if self.inbound
            else CommunicationType.INTERNAL_NOTE,
            self.content,
            direction=Direction.INBOUND if self.inbound else None,
            attachments=self.attachments,
        )
        line.created_by = self.written_by
        line.channel = self.channel
        set_record_keys(line)
        if self.beside:
            self.beside(draft, line)


def create_ticket(
    *,
    customer_id: str,
    subject: str,
    description: str,
    category: str,
    priority: str,
    vehicle_id: str | None = None,
    assigned_to: str | None = None,
    tags: Iterable[str] = (),
    continues: str | None = None,
    split_from: str | None = None,
    first_message: FirstMessage | None = None,
    team_id: str | None = None,
    channel: Channel | None = None,
    mailbox: str | None = None,
    ticket_id: str | None = None,
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Create a ticket and return it. With a `token` that this actor used before, return that
    ticket.

    `continues` is the ticket that this one follows up, `split_from` the one whose message it was
    created from. A `first_message` is in the log from the beginning, without an effect on the
    clocks. Without a `team_id` routing rules choose a team, and without an assignee the team may
    assign one. `ticket_id` is a number taken before, from `next_ticket_id`.

    Raises Invalid with every field that is wrong; NotAllowed; Busy.
    """
    require_ticket_work(by)
    if repeated := idempotency.ticket_before(token, by=by):
        return repeated

    checks = Checks()
    subject = checks.line("subject", subject, longest=LONGEST_SUBJECT)
    description = checks.text("description", description, longest=LONGEST_DESCRIPTION)
    known_category = checks.word("category", category, Category)
    known_priority = checks.word("priority", priority, Priority)
    assigned_to = checks.assignee("assignedTo", assigned_to)
    tag_list = checks.tags("tags", tags)
    customer = current(customer_id) if customer_id else None
    if customer is None or customer.erased_at:
        checks.errors["customerId"] = (
            _("Customer not found.") if customer_id else _("Select a customer.")
        )
    elif vehicle_id and get_vehicle(customer.customer_id, vehicle_id) is None:
        checks.errors["vehicleId"] = _("The customer does not have this vehicle.")
    checks.done()
    assert customer is not None  # noqa: S101 (checked above; this and the next for types)
    assert known_category is not None  # noqa: S101
    assert known_priority is not None  # noqa: S101

    customer_id = customer.customer_id  # the record that it was merged into
    at = now or this_second()
    terms = policies.snapshot_for(category=known_category, segment=customer.segment)
    team_id = team_id or team_for(
        category=known_category, segment=customer.segment, priority=known_priority
    )
    if team_id and not assigned_to:
        assigned_to = next_of_team(team_id, now=at)
    fields = {
        "ticket_id": ticket_id or queries.next_ticket_id(),
        "customer_id": customer_id,
        "vehicle_id": vehicle_id or None,
        "subject": subject,
        "description": description,
        "category": known_category.value,
        "priority": known_priority.value,
        "status": Status.OPEN.value,
        "assigned_to": assigned_to,
        "team_id": team_id,
        "tags": tag_list,
        "continues": continues,
        "split_from": split_from,
        "channel": channel.value if channel else None,
        "mailbox": mailbox,
        "description_by_customer": bool(continues or (first_message and first_message.inbound))
        or None,
        "policy_id": terms.key,
        "segment": customer.segment,
    }
    structlog.contextvars.bind_contextvars(ticket_id=fields["ticket_id"])
    made: list[Ticket] = []

    def prepare(transaction: Transaction) -> list[Ticket]:
        if made:  # an attempt failed: the same request was quicker, or a guard did not hold
            if repeated := idempotency.ticket_before(token, by=by):
                made[:] = [repeated]
                return []
            _refuse_what_is_gone(customer_id, vehicle_id)
        draft = new_draft(fields, policy_key=terms.key, priority=known_priority, by=by, now=at)
        if first_message:
            first_message.write(draft)
        draft.emit(events.Created(known_category.value, known_priority.value))
        if assigned_to:
            draft.emit(events.Assigned(assigned_to))
        draft.finish()
        transaction.put(draft.ticket, Ticket.pk.does_not_exist())
        write_beside(transaction, draft)
        check_customer(transaction, customer_id)
        if vehicle_id:
            check_vehicle(transaction, customer_id, vehicle_id)
        if token:
            idempotency.remember(transaction, token, by=by, at=at, ticket=draft.ticket)
        made[:] = [draft.ticket]
        return made

    write_until_done(prepare)
    return made[0]


def _refuse_what_is_gone(customer_id: str, vehicle_id: str | None) -> None:
    """Raise Invalid if the customer was erased or merged, or the vehicle sold, in the meantime."""
    customer = current(customer_id)
    gone = customer is None or customer.erased_at or customer.customer_id != customer_id
    if gone or (vehicle_id and get_vehicle(customer_id, vehicle_id) is None):
        raise Invalid(
            {"vehicleId": _("Someone else just updated the customer or vehicle. Try again.")}
        )
