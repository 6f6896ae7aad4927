"""The command palette, and customers and vehicles beside a search for tickets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.domain.folding import words_asked, words_to_find
from customers.services.read import customer_names
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from tickets.domain.ticket import Priority
from tickets.domain.workflow import ALLOWED
from tickets.presenters.labels import QUEUES, label
from tickets.services.lists.everything import search_records, search_tickets
from tickets.services.lists.find import Queue
from tickets.services.lists.saved_views import saved_views
from tickets.services.read import get_tickets

LONGEST = 100


@dataclass(frozen=True)
class _Option:
    """Something to go to (`url`), or to do with the ticket that is open: a `field` of the form at
    `url` gets a `value`, or a `key` is pressed."""

    label: str
    url: str = ""
    detail: str = ""
    field: str = ""
    value: str = ""
    key: str = ""


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Offer what a text can mean: actions on the open ticket, places, tickets, customers, vehicles.

    Cost: two SQL queries for views; with a ticket one batch read; with two letters or more a
    search for tickets, customers and vehicles.
    """
    by = actor_of(request.user)
    require_ticket_work(by)
    text = request.GET.get("q", "")[:LONGEST]
    groups = [
        (_("This ticket"), _that_fit(text, _actions(request.GET.get("ticket", ""), by))),
        (_("Go to"), _that_fit(text, _places(by))),
        (_("Tickets"), list(_tickets(text, by)) if text.strip() else []),
        *_records(text, by),
    ]
    context = {"groups": [group for group in groups if group[1]], "text": text}
    return render(request, "palette/options.html", context)


@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """Show the customers and vehicles that a search for tickets finds, too. Cost: see
    `search_records`."""
    text = request.GET.get("q", "")[:LONGEST]
    found = search_records(text, by=actor_of(request.user))
    return render(request, "tickets/list/records.html", {"found": found, "q": text})


def _that_fit(text: str, options: Iterable[_Option]) -> list[_Option]:
    """Return the options with words that begin with all words of the text."""
    asked = words_asked(text)
    return [
        option
        for option in options
        if all(
            any(word.startswith(beginning) for word in words_to_find(option.label))
            for beginning in asked
        )
    ]


def _actions(ticket_id: str, by: Actor) -> Iterator[_Option]:
    ticket = get_tickets([ticket_id]).get(ticket_id) if ticket_id.isdecimal() else None
    if ticket is None:
        return
    yield _Option(_("Reply"), key="r")
    yield _Option(_("Internal note"), key="n")
    if ticket.assigned_to != by.user_id:
        url = reverse("ticket_assign", args=[ticket_id])
        yield _Option(_("Assign to me"), url, field="assigned_to", value=by.user_id)
    url = reverse("ticket_status", args=[ticket_id])
    for status in ALLOWED[ticket.status]:
        words = _("Change status to %(value)s") % {"value": label(status)}
        yield _Option(words, url, field="status", value=status.value)
    url = reverse("ticket_priority", args=[ticket_id])
    for priority in reversed(Priority):
        if priority != ticket.priority:
            words = _("Change priority to %(value)s") % {"value": label(priority)}
            yield _Option(words, url, field="priority", value=priority.value)


def _places(by: Actor) -> Iterator[_Option]:
    lists = reverse("ticket_list")
    for queue in Queue:
        yield _Option(str(QUEUES[queue]), f"{lists}?view={queue.value}")
    for view in saved_views(by=by):
        team = view.team.name if view.team else _("Everyone") if view.everyone else ""
        yield _Option(view.name, f"{lists}?{view.query}", detail=team)
    yield _Option(_("New ticket"), reverse("ticket_new"))
    yield _Option(_("Notifications"), reverse("notifications"))
    yield _Option(_("Customers"), reverse("customer_list"))
    yield _Option(_("Workload"), reverse("team"))
    yield _Option(_("SLA dashboard"), reverse("sla"))
    yield _Option(_("Reports"), reverse("reports"))
    yield _Option(_("Suspended mail"), reverse("mail_suspended"))
    yield _Option(_("Undelivered mail"), reverse("mail_undelivered"))
    yield _Option(_("Preferences"), reverse("preferences"))


def _tickets(text: str, by: Actor) -> Iterator[_Option]:
    found = search_tickets(text, by=by)
    names = customer_names(ticket.customer_id for ticket in found)
    for ticket in found:
        detail = f"{label(ticket.status)} · {names.get(ticket.customer_id, '')}"
        words = f"#{ticket.ticket_id} {ticket.subject}"
        yield _Option(words, reverse("ticket_detail", args=[ticket.ticket_id]), detail)


def _records(text: str, by: Actor) -> list[tuple[str, list[_Option]]]:
    found = search_records(text, by=by)
    customers = [
        _Option(
            customer.name,
            reverse("customer_detail", args=[customer.customer_id]),
            " · ".join(customer.reached_by),
        )
        for customer in found.customers
    ]
    vehicles = [
        _Option(
            vehicle.label, reverse("vehicle_detail", args=[vehicle.vehicle_id]), vehicle.vin or ""
        )
        for vehicle in found.vehicles
    ]
    return [(_("Customers"), customers), (_("Vehicles"), vehicles)]
