"""Customers with their vehicles, and vehicles on their own."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from customers.admin import paths  # noqa: F401 (says what can be asked)
from customers.models import Customer, Vehicle
from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.export import CUSTOMER, VEHICLE
from customers.services.read import (
    find_customers,
    find_vehicles,
    get_customer,
    get_customers,
    vehicles_of,
)
from customers.services.vehicles import change_owner, edit_vehicle
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.clock import this_second
from helpdesk.custom_fields.admin import WithCustomFields, WithCustomFieldsForm
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.forms import with_custom_fields
from helpdesk.supervision.suggestions import SuggestedAdmin


class CustomerForm(WithCustomFieldsForm):
    record = RecordKind.CUSTOMER


SUGGESTED = 8


def _label(customer: Any) -> str:
    """Return how a customer is suggested: no other one is suggested in the same words."""
    more = customer.email or f"{customer.company or ''} …{customer.customer_id[-6:]}".strip()
    return f"{customer.name} · {more}"


@admin.register(Customer)
class CustomerAdmin(SupervisorsOnly, WithCustomFields, SuggestedAdmin):
    form = CustomerForm
    change_form_template = "admin/customers/customer/change_form.html"
    list_display = ("person", "company", "email", "segment")
    list_filter = ("segment",)
    search_by = "words"
    search_help_text = _(
        "Search by name, company, email, phone, VIN (or its last characters), booking or ID."
    )
    exported = CUSTOMER
    export_recorded_as = ("customer", "customer:list")
    readonly_fields = ("created_at", "merged_into", "erased_at")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "company", "segment"),
                "description": _(
                    "Decides which SLA policy and routing rules apply to new tickets."
                ),
            },
        ),
        (_("Contact"), {"fields": (("email", "phone"), "address", ("language", "time_zone"))}),
        (_("Additional information"), {"fields": ("external_id", "notes")}),
        (_("Record information"), {"fields": (("created_at", "merged_into", "erased_at"),)}),
    )

    def suggested(self, text: str) -> list[tuple[str, str]]:
        found = find_customers(text, limit=SUGGESTED)
        return [(one.customer_id, _label(one)) for one in found]

    @admin.display(description=_("name"), ordering="name_key")
    def person(self, customer: Any) -> str:
        return str(customer.name)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        gone = obj is not None and (obj.merged_into or obj.erased_at)
        return actor_of(request.user).supervises and not gone

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Any:
        by = actor_of(request.user)
        if change:
            version = form.cleaned_data["version"]
            edit_customer(str(obj.pk), version=version, by=by, **with_custom_fields(form.changed))
            if "segment" in form.changed:
                messages.info(request, _segment_changed(str(obj.pk)))
            return obj
        given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        made = create_customer(**with_custom_fields(given), by=by, now=this_second())
        return Customer(pk=made.customer_id)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        customer = context.get("original")
        if customer is not None:
            context["vehicles"] = vehicles_of(str(customer.pk))
        return super().render_change_form(request, context, *args, **kwargs)


def _segment_changed(customer_id: str) -> str:
    address = reverse("customer_detail", args=[customer_id])
    return format_html(
        '{} <a href="{}?segment=changed">{}</a>',
        _("Open tickets keep the SLA policy they were created under."),
        address,
        _("Recalculate open tickets"),
    )


class OwnerField(forms.CharField):
    """The key of a customer, or a text that finds one."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).strip()
        if not text or get_customer(text):
            return text
        found = find_customers(text[:200], limit=2)
        if len(found) == 1:
            return str(found[0].customer_id)
        if found:
            raise forms.ValidationError(_("Several customers match. Enter an email address."))
        raise forms.ValidationError(_("No customers found"))


class VehicleForm(WithCustomFieldsForm):
    record = RecordKind.VEHICLE

    customer_id = OwnerField(label=_("Owner"), max_length=200)

    confirm_vin = forms.BooleanField(
        required=False,
        label=_("Use this VIN without checking it"),
        help_text=_("For chassis numbers before 1981 and VINs without a check digit."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "customer_id" not in self.fields:
            return
        offer = {"data-suggest": reverse("admin:customers_customer_suggest"), "size": "40"}
        owner = self.instance.customer_id and get_customer(self.instance.customer_id)
        if owner and not self.is_bound:
            offer["data-shown"] = _label(owner)
        self.fields["customer_id"].widget.attrs |= offer


@admin.register(Vehicle)
class VehicleAdmin(SupervisorsOnly, WithCustomFields, SuggestedAdmin):
    form = VehicleForm
    list_display = ("vehicle", "vin", "shipment_status", "booking", "owner")
    list_filter = ("shipment_status",)
    exported = VEHICLE
    export_recorded_as = ("customer", "vehicle:list")
    search_by = "words"
    search_help_text = _(
        "Search by VIN (or at least its last six characters), booking or container no."
    )
    fieldsets = (
        (
            None,
            {
                "fields": ("vin", "confirm_vin", ("make", "model", "year")),
                "description": _(
                    "If you leave make and year blank, they are filled in from the VIN where "
                    "possible."
                ),
            },
        ),
        (
            _("Shipment status"),
            {"fields": (("shipment_status", "booking"), ("vessel", "eta"), "tracking_url")},
        ),
        (
            _("Owner"),
            {
                "fields": ("customer_id",),
                "description": _(
                    "Name, email or ID of a customer. If you change the owner, existing tickets "
                    "stay with the previous owner."
                ),
            },
        ),
    )

    def rows_shown(self, request: HttpRequest, rows: list[Any]) -> None:
        found = get_customers(vehicle.customer_id for vehicle in rows)
        for vehicle in rows:
            vehicle.owner = found.get(vehicle.customer_id)

    def suggested(self, text: str) -> list[tuple[str, str]]:
        found = find_vehicles(text)[:SUGGESTED]
        return [(one.vehicle_id, f"{one.label} · {one.vin or one.vehicle_id}") for one in found]

    @admin.display(description=_("vehicle"), ordering="label_key")
    def vehicle(self, vehicle: Any) -> str:
        return str(vehicle)

    @admin.display(description=_("owner"))
    def owner(self, vehicle: Any) -> str:
        if vehicle.owner is None:
            return "–"
        address = reverse("admin:customers_customer_change", args=[vehicle.customer_id])
        return format_html('<a href="{}">{}</a>', address, vehicle.owner.name)

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Any:
        by = actor_of(request.user)
        if not change:
            given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
            given["year"] = given["year"] or ""
            return Vehicle(pk=create_vehicle(**with_custom_fields(given), by=by).vehicle_id)
        number, version = str(obj.pk), form.cleaned_data["version"]
        changed = with_custom_fields(form.changed)
        owner = changed.pop("customer_id", None)
        if changed:
            version = int(edit_vehicle(number, version=version, by=by, **changed).version)
        if owner:
            change_owner(number, to=owner, version=version, by=by)
        return obj
