"""The command palette, and customers and vehicles beside a search for tickets."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from customers.domain.folding import words_asked, words_to_find
from customers.services.read import customer_names
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.parsing import whole_number
from tickets.domain.ticket import Priority, Status
from tickets.domain.workflow import ALLOWED
from tickets.presenters.choices import assignee_choices
from tickets.presenters.labels import BULKS, QUEUES, label
from tickets.services.lists.everything import search_records, search_tickets
from tickets.services.lists.find import Queue
from tickets.services.lists.saved_views import saved_views
from tickets.services.read import get_tickets

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LONGEST = 100

_CONTROLS: Mapping[str, "_StrPromise"] = {
    "follow": gettext_lazy("Follow"),
    "unfollow": gettext_lazy("Unfollow"),
    "snooze": gettext_lazy("Snooze…"),
    "remind": gettext_lazy("Remind me…"),
    "forward": gettext_lazy("Forward to a third party…"),
    "merge": gettext_lazy("Merge…"),
    "link": gettext_lazy("Link another ticket…"),
    "tags": gettext_lazy("Change tags…"),
    "category": gettext_lazy("Change category…"),
    "escalate": gettext_lazy("Escalate…"),
}
"""Controls of the ticket's page that an option opens, if the page has them."""


@dataclass(frozen=True)
class _Option:
    """Something to go to (`url`), or to do with the ticket that is open: a `field` of the form at
    `url` gets a `value`, a `key` is pressed, or a control of the page is opened (`opens`).

    Of a list's tickets that are chosen `bulk` is the change, and `value` what it is to.
    """

    label: str
    url: str = ""
    detail: str = ""
    field: str = ""
    value: str = ""
    key: str = ""
    opens: str = ""
    bulk: str = ""


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Offer what a text can mean: actions on the open ticket, places, tickets, customers, vehicles.

    `can` names the controls that the page has (palette_controls.js), `rows` is the number of a
    list's tickets that are chosen. Cost: two SQL queries for views, two for whom to assign to; with
    a ticket one batch read; with two letters or more a search for tickets, customers and vehicles.
    """
    by = actor_of(request.user)
    require_ticket_work(by)
    text = request.GET.get("q", "")[:LONGEST]
    can = set(request.GET.get("can", "").split(","))
    many = whole_number(request.GET.get("rows", "")) or 0
    groups = [
        (_("This ticket"), _that_fit(text, _actions(request.GET.get("ticket", ""), can, text, by))),
        (_chosen(many), _that_fit(text, _changes(text, by) if many else ())),
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


def _actions(ticket_id: str, can: Container[str], text: str, by: Actor) -> Iterator[_Option]:
    ticket = get_tickets([ticket_id]).get(ticket_id) if ticket_id.isdecimal() else None
    if ticket is None:
        return
    yield _Option(_("Reply"), key="r")
    yield _Option(_("Internal note"), key="n")
    url = reverse("ticket_assign", args=[ticket_id])
    if ticket.assigned_to != by.user_id:
        yield _Option(_("Assign to me"), url, field="assigned_to", value=by.user_id)
    for value, label_of in _assignees(text):
        if value != ticket.assigned_to:
            yield _Option(label_of, url, field="assigned_to", value=value)
    if "assign" in can:
        yield _Option(_("Assign to…"), opens="assign")
    url = reverse("ticket_status", args=[ticket_id])
    for status in ALLOWED[ticket.status]:
        words = _("Change status to %(value)s") % {"value": label(status)}
        yield _Option(words, url, field="status", value=status.value)
    url = reverse("ticket_priority", args=[ticket_id])
    for priority in reversed(Priority):
        if priority != ticket.priority:
            words = _("Change priority to %(value)s") % {"value": label(priority)}
            yield _Option(words, url, field="priority", value=priority.value)
    for name, control in _CONTROLS.items():
        if name in can:
            yield _Option(str(control), opens=name)


def _chosen(many: int) -> str:
    words = ngettext("The selected ticket", "The %(n)s selected tickets", many)
    return words % {"n": number_format(many, force_grouping=True)}


def _changes(text: str, by: Actor) -> Iterator[_Option]:
    """Yield the changes to tickets that are chosen in a list: those of its bar."""
    yield _Option(_("Assign to…"), key="a")
    yield _Option(_("Assign to me"), bulk="assign", value=by.user_id)
    for value, label_of in _assignees(text):
        yield _Option(label_of, bulk="assign", value=value)
    for action, words in (("status", Status), ("priority", tuple(Priority)[::-1])):
        for word in words:
            said = str(BULKS[action]) % {"value": label(word)}
            yield _Option(said, bulk=action, value=word.value)
    yield _Option(_("Add tags…"), key="t")
    yield _Option(_("Escalate…"), key="e")


def _assignees(text: str) -> Iterator[tuple[str, str]]:
    """Yield whom to assign to, if the text asks to assign: values of the form, each with its words.

    A name alone asks for nothing: people look for a customer of that name.
    """
    asked = words_asked(text)
    verb = words_to_find(str(BULKS["assign"]) % {"value": ""})
    if not any(word.startswith(beginning) for word in verb for beginning in asked):
        return
    for value, words in assignee_choices():
        for one, name in [(value, words)] if isinstance(words, str) else words:
            yield one, str(BULKS["assign"]) % {"value": name}


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
