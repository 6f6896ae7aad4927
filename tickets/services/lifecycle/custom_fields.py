"""The custom fields of a ticket."""

from collections.abc import Mapping
from typing import Any

from helpdesk.custom_fields import values
from helpdesk.custom_fields.definition import RecordKind
from tickets.services.lifecycle.draft import Draft
from tickets.store.ticket import Ticket


def set_fields(draft: Draft, given: Mapping[str, Any]) -> None:
    """Change the custom fields that are given, by key; an empty value removes. Raises Invalid."""
    ticket = draft.ticket
    ticket.custom_fields = values.changed(
        RecordKind.TICKET, ticket.custom_fields, given, category=ticket.category
    )


def require_to_resolve(ticket: Ticket) -> None:
    """Raise Invalid unless the ticket has every custom field that is required on resolving."""
    values.require_to_resolve(ticket.custom_fields, category=ticket.category)
