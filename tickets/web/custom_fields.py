"""The custom fields of a ticket on its page."""

from typing import Any

from helpdesk.custom_fields.definition import RecordKind, as_text
from helpdesk.custom_fields.forms import add_fields, custom_fields_of
from helpdesk.custom_fields.values import PREFIX
from tickets.store.ticket import Ticket
from tickets.web.forms import VersionForm


class FieldsForm(VersionForm):
    """The custom fields of tickets; without a ticket all of them."""

    def __init__(self, *args: Any, ticket: Ticket | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored, category = (ticket.custom_fields, ticket.category) if ticket else (None, None)
        add_fields(self, RecordKind.TICKET, stored, category=category)
        self.own = custom_fields_of(self)


def form_of(ticket: Ticket, refused: FieldsForm | None = None) -> FieldsForm:
    """Return the form with a ticket's values; with what was typed into a refused one, and why."""
    if refused is None:
        return FieldsForm(ticket=ticket)
    stored = {PREFIX + key: as_text(one) for key, one in (ticket.custom_fields or {}).items()}
    form = FieldsForm({**stored, **dict(refused.data.items())}, ticket=ticket)
    form.is_valid()
    form.errors.clear()
    for name, messages in refused.errors.items():
        form.add_error(name if name in form.fields else None, list(messages))
    return form
