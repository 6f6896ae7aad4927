"""Recalculate open tickets after a change of policies, calendars or rules.

A run goes through the open tickets by the status index, a page at a time. Each page is a task of
its own that stores its progress, so a worker that dies costs a page at most. Tickets move in the
index meanwhile, so the run is repeated until no ticket had to change.
"""

from datetime import timedelta
from functools import partial

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.services.read import get_customer, get_customers
from customers.store.items import Customer
from helpdesk import wake
from helpdesk.accounts.actors import SYSTEM, Actor, require_ticket_work
from helpdesk.dynamo.pages import PagePosition
from helpdesk.errors import Busy, NotFound
from tickets.domain.ticket import Status
from tickets.domain.workflow import EventType
from tickets.models import Recalculation
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

PAGE = 100
PATIENCE = timedelta(minutes=2)
_OPEN = (Status.OPEN, Status.IN_PROGRESS)


def start_recalculation(
    reason: str, *, policies: bool = True, customer_id: str = ""
) -> Recalculation:
    """Start a recalculation of all open tickets, or those of one customer, in the background.

    With `policies` each ticket gets the policy that applies to it now; without, its policy stays
    and only its milestones are recalculated. A customer's tickets also get the customer's segment.
    """
    run = Recalculation.objects.create(reason=reason, policies=policies, customer_id=customer_id)
    wake.send("tickets.replan", run.pk)
    return run


def recalculate_customer(customer_id: str, *, by: Actor) -> Recalculation:
    """Give a customer's open tickets the customer's segment, and the policy that applies to it.

    This happens in the background. Raises NotFound, NotAllowed.
    """
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    reason = _("Customer segment changed to %(segment)s") % {"segment": customer.segment}
    return start_recalculation(reason, customer_id=customer_id)


def stalled() -> QuerySet[Recalculation]:
    """Return runs whose worker has died, or was never woken."""
    return Recalculation.objects.filter(
        finished_at=None, progressed_at__lt=timezone.now() - PATIENCE
    )


def recalculate_page(recalculation_id: int) -> bool:
    """Recalculate one page of open tickets; return whether this caller has nothing left to do.

    Cost: one query a status, one read for the customers, then a read for each ticket and a
    transaction for each that changes.
    """
    run = Recalculation.objects.get(pk=recalculation_id)
    if run.finished_at:
        return True
    place = PagePosition(run.place) if run.place else None
    rows, following = _page(run, place)
    customers = get_customers(row.customer_id for row in rows) if run.policies else {}
    changed = 0
    for row in rows:
        decide = partial(
            _recalculate,
            policies=run.policies,
            customer=customers.get(row.customer_id),
            new_segment=bool(run.customer_id),
        )
        try:
            ticket = change(row.ticket_id, decide, by=SYSTEM)
            changed += int(ticket.version != row.version)
        except (Busy, NotFound) as error:
            log.warning(
                "recalculation_skipped", ticket_id=row.ticket_id, reason=type(error).__name__
            )
    at_end = following is None
    finished = at_end and run.changed_in_pass + changed == 0
    # Conditioned on the place: a page that is delivered twice is counted once.
    mine = Recalculation.objects.filter(
        pk=recalculation_id, passes=run.passes, place=run.place
    ).update(
        place=following.key if following else "",
        passes=F("passes") + int(at_end),
        seen=F("seen") + (len(rows) if run.passes == 0 else 0),
        changed=F("changed") + changed,
        changed_in_pass=0 if at_end else F("changed_in_pass") + changed,
        progressed_at=timezone.now(),
        finished_at=timezone.now() if finished else None,
    )
    return finished or not mine


def apply_policy(draft: Draft, customer: Customer | None = None) -> None:
    """Apply the policy that matches the ticket now, by its own segment.

    The customer is read only for tickets without a segment: those of an earlier release that
    `store_segments` has not reached yet.
    """
    ticket = draft.ticket
    if not ticket.status.active:
        return
    if ticket.segment is None:
        customer = customer or get_customer(ticket.customer_id)
        ticket.segment = customer.segment if customer else ""
    terms = policies.snapshot_for(category=ticket.category, segment=ticket.segment)
    if terms.key != draft.timeline.policy_key:
        draft.apply(EventType.POLICY, policy_key=terms.key)


def _page(
    run: Recalculation, place: PagePosition | None
) -> tuple[list[Ticket], PagePosition | None]:
    if run.customer_id:
        about = queries.tickets_about(customer_id=run.customer_id, limit=PAGE, place=place)
        return [row for row in about.rows if row.status.active], about.next
    page = queries.queue_page(statuses=_OPEN, place=place, limit=PAGE)
    return list(page), page.next


def _recalculate(
    draft: Draft, *, policies: bool, customer: Customer | None, new_segment: bool
) -> None:
    if new_segment and customer:
        draft.ticket.segment = customer.segment
    if policies:
        apply_policy(draft, customer)
