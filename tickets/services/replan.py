"""Plan open tickets anew after a change of policies, calendars or rules.

A round goes over the open tickets by the status index, a page at a time. Each page is a task of its
own that writes down how far it came, so a worker that dies costs a page at most. Tickets move in
the index while the round walks it, so it starts over until it has met none that had to change.
"""

from datetime import timedelta
from functools import partial

import structlog
from celery import current_app
from django.db.models import F, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from customers.services.read import get_customer, get_customers
from customers.store.items import Customer
from helpdesk.accounts.actors import SYSTEM
from helpdesk.dynamo.pages import Place
from helpdesk.errors import Busy, NotFound
from tickets.domain.sla.timeline import EventType
from tickets.domain.ticket import Category, Status
from tickets.models import Replan
from tickets.services import promises
from tickets.services.change import change
from tickets.services.draft import Draft
from tickets.store import access

log = structlog.get_logger(__name__)

PAGE = 100
PATIENCE = timedelta(minutes=2)
_OPEN = (Status.OPEN, Status.IN_PROGRESS)


def ask_for_replan(reason: str) -> Replan:
    """Start a round over the open tickets in the background."""
    replan = Replan.objects.create(reason=reason)
    go_on(replan)
    return replan


def go_on(replan: Replan) -> None:
    """Tell a worker to take the next page. With the broker away the sweep does it later."""
    try:
        current_app.send_task("tickets.replan", [replan.pk])
    except (OperationalError, OSError) as error:
        log.warning("broker_away", reason=str(error))


def stalled() -> QuerySet[Replan]:
    """Rounds whose worker has died, or could not be told."""
    return Replan.objects.filter(finished_at=None, progressed_at__lt=timezone.now() - PATIENCE)


def replan_page(replan_id: int) -> bool:
    """Plan one page of open tickets anew; say whether there is nothing left for this caller.

    Cost: one query a status, one read for the customers, then a read for each ticket and a
    transaction for each that changes.
    """
    replan = Replan.objects.get(pk=replan_id)
    if replan.finished_at:
        return True
    place = Place(replan.place) if replan.place else None
    page = access.queue_page(statuses=_OPEN, place=place, limit=PAGE)
    customers = get_customers(ticket.customer_id for ticket in page)
    changed = 0
    for row in page:
        follow = partial(follow_policy, customer=customers.get(row.customer_id))
        try:
            ticket = change(row.ticket_id, follow, by=SYSTEM)
            changed += int(ticket.version != row.version)
        except (Busy, NotFound) as error:
            log.warning("replan_skipped", ticket_id=row.ticket_id, reason=str(error))
    at_end = page.next is None
    finished = at_end and replan.changed_in_pass + changed == 0
    # Conditioned on the place: a page that is delivered twice is counted once.
    mine = Replan.objects.filter(pk=replan_id, passes=replan.passes, place=replan.place).update(
        place=page.next.key if page.next else "",
        passes=F("passes") + int(at_end),
        seen=F("seen") + (len(page) if replan.passes == 0 else 0),
        changed=F("changed") + changed,
        changed_in_pass=0 if at_end else F("changed_in_pass") + changed,
        progressed_at=timezone.now(),
        finished_at=timezone.now() if finished else None,
    )
    return finished or not mine


def follow_policy(draft: Draft, customer: Customer | None = None) -> None:
    """Let the ticket run under the policy that applies to it now."""
    ticket = draft.ticket
    if not Status(ticket.status).active:
        return
    customer = customer or get_customer(ticket.customer_id)
    terms = promises.terms_for(
        category=Category(ticket.category), segment=customer.segment if customer else ""
    )
    if terms.key != draft.timeline.terms_key:
        draft.happen(EventType.POLICY, terms_key=terms.key)
    draft.follow_clock()
