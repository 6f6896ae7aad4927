"""The page that creates a ticket, and with it the customer and the vehicle if they are new.

With HTMX the customer is found, and the fields change, while the user types. Without it buttons of
the same form do the same, and nothing that was typed is lost. What may be personal is posted, so
that it is in no address.
"""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.domain import vin as vins
from customers.services.alike import Alike, alike
from customers.services.read import find_customers, get_customer, vehicles_of
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid
from helpdesk.htmx import wants_fragment
from helpdesk.idempotency import Token
from helpdesk.messages import saved
from helpdesk.parsing import whole_number
from tickets.domain.ticket import Channel, Priority
from tickets.models import TicketTemplate
from tickets.presenters.tickets import vehicle_choice
from tickets.services.conversation.attachments import CONTENT_TYPES
from tickets.services.lifecycle.create import create_ticket
from tickets.services.lifecycle.idempotency import ticket_before
from tickets.services.lifecycle.likely_duplicates import likely_duplicates
from tickets.services.lifecycle.ticket_templates import ticket_templates
from tickets.services.sla.policies import targets_of_new_tickets
from tickets.web.new_ticket import NEW, NewTicket, filled

STEPS = {"find", "choose", "use", "fill", "replace"}
"""Buttons that show the page again, with something more."""

_PHONE = re.compile(r"[+\d][\d ()/.-]{5,}", re.ASCII)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    if request.method != "POST":
        return _page(request, NewTicket(_fresh(request.GET)), by=by)
    if STEPS & set(request.POST):
        after, more = _step(request.POST, by)
        return _page(request, NewTicket(after), by=by, **more)
    typed = request.POST
    token = Token(typed["token"]) if typed.get("token") else None
    unseen = [one for one in _alike(typed) if one.customer.customer_id not in _seen(typed)]
    if unseen and not ticket_before(token, by=by):  # of a repeat it is the one that was created
        return _page(request, NewTicket(typed), by=by, status=409, asks=True)
    page = NewTicket(typed, refused=True)
    try:
        ticket = create_ticket(
            **page.fields(),
            files=request.FILES.getlist("files"),
            token=token,
            by=by,
        )
    except Invalid as error:
        page.refuse(error.errors)
        return _page(request, page, by=by, status=422)
    words = [_("Ticket %(id)s created.") % {"id": ticket.ticket_id}]
    if page.new_customer:
        words.append(_("Customer added: %(name)s.") % {"name": page.new_customer["name"]})
    if page.new_vehicle:
        words.append(_("Vehicle added."))
    saved(request, " ".join(words))
    address = reverse("ticket_detail", args=[ticket.ticket_id])
    address = f"{address}#reply_content" if typed.get("then") == "reply" else address
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """Show the customers that a search finds."""
    require_ticket_work(actor_of(request.user))
    return render(request, "tickets/new/found.html", _customers(request.GET))


@require_safe
def vehicles(request: HttpRequest) -> HttpResponse:
    """Show the vehicles of the selected customer."""
    require_ticket_work(actor_of(request.user))
    return render(request, "tickets/new/vehicles.html", _vehicles(request.GET))


@require_POST
def alike_customers(request: HttpRequest) -> HttpResponse:
    """Show customers who may be the new one."""
    require_ticket_work(actor_of(request.user))
    return render(request, "tickets/new/alike.html", {"alike": _alike(request.POST)})


@require_POST
def likely(request: HttpRequest) -> HttpResponse:
    """Show open tickets that the new one may repeat."""
    context = {"likely": _likely(request.POST, actor_of(request.user))}
    return render(request, "tickets/new/likely.html", context)


def _fresh(asked: QueryDict) -> QueryDict:
    """Return what the page begins with: what its address says, and the usual choices."""
    first = QueryDict(mutable=True)
    first.update({"priority": Priority.MEDIUM.value, "channel": Channel.PHONE.value})
    for name in ("customer", "vehicle", "linked_to", "customer_search"):
        first[name] = asked.get(name, "")
    first["token"] = new_ulid()
    return first


def _step(typed: QueryDict, by: Actor) -> tuple[QueryDict, dict[str, Any]]:
    """Return what was typed after the step of a button, and what the page then says."""
    typed = typed.copy()
    if "use" in typed:
        typed["customer"], _space, typed["vehicle"] = typed.get("use", "").partition(" ")
        typed["customer_search"] = ""
    if "find" in typed and typed.get("customer") == NEW:
        del typed["customer"]
    if not {"fill", "replace"} & set(typed):
        return typed, {}
    template = _template(typed.get("template"), by)
    if template is None:
        return typed, {}
    before = _template(typed.get("filled_by"), by)
    typed, stayed = filled(typed, template, before=before, replace="replace" in typed)
    typed["filled_by"] = str(template.pk)
    return typed, {"filled_name": template.name, "stayed": stayed}


def _template(text: str | None, by: Actor) -> TicketTemplate | None:
    key = whole_number(text or "")
    return ticket_templates(by=by).filter(pk=key).first() if key is not None else None


def _page(
    request: HttpRequest, page: NewTicket, *, by: Actor, status: int = 200, **more: Any
) -> HttpResponse:
    typed = page.typed
    context = {
        "page": page,
        "form": page.form,
        "targets": targets_of_new_tickets(),
        "templates": ticket_templates(by=by),
        "template": typed.get("template", ""),
        "filled_by": typed.get("filled_by", ""),
        "accepted_files": ",".join(f".{ending}" for ending in CONTENT_TYPES),
        # With HTMX they are still in their field.
        "files_again": []
        if wants_fragment(request)
        else [file.name for file in request.FILES.getlist("files")],
        "alike": _alike(typed),
        "likely": _likely(typed, by),
        **_customers(typed),
        **_vehicles(typed),
        **more,
    }
    return render(request, "tickets/new.html", context, status=status)


def _customers(typed: QueryDict) -> dict[str, Any]:
    """Return who is found, after whoever is selected."""
    customer_id, text = typed.get("customer", ""), typed.get("customer_search", "").strip()[:100]
    found = find_customers(text)
    chosen = get_customer(customer_id) if customer_id not in ("", NEW) else None
    if chosen and chosen.customer_id not in {one.customer_id for one in found}:
        found.insert(0, chosen)
    return {
        "customer": customer_id,
        "customer_search": text,
        "customers": found,
        "guessed": _guessed(text),
    }


def _guessed(text: str) -> tuple[str, str]:
    """Return the field of a new customer or vehicle that somebody who searched for `text` would
    type it into, and what."""
    code = vins.as_kept(text)
    if "@" in text:
        return "new_customer-email", text
    if _PHONE.fullmatch(text):
        return "new_customer-phone", text
    if len(code) == vins.LENGTH and code.isalnum() and any(sign.isdigit() for sign in code):
        return "new_vehicle-vin", code
    return "new_customer-name", text


def _vehicles(typed: QueryDict) -> dict[str, Any]:
    """Return the vehicles of the selected customer, and which is selected."""
    customer_id = typed.get("customer", "")
    owned = vehicles_of(customer_id) if customer_id not in ("", NEW) else []
    vehicle = typed.get("vehicle", "")
    there = {one.vehicle_id for one in owned}
    return {
        "vehicle": vehicle if vehicle == NEW or vehicle in there else "",
        "vehicles": [vehicle_choice(one) for one in owned],
    }


def _alike(typed: QueryDict) -> list[Alike]:
    """Return customers who may be the new one, or who have the new vehicle."""
    page = NewTicket(typed)
    customer, vehicle = page.new_customer or {}, page.new_vehicle or {}
    return alike(
        **{name: customer.get(name, "") for name in ("name", "email", "phone")},
        vin=vehicle.get("vin", ""),
    )


def _seen(typed: QueryDict) -> set[str]:
    return set(typed.get("seen", "").split())


def _likely(typed: QueryDict, by: Actor) -> list[Any]:
    customer_id, vehicle_id = typed.get("customer", ""), typed.get("vehicle", "")
    return likely_duplicates(
        "" if customer_id == NEW else customer_id,
        vehicle_id=None if vehicle_id == NEW else vehicle_id or None,
        subject=typed.get("subject", ""),
        by=by,
    )
