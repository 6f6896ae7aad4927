"""The pages of a customer and of a vehicle."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.services.read import get_customer
from customers.store.items import Customer
from customers.web.labels import FIELD_LABELS
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.confirm import confirm_download
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.custom_fields.defined import every_field
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.shown import values_shown
from helpdesk.custom_fields.values import PREFIX
from helpdesk.errors import NotFound
from helpdesk.htmx import wants_fragment
from tickets.presenters import rows
from tickets.presenters.timeline import timeline_entries
from tickets.services.customer_records import data_export
from tickets.services.customer_records.detail import (
    MOST_COUNTED,
    TicketsOf,
    customer_page,
    vehicle_page,
)
from tickets.services.customer_records.timeline import TimelinePage, customer_timeline
from tickets.services.sla import recalculation
from tickets.web.customer_notes import notes_context

MOST_PAST = 5
"""Previous tickets on a customer's page; a list has the others."""


@require_safe
def customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    page = customer_page(customer_id, by=by)
    if page.customer.merged_into:
        return redirect("customer_detail", page.customer.merged_into)
    context = {
        "view": "customers",
        "page": page,
        "customer": page.customer,
        "custom_fields": values_shown(RecordKind.CUSTOMER, page.customer.custom_fields),
        "supervises": by.supervises,
        **_tickets(page.tickets),
        **_timeline(page.timeline, page.customer),
        **notes_context(page.customer, page.notes, by=by),
        "attainment": page.attainment,
        "most_counted": MOST_COUNTED,
        "merged_values": _merged_values(page.customer),
        "segment_changed": request.GET.get("segment") == "changed",
    }
    return render(request, "customers/customer.html", context)


@require_safe
def timeline(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Show a part of a customer's timeline: a page, or what an open page adds to it."""
    by = actor_of(request.user)
    page = customer_timeline(customer_id, by=by, cursor_text=request.GET.get("page"))
    found = get_customer(customer_id)
    if found is None:
        raise NotFound(_("Customer not found."))
    context = {"view": "customers", "customer": found, **_timeline(page, found)}
    part = "customers/detail/timeline_entries.html"
    return render(request, part if wants_fragment(request) else "customers/timeline.html", context)


def _tickets(found: TicketsOf) -> dict[str, Any]:
    """Return the rows of open and previous tickets. Cost: one SQL query and one read."""
    now = this_second()
    lines = rows.ticket_lines([*found.open, *found.past[:MOST_PAST]], now=now)
    return {
        "open": lines[: len(found.open)],
        "past": lines[len(found.open) :],
        "more_past": found.more or len(found.past) > MOST_PAST,
        "now": now,
    }


def _timeline(page: TimelinePage, customer: Customer) -> dict[str, Any]:
    address = reverse("customer_timeline", args=[customer.customer_id])
    return {
        "timeline": timeline_entries(page, customer),
        "older_url": f"{address}?{urlencode({'page': page.older})}" if page.older else "",
        "newer_url": f"{address}?{urlencode({'page': page.newer})}" if page.newer else "",
    }


def _merged_values(customer: Customer) -> list[dict[str, Any]]:
    """Return the values that were not chosen when records were merged into this one,
    newest first."""
    values: list[dict[str, str]] = customer.merged_values or []
    people = names_of({one.get("by") for one in values})
    return [
        {
            "label": _label(one["field"]),
            "value": one["value"],
            "name": one.get("name", ""),
            "at": datetime.fromisoformat(one["at"]),
            "by": people.get(one.get("by", ""), ""),
        }
        for one in reversed(values)
    ]


def _label(field: str) -> Any:
    """Return what a customer's field is called; a custom field that was deleted, by its key."""
    key = field.removeprefix(PREFIX)
    if key == field:
        return FIELD_LABELS.get(field, field)
    known = every_field(RecordKind.CUSTOMER).get(key)
    return known.label if known else key


@require_POST
def recalculate(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Give a customer's open tickets the customer's current segment."""
    recalculation.recalculate_customer(customer_id, by=actor_of(request.user))
    messages.info(request, _("The SLA of the open tickets is being recalculated."))
    return redirect("customer_detail", customer_id)


@confirm_download
@require_safe
def export(request: HttpRequest, customer_id: str) -> StreamingHttpResponse:
    """Download everything about a customer."""
    pieces = data_export.export(customer_id, by=actor_of(request.user))
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="customer-{quote(customer_id)}.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def vehicle(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    page = vehicle_page(vehicle_id, by=actor_of(request.user))
    context = {
        "view": "customers",
        "page": page,
        "vehicle": page.vehicle,
        "custom_fields": values_shown(RecordKind.VEHICLE, page.vehicle.custom_fields),
        **_tickets(page.tickets),
    }
    return render(request, "customers/vehicle.html", context)
