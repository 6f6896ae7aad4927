"""Forms of customers and vehicles: they parse what was typed, the services validate it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.domain import vin as vins
from customers.domain.choices import Segment, ShipmentStatus
from customers.models.labels import choices
from helpdesk.custom_fields.values import PREFIX


class CustomerForm(forms.Form):
    name = forms.CharField(required=False, label=_("Name"))
    email = forms.CharField(required=False, label=_("Email address"))
    phone = forms.CharField(
        required=False,
        label=_("Phone"),
        help_text=_("Include the country code, such as +39 02 5550 3318."),
    )
    company = forms.CharField(required=False, label=_("Company"))
    segment = forms.ChoiceField(required=False, label=_("Segment"), choices=choices(Segment))
    external_id = forms.CharField(required=False, label=_("External ID"))
    address = forms.CharField(required=False, label=_("Address"))
    language = forms.CharField(required=False, label=_("Language"))
    time_zone = forms.CharField(required=False, label=_("Time zone"))
    notes = forms.CharField(
        required=False, label=_("Notes"), widget=forms.Textarea(attrs={"rows": 4})
    )


class VehicleForm(forms.Form):
    vin = forms.CharField(
        required=False,
        label=_("VIN"),
        help_text=_("Fills in the make, and the year where possible. You can add it later."),
    )
    # The number that the user was asked to confirm
    confirm_vin = forms.CharField(required=False, label=_("The vehicle shows this number"))
    make = forms.CharField(required=False, label=_("Make"))
    model = forms.CharField(required=False, label=_("Model"))
    year = forms.CharField(required=False, label=_("Year"))
    shipment_status = forms.ChoiceField(
        required=False, label=_("Shipment status"), choices=choices(ShipmentStatus)
    )
    booking = forms.CharField(required=False, label=_("Booking / container no."))
    vessel = forms.CharField(required=False, label=_("Vessel"))
    eta = forms.CharField(
        required=False,
        label=_("Expected arrival"),
        widget=forms.TextInput({"type": "date"}),
    )
    tracking_url = forms.CharField(
        required=False,
        label=_("Tracking link"),
        widget=forms.TextInput({"type": "url", "placeholder": "https://"}),
    )


# Fields of the services and what the forms call them.
_FORM_FIELD = {
    "externalId": "external_id",
    "shipmentStatus": "shipment_status",
    "confirmVin": "confirm_vin",
    "trackingUrl": "tracking_url",
}


def typed_into(form: forms.Form, given: Any) -> dict[str, Any]:
    """Return what was typed into a form, by field.

    A custom field that the form did not have, because it was defined since, is left out.
    """
    return {
        name: given.get(form.add_prefix(name), "")
        for name in form.fields
        if form.add_prefix(name) in given or not name.startswith(PREFIX)
    }


def typed_vehicle(form: forms.Form, given: Any) -> dict[str, Any]:
    """Return what was typed into a vehicle's form.

    The VIN is confirmed if it is the one that the user was asked to confirm.
    """
    typed = typed_into(form, given)
    confirmed = vins.as_kept(typed["confirm_vin"])
    return {**typed, "confirm_vin": bool(confirmed) and confirmed == vins.as_kept(typed["vin"])}


def refuse(form: forms.Form, errors: dict[str, str]) -> None:
    """Show the errors of a service beside the fields."""
    form.is_valid()
    for field, message in errors.items():
        name = _FORM_FIELD.get(field, field)
        form.errors.pop(name, None)
        form.add_error(name if name in form.fields else None, message)
