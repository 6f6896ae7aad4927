"""The form of a new ticket: what was typed, and what it fills in."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment, ShipmentStatus
from customers.web.forms import CustomerForm, VehicleForm, refuse, typed_into, typed_vehicle
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.forms import add_fields, custom_fields_of
from helpdesk.custom_fields.forms import typed as custom_fields_in
from tickets.domain.ticket import Category, Channel, Priority
from tickets.models import TicketTemplate
from tickets.presenters.choices import first_assignee_choices, word_choices
from tickets.services.lifecycle.validation import LONGEST_SUBJECT

NEW = "new"
"""In place of a customer's or vehicle's id: the one whose fields are in the form."""

CHANNELS = (Channel.PHONE, Channel.EMAIL, Channel.WALK_IN, Channel.WEB)
"""How a person in front of this form can have heard of it."""

Part = TypeVar("Part", CustomerForm, VehicleForm)

_SEGMENT, _SHIPMENT = Segment.INDIVIDUAL.value, ShipmentStatus.BOOKED.value
_CUSTOMER_FIELDS = ("name", "email", "phone", "company")
_VEHICLE_FIELDS = ("vin", "make", "model", "booking")
_VEHICLE_WORDS = (*_VEHICLE_FIELDS, "year")
"""Fields that say something of a vehicle; without any of them there is none."""

# Fields of the service and what the form calls them.
_FORM_FIELD = {
    "customerId": "customer",
    "vehicleId": "vehicle",
    "assignedTo": "assigned_to",
    "teamId": "assigned_to",
    "linkedTo": "linked_to",
}


class NewTicketForm(forms.Form):
    """All fields of a new ticket but those of a new customer and a new vehicle."""

    customer = forms.CharField(required=False, label=_("Customer"))
    vehicle = forms.CharField(required=False, label=_("Vehicle"))
    subject = forms.CharField(required=False, label=_("Subject"), max_length=None)
    description = forms.CharField(required=False, label=_("Description"))
    category = forms.ChoiceField(required=False, label=_("Category"))
    priority = forms.ChoiceField(required=False, label=_("Priority"))
    channel = forms.ChoiceField(required=False, label=_("Channel"))
    assigned_to = forms.ChoiceField(required=False, label=_("Assignee"))
    tags = forms.CharField(required=False, label=_("Tags, separated by commas"), max_length=None)
    linked_to = forms.CharField(required=False, label=_("Linked ticket"), max_length=None)
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whose errors are shown; the files themselves are in the request.
        self.fields["files"] = forms.Field(required=False, label=_("Attachments"))
        add_fields(self, RecordKind.TICKET)
        self.custom_fields = custom_fields_of(self)
        self._choices("category", [("", _("Choose…")), *word_choices(list(Category))])
        self._choices("priority", word_choices(list(Priority)[::-1]))
        self._choices("channel", word_choices(CHANNELS))
        self._choices("assigned_to", first_assignee_choices())
        self.fields["subject"].widget.attrs["maxlength"] = LONGEST_SUBJECT

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for the type checker)
        field.choices = list(choices)


class NewTicket:
    """What was typed into the page, with its three forms.

    They show errors if `refused`, and otherwise what was typed, or what a page begins with.
    """

    def __init__(self, typed: QueryDict, *, refused: bool = False) -> None:
        self.typed = typed
        self._data = typed if refused else None

    @cached_property
    def form(self) -> NewTicketForm:
        return NewTicketForm(self._data, initial=self.typed.dict())

    @cached_property
    def customer_form(self) -> CustomerForm:
        form = CustomerForm(self._data, prefix="new_customer", initial={"segment": _SEGMENT})
        add_fields(form, RecordKind.CUSTOMER)
        return self._with_what_was_typed(form)

    @cached_property
    def vehicle_form(self) -> VehicleForm:
        form = VehicleForm(self._data, prefix="new_vehicle", initial={"shipment_status": _SHIPMENT})
        add_fields(form, RecordKind.VEHICLE)
        return self._with_what_was_typed(form)

    def _with_what_was_typed(self, form: Part) -> Part:
        for name in form.fields:
            if form.add_prefix(name) in self.typed:
                form.initial[name] = self.typed[form.add_prefix(name)]
        return form

    @property
    def customer_fields(self) -> list[forms.BoundField]:
        """The fields of a new customer that the page has."""
        return [self.customer_form[name] for name in _CUSTOMER_FIELDS]

    @property
    def vehicle_fields(self) -> list[forms.BoundField]:
        """The fields of a new vehicle that the page has."""
        return [self.vehicle_form[name] for name in _VEHICLE_FIELDS]

    @property
    def own_fields(self) -> dict[str, list[forms.BoundField]]:
        """The custom fields of a new customer and a new vehicle."""
        return {
            "customer": custom_fields_of(self.customer_form),
            "vehicle": custom_fields_of(self.vehicle_form),
        }

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """Those of both that are folded."""
        year, status = (self.vehicle_form[name] for name in ("year", "shipment_status"))
        return [self.customer_form["segment"], year, status]

    @property
    def more_has_errors(self) -> bool:
        """Whether something that is folded is wrong."""
        return any(field.errors for field in self.more_fields)

    @property
    def new_customer(self) -> dict[str, Any] | None:
        """The fields of a new customer; None for one who is there."""
        if self.typed.get("customer") != NEW:
            return None
        typed = typed_into(self.customer_form, self.typed)
        own = {"custom_fields": custom_fields_in(typed)}
        return {name: typed[name] for name in (*_CUSTOMER_FIELDS, "segment")} | own

    @property
    def new_vehicle(self) -> dict[str, Any] | None:
        """The fields of a new vehicle; None for none, and where nothing was typed."""
        if NEW not in (self.typed.get("customer"), self.typed.get("vehicle")):
            return None
        typed = typed_vehicle(self.vehicle_form, self.typed)
        own = custom_fields_in(typed)
        said = [*(typed[name] for name in _VEHICLE_WORDS), *own.values()]
        if not any(value.strip() for value in said):
            return None
        named = {name: typed[name] for name in VehicleForm.base_fields}
        return {**named, "custom_fields": own}

    def fields(self) -> dict[str, Any]:
        """Return what was typed, as `create_ticket` takes it."""
        typed = self.typed
        customer, vehicle = typed.get("customer", ""), typed.get("vehicle", "")
        to = typed.get("assigned_to", "")
        channel = typed.get("channel", "")
        return {
            "customer_id": "" if customer == NEW else customer,
            "vehicle_id": None if vehicle == NEW else vehicle or None,
            "new_customer": self.new_customer,
            "new_vehicle": self.new_vehicle,
            "subject": typed.get("subject", ""),
            "description": typed.get("description", ""),
            "category": typed.get("category", ""),
            "priority": typed.get("priority", ""),
            "channel": Channel(channel) if channel in CHANNELS else Channel.WEB,
            "team_id": to.removeprefix("team-") if to.startswith("team-") else None,
            "assigned_to": None if to.startswith("team-") else to or None,
            "tags": typed.get("tags", "").split(","),
            "custom_fields": custom_fields_in(typed.dict()),
            "linked_to": typed.get("linked_to", "").strip().removeprefix("#") or None,
        }

    def refuse(self, errors: dict[str, str]) -> None:
        """Show the errors of the service beside the fields of the three forms."""
        parts: dict[str, dict[str, str]] = {"": {}, "newCustomer": {}, "newVehicle": {}}
        for name, words in errors.items():
            place, _dot, field = name.partition(".")
            if field and place in parts:
                parts[place][field] = words
            else:
                parts[""][_FORM_FIELD.get(name, name)] = words
        # What it takes is named in the words of the API; the page's own are in its select.
        if "category" in errors and not self.typed.get("category"):
            parts[""]["category"] = str(_("Required."))
        refuse(self.form, parts[""])
        refuse(self.customer_form, parts["newCustomer"])
        refuse(self.vehicle_form, parts["newVehicle"])

    @property
    def has_errors(self) -> bool:
        """Whether something is wrong in any of the three forms."""
        return any(one.errors for one in (self.form, self.customer_form, self.vehicle_form))


FILLED: dict[str, str | Promise] = {
    "subject": _("Subject"),
    "description": _("Description"),
    "category": _("Category"),
    "priority": _("Priority"),
    "tags": _("Tags"),
}
"""What a template fills in."""


def filled(
    typed: QueryDict, template: TicketTemplate, *, before: TicketTemplate | None, replace: bool
) -> tuple[QueryDict, list[str]]:
    """Return what was typed with a template filled in, and the labels of fields that stayed.

    A field stays if it was typed by hand: it is neither empty, nor what the page begins with, nor
    what the template `before` filled in. With `replace` none stays.
    """
    result, stayed = typed.copy(), []
    by_template = before.fills() if before else {}
    for field, value in template.fills().items():
        there = typed.get(field, "").replace("\r\n", "\n").strip()
        begun = {"", value, by_template.get(field), Priority.MEDIUM if field == "priority" else ""}
        if replace or there in begun:
            result[field] = value
        else:
            stayed.append(str(FILLED[field]))
    return result, stayed
