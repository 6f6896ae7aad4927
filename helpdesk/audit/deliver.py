"""Append entries to the audit record: each once, in the order of the queue.

Any process may do it at any time, and die before any line: an entry and the mark of its key are
written together, so whoever repeats it finds the mark.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import uniform
from time import sleep

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from helpdesk.audit import store
from helpdesk.audit.chain import Fact
from helpdesk.audit.models import QueuedEntry
from helpdesk.audit.record import ASKED
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Contended
from helpdesk.errors import Busy

log = structlog.get_logger(__name__)

STEP = 25
"""Entries of one transaction, which takes at most 100 items: two for each, and the head."""
ATTEMPTS = 12
KEPT = timedelta(days=35)
"""How long the queue keeps what is in the record: as long as DynamoDB's point-in-time recovery."""


def append(facts: Sequence[Fact], *, now: datetime | None = None) -> int:
    """Append those of at most STEP facts that are not in the record yet; return how many.

    Cost: a GetItem, a BatchGetItem and a transaction. Raises Busy after ATTEMPTS collisions.
    """
    for attempt in range(ATTEMPTS):
        last = store.head()
        known = store.recorded(fact.key for fact in facts)
        new = [fact for fact in facts if fact.key not in known]
        if not new:
            return 0
        try:
            made = store.add(new, after=last, now=now or this_second())
        except (ConditionFailed, Contended):
            sleep(uniform(0, 0.005 * 2**attempt))
            continue
        # Logs are elsewhere: who rewrites the whole chain would have to rewrite them, too.
        log.info("audit_recorded", count=len(new), sequence=made.sequence, hash=made.hash)
        return len(new)
    raise Busy(_("Others are updating this right now. Try again."))


def left() -> bool:
    """Return whether the queue holds anything. One SQL query."""
    return QueuedEntry.objects.filter(delivered_at=None).exists()


def deliver(*, now: datetime | None = None) -> int:
    """Append what the queue holds, the oldest first, and tell AUDIT_FOLLOWERS of it; return how
    many entries it gave away. A follower may be told twice of an entry.

    Cost: an SQL query if there is nothing.
    """
    cache.delete(ASKED)  # first: what is written from here on may not be among what is read
    given = 0
    while rows := list(QueuedEntry.objects.filter(delivered_at=None).order_by("pk")[:STEP]):
        append([_fact(row) for row in rows], now=now)
        for follower in settings.AUDIT_FOLLOWERS:
            import_string(follower)(rows, now=timezone.now())
        _done(rows)
        given += len(rows)
    if given:
        QueuedEntry.objects.filter(delivered_at__lt=timezone.now() - KEPT).delete()
    return given


def deliver_again() -> int:
    """Put back into the queue what it still knows: after a restore the record may lack some of it.

    Returns how many entries that are.
    """
    return QueuedEntry.objects.exclude(delivered_at=None).update(delivered_at=None)


def _done(rows: Sequence[QueuedEntry]) -> None:
    QueuedEntry.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=timezone.now())


def _fact(row: QueuedEntry) -> Fact:
    return Fact(
        key=row.key,
        at=row.at.replace(microsecond=0),
        actor=row.actor,
        kind=row.kind,
        action=row.action,
        object_id=row.object_id,
        changes=row.changes,
    )
