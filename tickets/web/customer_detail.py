"""The pages of a customer and of a vehicle."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.store.items import Customer
from customers.web.labels import FIELD_LABELS
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.confirm import confirm_download
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from tickets.presenters import rows, tickets
from tickets.services.customer_records import data_export
from tickets.services.customer_records.detail import customer_page, vehicle_page
from tickets.services.sla import recalculation


@require_safe
def customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    page = customer_page(customer_id, by=by)
    if page.customer.merged_into:
        return redirect("customer_detail", page.customer.merged_into)
    now = this_second()
    lines = rows.ticket_lines(page.tickets, now=now)
    context = {
        "view": "customers",
        "page": page,
        "customer": page.customer,
        "supervises": by.supervises,
        "open": [line for line in lines if line.status.active],
        "past": [line for line in lines if not line.status.active],
        "said": tickets.message_lines(page.said, page.customer),
        "now": now,
        "merged_values": _merged_values(page.customer),
        "segment_changed": request.GET.get("segment") == "changed",
    }
    return render(request, "customers/customer.html", context)


def _merged_values(customer: Customer) -> list[dict[str, Any]]:
    """Return the values that were not chosen when records were merged into this one,
    newest first."""
    values: list[dict[str, str]] = customer.merged_values or []
    people = names_of({one.get("by") for one in values})
    return [
        {
            "label": FIELD_LABELS.get(one["field"], one["field"]),
            "value": one["value"],
            "name": one.get("name", ""),
            "at": datetime.fromisoformat(one["at"]),
            "by": people.get(one.get("by", ""), ""),
        }
        for one in reversed(values)
    ]


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
    now = this_second()
    context = {
        "view": "customers",
        "page": page,
        "vehicle": page.vehicle,
        "lines": rows.ticket_lines(page.tickets, now=now),
        "now": now,
    }
    return render(request, "customers/vehicle.html", context)
