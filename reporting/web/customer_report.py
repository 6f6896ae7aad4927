"""A customer's report, made to be printed and sent to them: figures and tickets, and nothing that
colleagues alone see."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, actor_of, require_supervision
from helpdesk.errors import Invalid, NotFound
from reporting.domain import days
from reporting.services import report, tables
from reporting.services.figure_labels import LABELS
from reporting.services.query import ReportQuery
from reporting.web import figure_tables, links, query_form
from reporting.web.labels import DEFINITIONS
from tickets.domain.filters import ACTIVE, Filters, Sort
from tickets.services.lists.find import find
from tickets.store.ticket import Ticket

TILES = (
    *("created", "resolved", "backlog", "replies"),
    *("response-attainment", "response-median", "resolution-attainment", "resolution-median"),
)
MOST = 200
"""Tickets of each list; the figures count all."""


@require_safe
def customer_report(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Show how a customer's tickets went in a range of days."""
    by = actor_of(request.user)
    require_supervision(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    today = query_form.today_of(request)
    context: dict[str, Any] = {
        "view": "reports",
        "customer": customer,
        **query_form.form(request, by, today, part=""),
    }
    try:
        given = query_form.query_of(request, by, today)
    except Invalid as refused:
        context["errors"] = refused.errors
        return render(request, "reporting/customer.html", context, status=422)
    asked = ReportQuery(given.range, given.zone, customer=customer_id)
    complete_until = report.complete_until()  # before the figures: these may know more
    figures = tables.totals(asked)
    cells = figure_tables.cells(figures, TILES, links.drill_down_links(asked))
    context |= {
        "asked": asked,
        "complete_until": complete_until,
        "first": asked.range.start,
        "last": asked.range.end - days.DAY,
        "today": today,
        "tiles": [
            {
                "label": _("Open at the end") if name == "backlog" else LABELS[name],
                "means": DEFINITIONS.get(name, ""),
                "value": text,
                "url": url,
                "change": None,
            }
            for name, (text, url) in zip(TILES, cells, strict=True)
        ],
        "lists": [
            {"title": title, "tickets": found[:MOST], "more": len(found) > MOST}
            for title, found in (
                (_("Open tickets"), _open(customer_id, by)),
                (_("Tickets created in the range"), _created(asked, by)),
            )
        ],
    }
    return render(request, "reporting/customer.html", context)


def _open(customer_id: str, by: Actor) -> list[Ticket]:
    """Return the customer's open tickets now, one more than MOST of them at most."""
    wanted = Filters(statuses=ACTIVE, customer_id=customer_id)
    return find(wanted, limit=MOST + 1, by=by).tickets


def _created(asked: ReportQuery, by: Actor) -> list[Ticket]:
    """Return the customer's tickets of the range, the newest first, without merged ones."""
    start, end = _bounds(asked)
    wanted = Filters(
        customer_id=asked.customer, created_from=start, created_to=end, sort=Sort.CREATED
    )
    found = find(wanted, limit=MOST + 1, by=by).tickets
    return [ticket for ticket in found if not ticket.merged_into]


def _bounds(asked: ReportQuery) -> tuple[datetime, datetime]:
    """Return the instants at which the days of a query begin and end."""
    return (
        days.bounds(asked.range.start, asked.zone)[0],
        days.bounds(asked.range.end, asked.zone)[0],
    )
