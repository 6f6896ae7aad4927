"""The outbox: events that consumers have not handled yet, and events that one of them failed on."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.batches import delete_all
from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.table import Item
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from tickets.domain.events import Event, load
from tickets.store.ticket import TicketTableMeta

OUTBOX = "OUTBOX"
FAILED = "OUTBOX_FAILED"


class OutboxEvent(Item):
    """An event of a ticket, until every consumer has handled it."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    event_id = UnicodeAttribute(attr_name="eventId")
    kind = UnicodeAttribute()
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    at = InstantAttribute()
    by = UnicodeAttribute()
    reopen_cycle = IntegerAttribute(attr_name="life")
    data = UnicodeAttribute()  # JSON; what depends on the kind
    request_id = UnicodeAttribute(attr_name="requestId", null=True)
    trace = UnicodeAttribute(null=True)  # the span that it follows from (helpdesk/tracing.py)
    # Of a failed event alone: the consumers that have yet to take it, and when to try again
    untaken = UnicodeSetAttribute(null=True)
    retry_at = InstantAttribute(attr_name="retryAt", null=True)

    @property
    def what(self) -> Event:
        """The event in the type that consumers match on."""
        return load(self.kind, self.data)


def waiting(*, limit: int) -> Iterator[OutboxEvent]:
    """Yield waiting events, the oldest `limit` of each shard first. One Query a shard."""
    for key in shard_keys(OUTBOX):
        yield from OutboxEvent.query(key, limit=limit, consistent_read=True)


def failed() -> list[OutboxEvent]:
    """Return the events that a consumer failed on for a long time, oldest first.

    Cost: a Query of all of them; there are none unless something is broken.
    """
    return list(OutboxEvent.query(FAILED, consistent_read=True))


def forget(events: Iterable[OutboxEvent]) -> None:
    """Delete events that every consumer has handled. One request for each 25."""
    delete_all(list(events))


def set_aside(event: OutboxEvent, *, untaken: Iterable[str], retry_at: datetime) -> None:
    """Move an event from the outbox to the failed ones; no effect if it is gone."""
    moved = OutboxEvent(
        FAILED,
        event.sk,
        event_id=event.event_id,
        kind=event.kind,
        ticket_id=event.ticket_id,
        at=event.at,
        by=event.by,
        reopen_cycle=event.reopen_cycle,
        data=event.data,
        request_id=event.request_id,
        trace=event.trace,
        untaken=set(untaken),
        retry_at=retry_at,
    )
    with suppress(ConditionFailed), Transaction() as write:
        write.delete(event, OutboxEvent.sk.exists())
        write.put(moved)


def put_off(event: OutboxEvent, *, untaken: Iterable[str], retry_at: datetime) -> None:
    """Store which consumers have not handled a failed event; no effect if it is gone."""
    with suppress(ConditionFailed), Transaction() as write:
        write.update(
            event,
            [OutboxEvent.untaken.set(set(untaken)), OutboxEvent.retry_at.set(retry_at)],
            OutboxEvent.sk.exists(),
        )
