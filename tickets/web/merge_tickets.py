"""Merge a ticket into another: found by a search, shown beside it, confirmed."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotAllowed, NotFound, ServiceError
from helpdesk.messages import undoable
from helpdesk.middleware import status_of
from helpdesk.parsing import whole_number
from helpdesk.short_text import one_line
from tickets.domain.errors import DomainError
from tickets.domain.ticket import BY_CUSTOMER
from tickets.presenters import rows
from tickets.presenters.labels import explained
from tickets.services.lifecycle import links_and_merges
from tickets.services.lifecycle.merge_candidates import (
    Conversation,
    conversation_of,
    merge_candidates,
)
from tickets.services.read import get_tickets
from tickets.store.ticket import Ticket

FIRST_WORDS = 200
"""Characters of a message."""


@dataclass(frozen=True)
class _Said:
    """What was said in one of the two tickets, as the preview shows it."""

    of: Conversation
    author_name: str

    @property
    def words(self) -> str:
        """The first words of the last message."""
        return Truncator(one_line(self.of.content)).chars(FIRST_WORDS)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, ticket_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    source = get_tickets([ticket_id]).get(ticket_id)
    if source is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    if request.method != "POST":
        return _page(request, source, by=by)
    try:
        other = _number(request.POST.get("other", ""))
        _source, target = links_and_merges.merge(ticket_id, into=other, by=by)
    except NotAllowed:
        raise
    except (ServiceError, DomainError) as error:
        status = 422 if isinstance(error, NotFound) else status_of(error)
        return _page(request, source, by=by, refused=explained(error), status=status)
    undoable(
        request,
        _("Ticket %(id)s was merged into this ticket.") % {"id": ticket_id},
        undo=reverse("ticket_unmerge", args=[ticket_id]),
    )
    return redirect("ticket_detail", target.ticket_id)


def _page(
    request: HttpRequest, source: Ticket, *, by: Actor, refused: str = "", status: int = 200
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else request.GET
    other, text = typed.get("other", ""), typed.get("q", "").strip()[:200]
    now = this_second()
    found = merge_candidates(source, text, by=by)
    context: dict[str, Any] = {
        "view": "all",
        "source": rows.ticket_lines([source], now=now)[0],
        "text": text,
        "other": other,
        "refused": refused,
        "found": rows.ticket_lines(found, now=now),
        "now": now,
    }
    if other and not refused:
        try:
            context |= _preview(source.ticket_id, _number(other), by=by)
        except (Invalid, NotFound, DomainError) as error:
            context["refused"] = explained(error)
    return render(request, "tickets/merge.html", context, status=status)


def _preview(source_id: str, into: str, *, by: Actor) -> dict[str, Any]:
    plan = links_and_merges.plan_merge(source_id, into=into, by=by)
    first, second = rows.ticket_lines([plan.source, plan.target], now=this_second())
    said = [conversation_of(ticket, by=by) for ticket in (plan.source, plan.target)]
    names = {**names_of(one.author for one in said), BY_CUSTOMER: _("Customer")}
    of_source, of_target = (_Said(one, names.get(one.author, "")) for one in said)
    return {
        "plan": plan,
        "source": first,
        "target": second,
        "said_in_source": of_source,
        "said_in_target": of_target,
    }


def _number(typed: str) -> str:
    number = typed.strip().removeprefix("#")
    if whole_number(number) is None:
        raise Invalid({"other": _("Enter a ticket number, for example 42.")})
    return number
