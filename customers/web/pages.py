"""The list of customers, and the forms for customers and vehicles."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.domain.choices import Segment
from customers.domain.folding import folded
from customers.models.labels import choices
from customers.presenters.custom_controls import custom_controls
from customers.services import custom_filters
from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.read import (
    customers_with,
    find_customers,
    find_vehicle,
    get_customer,
    list_customers,
)
from customers.services.vehicles import change_owner, edit_vehicle
from customers.web.forms import CustomerForm, VehicleForm, refuse, typed_into, typed_vehicle
from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.forms import add_fields, custom_fields_of, with_custom_fields
from helpdesk.custom_fields.shown import values_shown
from helpdesk.errors import Invalid, NotFound, StaleVersion
from helpdesk.messages import saved
from helpdesk.parsing import BadValue, whole_number

MOST_FOUND = 50


@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    text = request.GET.get("name", "").strip()[:100]
    segment = request.GET.get("segment", "")
    context: dict[str, Any] = {
        "view": "customers",
        "text": text,
        "segment": segment,
        "segments": choices(Segment),
        "may_export": by.supervises,
        "field_controls": custom_controls(RecordKind.CUSTOMER, dict(request.GET.lists())),
        "fields": custom_filters.written(dict(request.GET.lists())),
    }
    if context["fields"]:
        try:
            conditions = custom_filters.conditions(RecordKind.CUSTOMER, context["fields"])
        except BadValue as bad:
            context |= {"errors": {"field": str(bad)}, "customers": []}
            return render(request, "customers/list.html", context, status=422)
        found = customers_with(conditions, text=text, limit=MOST_FOUND)
        context["customers"] = [one for one in found if not segment or one.segment == segment]
    elif text:
        found = find_customers(text, limit=MOST_FOUND)
        context["customers"] = [one for one in found if not segment or one.segment == segment]
    else:
        page = list_customers(
            segment=segment or None, cursor_text=request.GET.get("page") or None, by=by
        )
        context["customers"] = page.customers
        context["next_url"] = _address(segment, page.next)
        context["previous_url"] = _address(segment, page.previous)
    return render(request, "customers/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    form = CustomerForm(
        request.POST if request.method == "POST" else None, initial={"segment": Segment.INDIVIDUAL}
    )
    add_fields(form, RecordKind.CUSTOMER)
    if request.method != "POST":
        return _form(request, form, _("New customer"))
    typed = typed_into(form, request.POST)
    alike = [] if request.POST.get("sure") else _alike(typed["name"])
    if alike:
        return _form(request, form, _("New customer"), status=409, alike=alike)
    try:
        customer = create_customer(**with_custom_fields(typed), by=by, now=this_second())
    except Invalid as refused:
        refuse(form, refused.errors)
        return _form(request, form, _("New customer"), status=422)
    saved(request, _("Customer saved."))
    return redirect("customer_detail", customer.customer_id)


@require_http_methods(["GET", "HEAD", "POST"])
def change_customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    initial = {name: getattr(customer, name) or "" for name in CustomerForm.base_fields}
    form = CustomerForm(request.POST if request.method == "POST" else None, initial={**initial})
    add_fields(form, RecordKind.CUSTOMER, customer.custom_fields)
    own = values_shown(RecordKind.CUSTOMER, customer.custom_fields)
    initial |= {one.label: one.value for one in own}
    more: dict[str, Any] = {"version": customer.version, "back": customer_id}
    if request.method != "POST":
        return _form(request, form, customer.name, **more)
    try:
        edit_customer(
            customer_id,
            version=_version(request),
            by=by,
            **with_custom_fields(typed_into(form, request.POST)),
        )
    except Invalid as refused:
        refuse(form, refused.errors)
        return _form(request, form, customer.name, status=422, **more)
    except StaleVersion:
        return _form(request, form, customer.name, status=409, now_is=initial, **more)
    detail = reverse("customer_detail", args=[customer_id])
    saved(request, _("Customer saved."))
    changed = request.POST.get("segment", "") not in ("", initial["segment"])
    return redirect(f"{detail}?segment=changed" if changed else detail)


@require_http_methods(["GET", "HEAD", "POST"])
def new_vehicle(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    form = VehicleForm(request.POST if request.method == "POST" else None)
    add_fields(form, RecordKind.VEHICLE)
    if request.method != "POST":
        return _form(request, form, _("New vehicle"), back=customer_id)
    try:
        vehicle = create_vehicle(
            customer_id=customer_id,
            by=by,
            **with_custom_fields(typed_vehicle(form, request.POST)),
        )
    except Invalid as refused:
        refuse(form, refused.errors)
        return _form(request, form, _("New vehicle"), status=422, back=customer_id)
    saved(request, _("Vehicle saved."))
    return redirect("vehicle_detail", vehicle.vehicle_id)


@require_http_methods(["GET", "HEAD", "POST"])
def change_vehicle(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    vehicle = find_vehicle(vehicle_id)
    if vehicle is None:
        raise NotFound(_("Vehicle not found."))
    initial = {name: getattr(vehicle, name, "") or "" for name in VehicleForm.base_fields}
    form = VehicleForm(request.POST if request.method == "POST" else None, initial={**initial})
    add_fields(form, RecordKind.VEHICLE, vehicle.custom_fields)
    own = values_shown(RecordKind.VEHICLE, vehicle.custom_fields)
    initial |= {one.label: one.value for one in own}
    more: dict[str, Any] = {"version": vehicle.version, "vehicle": vehicle}
    title = vehicle.label or _("Vehicle")
    if request.method != "POST":
        return _form(request, form, title, **more)
    try:
        owner = request.POST.get("owner", "")
        if owner:
            change_owner(vehicle_id, to=_owner(owner), version=_version(request), by=by)
        else:
            typed = with_custom_fields(typed_vehicle(form, request.POST))
            edit_vehicle(vehicle_id, version=_version(request), by=by, **typed)
    except Invalid as refused:
        refuse(form, refused.errors)
        return _form(request, form, title, status=422, **more)
    except StaleVersion:
        return _form(request, form, title, status=409, now_is=initial, **more)
    saved(request, _("Vehicle saved."))
    return redirect("vehicle_detail", vehicle_id)


def _form(
    request: HttpRequest, form: Any, title: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    custom_fields = custom_fields_of(form)
    context = {
        "form": form,
        "fields": [bound for bound in form if bound not in custom_fields],
        "custom_fields": custom_fields,
        "title": title,
        "view": "customers",
        **more,
    }
    return render(request, "customers/form.html", context, status=status)


def _alike(name: str) -> list[Any]:
    """Return customers with exactly the same name, one of whom may be this one."""
    wanted = folded(name)
    return [found for found in find_customers(name) if folded(found.name) == wanted]


def _owner(text: str) -> str:
    """Return the one customer that a search for `text` finds. Raises Invalid for none
    or several."""
    found = find_customers(text)
    if len(found) != 1:
        raise Invalid(
            {
                "owner": _("%(count)s customers match. Enter an email address.")
                % {"count": len(found)}
            }
        )
    return found[0].customer_id


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    version = whole_number(text)
    if text and version is None:
        raise Invalid({"version": _("The version is not a number. Reload the page.")})
    return version


def _address(segment: str, page: str | None) -> str | None:
    if page is None:
        return None
    query = {"segment": segment, "page": page} if segment else {"page": page}
    return f"{reverse('customer_list')}?{urlencode(query)}"
