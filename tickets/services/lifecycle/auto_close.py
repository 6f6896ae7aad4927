"""Close tickets that were resolved some time ago and to which the customer has not replied."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from helpdesk.accounts.actors import SYSTEM
from helpdesk.clock import this_second
from helpdesk.errors import Busy, NotFound
from tickets.domain import instant
from tickets.domain.events import Closed
from tickets.domain.ticket import Status
from tickets.domain.workflow import EventType
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.store import queries

log = structlog.get_logger(__name__)

BATCH = 200


def close_silent(*, now: datetime | None = None) -> int:
    """Close tickets that have been Resolved for CLOSE_AFTER_SILENCE_HOURS; return how many.

    A reply from the customer reopens a ticket, so a ticket that is still Resolved has none. Cost:
    one query of what is due, a read and a transaction for each.
    """
    at = now or this_second()
    before = at - timedelta(hours=settings.CLOSE_AFTER_SILENCE_HOURS)

    def close(draft: Draft) -> None:
        resolved_at = draft.timeline.resolved_at
        if draft.timeline.status is Status.RESOLVED and resolved_at and resolved_at <= before:
            draft.apply(EventType.CLOSED)
            draft.emit(Closed())

    closed = 0
    for ticket_id in queries.resolved_until(instant.text(before), limit=BATCH):
        try:
            closed += change(ticket_id, close, by=SYSTEM, now=at).status == Status.CLOSED
        except (Busy, NotFound) as error:
            log.warning("not_closed", ticket_id=ticket_id, reason=type(error).__name__)
    return closed
