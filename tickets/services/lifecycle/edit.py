"""Edit a ticket's fields."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.services.read import get_vehicle
from helpdesk.accounts.actors import Actor
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from tickets.domain.ticket import Category, Priority, Status
from tickets.domain.workflow import EventType
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.custom_fields import set_fields
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.status import step
from tickets.services.lifecycle.validation import LONGEST_DESCRIPTION, LONGEST_SUBJECT, Checks
from tickets.services.sla.recalculation import apply_policy
from tickets.store.ticket import Ticket


def edit(
    ticket_id: str,
    *,
    subject: str | None = None,
    description: str | None = None,
    category: str | None = None,
    priority: str | None = None,
    vehicle_id: str | None = None,
    tags: Iterable[str] | None = None,
    status: str | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    also: Callable[[Draft], object] | None = None,
    by: Actor,
    version: int | None = None,
    token: Token | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Change the fields that are given, all at once; an empty `vehicle_id` removes the vehicle.

    Of `custom_fields` those that are named change, and an empty value removes one.
    A `status` that the ticket has already is ignored. `also` is called last, with the same draft.
    Raises Invalid with every field that is wrong; TransitionRefused; NotFound, NotAllowed,
    StaleVersion, Busy.
    """
    checks = Checks()
    if subject is not None:
        subject = checks.line("subject", subject, longest=LONGEST_SUBJECT)
    if description is not None:
        description = checks.text("description", description, longest=LONGEST_DESCRIPTION)
    known_category = checks.word("category", category, Category) if category is not None else None
    known_priority = checks.word("priority", priority, Priority) if priority is not None else None
    known_status = checks.word("status", status, Status) if status is not None else None
    tag_list = checks.tags("tags", tags) if tags is not None else None
    checks.done()

    def write(draft: Draft) -> None:
        ticket = draft.ticket
        if subject is not None:
            ticket.subject = subject
        if description is not None:
            ticket.description = description
            ticket.description_by_customer = None  # a colleague's words from here on
        if known_category and known_category != ticket.category:
            ticket.category = known_category
            apply_policy(draft)
        if tag_list is not None:
            ticket.tags = tag_list
        if custom_fields:
            set_fields(draft, custom_fields)
        if vehicle_id is not None and vehicle_id != (ticket.vehicle_id or ""):
            if vehicle_id and get_vehicle(ticket.customer_id, vehicle_id) is None:
                raise Invalid({"vehicleId": _("The customer does not have this vehicle.")})
            ticket.vehicle_id = vehicle_id or None
        if known_priority and known_priority != draft.timeline.priority:
            draft.apply(EventType.PRIORITY, priority=known_priority)
        if known_status and known_status is not draft.timeline.status:
            step(draft, known_status)
        if also:
            also(draft)

    return change(ticket_id, write, by=by, version=version, token=token, now=now)
