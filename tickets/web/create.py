"""The page that creates a ticket.

The customer is found by search, then one of their vehicles is selected. With HTMX both happen while
the user types; without it two buttons of the same form do them, and nothing that was typed is lost.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.services.read import find_customers, get_customer, vehicles_of
from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from helpdesk.messages import saved
from tickets.domain.ticket import Channel
from tickets.presenters.tickets import vehicle_choice
from tickets.services.lifecycle.create import create_ticket
from tickets.services.sla.policies import targets_of_new_tickets
from tickets.web.forms import NewTicketForm

# Fields of the service and what the form calls them.
_FORM_FIELD = {"customerId": "customer", "vehicleId": "vehicle"}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    if request.method != "POST":
        form = NewTicketForm(initial={"priority": "Medium", "token": new_ulid()})
        return _page(request, form, request.GET)
    typed = request.POST
    form = NewTicketForm(typed)
    if "find" in typed or "choose" in typed:
        form = NewTicketForm(initial=typed.dict())
        return _page(request, form, typed)
    try:
        ticket = create_ticket(
            **NewTicketForm.fields_in(typed),
            channel=Channel.WEB,
            token=Token(typed["token"]) if typed.get("token") else None,
            by=by,
        )
    except Invalid as error:
        form.is_valid()
        for field, message in error.errors.items():
            name = _FORM_FIELD.get(field, field)
            form.errors.pop(name, None)
            form.add_error(name if name in form.fields else None, message)
        return _page(request, form, typed, status=422)
    saved(request, _("Ticket %(id)s created.") % {"id": ticket.ticket_id})
    return redirect("ticket_detail", ticket.ticket_id)


@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """Show the customers that a search finds."""
    require_ticket_work(actor_of(request.user))
    return render(request, "tickets/new.html#found", _search(request.GET))


@require_safe
def vehicles(request: HttpRequest) -> HttpResponse:
    """Show the vehicles of the selected customer."""
    require_ticket_work(actor_of(request.user))
    return render(request, "tickets/new.html#vehicles", _chosen(request.GET))


def _page(
    request: HttpRequest, form: NewTicketForm, typed: QueryDict, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "targets": targets_of_new_tickets(),
        **_search(typed),
        **_chosen(typed),
    }
    return render(request, "tickets/new.html", context, status=status)


def _search(typed: QueryDict) -> dict[str, Any]:
    text = typed.get("customer_search", "").strip()[:100]
    return {
        "customer_search": text,
        "searched": bool(text),
        "found_customers": find_customers(text),
    }


def _chosen(typed: QueryDict) -> dict[str, Any]:
    customer_id = typed.get("customer", "")
    chosen = get_customer(customer_id) if customer_id else None
    owned = vehicles_of(customer_id) if chosen else []
    return {
        "chosen_customer": chosen,
        "chosen_vehicle": typed.get("vehicle", ""),
        "vehicles": [vehicle_choice(vehicle) for vehicle in owned],
    }
