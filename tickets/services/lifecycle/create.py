"""Create a ticket."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from customers.services.merge import current
from customers.services.new_records import NewRecords, new_records
from customers.services.read import get_vehicle
from customers.services.transaction_guards import check_customer, check_vehicle
from customers.store.items import Customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import Invalid, worded
from helpdesk.idempotency import Token
from tickets.domain import events
from tickets.domain.errors import TicketArchived
from tickets.domain.ticket import Category, Channel, CommunicationType, Direction, Priority, Status
from tickets.services.assignment.assign import next_of_team, team_for
from tickets.services.conversation import attachments
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.change import change_beside, write_until_done
from tickets.services.lifecycle.draft import Draft, new_draft, write_beside
from tickets.services.lifecycle.validation import (
    LONGEST_DESCRIPTION,
    LONGEST_SUBJECT,
    MOST_RELATED,
    Checks,
)
from tickets.services.sla import policies
from tickets.store import queries, ticket_numbers
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
    of_opening: bool = False
    """Whether its files came with the opening message, which is the ticket's description."""
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
        line.of_opening = self.of_opening or None
        set_record_keys(line)
        if self.beside:
            self.beside(draft, line)


def create_ticket(
    *,
    customer_id: str = "",
    subject: str,
    description: str,
    category: str,
    priority: str,
    vehicle_id: str | None = None,
    new_customer: Mapping[str, Any] | None = None,
    new_vehicle: Mapping[str, Any] | None = None,
    linked_to: str | None = None,
    assigned_to: str | None = None,
    tags: Iterable[str] = (),
    custom_fields: Mapping[str, Any] | None = None,
    continues: str | None = None,
    split_from: str | None = None,
    first_message: FirstMessage | None = None,
    files: Sequence[UploadedFile] = (),
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

    With a `new_customer`, or a `new_vehicle` of the customer, that record is created in the same
    transaction, of fields as `create_customer` and `create_vehicle` take them. `linked_to` is the
    number of a ticket that the new one is linked with, there as here.
    `continues` is the ticket that this one follows up, `split_from` the one whose message it was
    created from. A `first_message` is in the log from the beginning, without an effect on the
    clocks, and so are `files`, in an internal note. Without a `team_id` routing rules choose a
    team, and without an assignee the team may assign one. `ticket_id` is a number taken before,
    from `next_ticket_id`. `custom_fields` are values by key; None, not empty, is for a ticket
    that nobody fills in, of which none is required.

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
    team_id = checks.team("teamId", team_id)
    tag_list = checks.tags("tags", tags)
    at = now or this_second()
    customer, records = _whose(
        checks, customer_id, vehicle_id, new_customer=new_customer, new_vehicle=new_vehicle, now=at
    )
    if linked_to is not None:
        _check_link(checks, linked_to)
    own_fields = checks.custom_fields(custom_fields, category=known_category)
    with checks.collecting():
        attachments.check(files)
    checks.done()
    assert customer is not None  # noqa: S101 (checked above; this and the next for types)
    assert known_category is not None  # noqa: S101
    assert known_priority is not None  # noqa: S101

    customer_id = customer.customer_id  # the record that it was merged into
    if records.vehicle:
        vehicle_id = records.vehicle.vehicle_id
    terms = policies.snapshot_for(category=known_category, segment=customer.segment)
    team_id = team_id or team_for(
        category=known_category, segment=customer.segment, priority=known_priority
    )
    if team_id and not assigned_to:
        assigned_to = next_of_team(team_id, now=at)
    fields = {
        "ticket_id": ticket_id or ticket_numbers.next_ticket_id(),
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
        "related": [linked_to] if linked_to else [],
        "custom_fields": own_fields,
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
            records.refuse_taken()
            _refuse_what_is_gone(
                None if records.customer else customer_id,
                None if records.vehicle else vehicle_id,
            )
        draft = new_draft(fields, policy_key=terms.key, priority=known_priority, by=by, now=at)
        if first_message:
            first_message.write(draft)
        draft.emit(events.Created(known_category.value, known_priority.value))
        if assigned_to:
            draft.emit(events.Assigned(assigned_to))
        draft.finish()
        transaction.put(draft.ticket, Ticket.pk.does_not_exist())
        write_beside(transaction, draft)
        records.put(transaction)
        if not records.customer:
            check_customer(transaction, customer_id)
        if vehicle_id and not records.vehicle:
            check_vehicle(transaction, customer_id, vehicle_id)
        if token:
            idempotency.remember(transaction, token, by=by, at=at, ticket=draft.ticket)
        made[:] = [draft.ticket]
        if not linked_to:
            return made
        other = change_beside(
            transaction, linked_to, lambda other: _link(other, draft), by=by, now=at
        )
        return [*made, other.ticket]

    number = str(fields["ticket_id"])
    with attachments.kept(number, files) as attached:
        if attached:
            words = _("Attached when the ticket was created.")
            first_message = FirstMessage(
                words, attached, inbound=False, written_by=by.user_id, of_opening=True
            )
        write_until_done(prepare)
    if made[0].ticket_id != number:  # the same request was quicker, with its own files
        for one in attached:
            attachments.forget(one)
    return made[0]


def _whose(
    checks: Checks,
    customer_id: str,
    vehicle_id: str | None,
    *,
    new_customer: Mapping[str, Any] | None,
    new_vehicle: Mapping[str, Any] | None,
    now: datetime,
) -> tuple[Customer | None, NewRecords]:
    """Return the customer, and which records are new; note what is wrong with them."""
    customer = current(customer_id) if customer_id and new_customer is None else None
    if new_customer is not None:
        pass  # neither has to be there
    elif customer is None or customer.erased_at:
        checks.errors["customerId"] = (
            _("Customer not found.") if customer_id else _("Select a customer.")
        )
        customer = None
    elif (
        vehicle_id and new_vehicle is None and get_vehicle(customer.customer_id, vehicle_id) is None
    ):
        checks.errors["vehicleId"] = _("The customer does not have this vehicle.")
    if new_customer is None and new_vehicle is None:
        return customer, NewRecords()
    with checks.collecting():
        records = new_records(
            customer=new_customer,
            vehicle=new_vehicle,
            owner_id=customer.customer_id if customer else None,
            now=now,
        )
        return records.customer or customer, records
    return customer, NewRecords()


def _check_link(checks: Checks, number: str) -> None:
    """Note an error if a new ticket cannot be linked with this one. One read."""
    other = queries.ticket(number)
    words = _why_no_link(other) if other else _("Ticket %(id)s not found.") % {"id": number[:40]}
    if words:
        checks.errors["linkedTo"] = words


def _why_no_link(other: Ticket) -> str:
    """Return why nothing can be linked with a ticket; empty if it can."""
    if other.archived_at:
        return worded(TicketArchived())
    if len(other.related) >= MOST_RELATED:
        return _("A ticket can have at most %(most)s linked tickets.") % {"most": MOST_RELATED}
    return ""


def _link(other: Draft, new: Draft) -> None:
    if words := _why_no_link(other.ticket):
        raise Invalid({"linkedTo": words})
    other.ticket.related = [*other.ticket.related, new.ticket.ticket_id]


def _refuse_what_is_gone(customer_id: str | None, vehicle_id: str | None) -> None:
    """Raise Invalid if the customer was erased or merged, or the vehicle sold, in the meantime.

    None is a record that is new."""
    if customer_id is None:
        return
    customer = current(customer_id)
    gone = customer is None or customer.erased_at or customer.customer_id != customer_id
    if gone or (vehicle_id and get_vehicle(customer_id, vehicle_id) is None):
        raise Invalid(
            {"vehicleId": _("Someone else just updated the customer or vehicle. Try again.")}
        )
