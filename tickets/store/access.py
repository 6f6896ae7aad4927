"""Who asks the tickets' table what, and what it costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex

from helpdesk.dynamo.pages import Page, read_page
from helpdesk.dynamo.shards import shard_keys
from tickets.domain.ticket import Status
from tickets.store.keys import ACTIVE, DONE, DUE, UNASSIGNED
from tickets.store.log import (
    COMMUNICATION,
    COUNTER,
    OUTBOX,
    REQUEST,
    Communication,
    Counter,
    CreationRequest,
    OutboxEvent,
    request_pk,
)
from tickets.store.ticket import DETAILS, Ticket, ticket_pk


@dataclass(frozen=True)
class TicketWithLog:
    """A ticket and the newest lines of its log, oldest first."""

    ticket: Ticket
    log: list[Communication]
    older: str | None
    """The id before which older lines stand; None when these are all."""


def ticket(ticket_id: str) -> Ticket | None:
    """The ticket as it is now. One GetItem, consistent."""
    try:
        return Ticket.get(ticket_pk(ticket_id), DETAILS, consistent_read=True)
    except DoesNotExist:
        return None


def ticket_with_log(ticket_id: str, *, limit: int) -> TicketWithLog | None:
    """The ticket and the last `limit` lines of its log. One Query, consistent.

    COMMUNICATION# sorts before DETAILS, so the ticket is the first item on the way back from it.
    """
    answer = Ticket._get_connection().query(
        ticket_pk(ticket_id),
        range_key_condition=Ticket.sk <= DETAILS,
        scan_index_forward=False,
        consistent_read=True,
        limit=limit + 2,
        return_consumed_capacity="TOTAL",
    )
    items = answer["Items"]
    if not items or items[0]["SK"]["S"] != DETAILS:
        return None
    lines = [Communication.from_raw_data(item) for item in items[1:]]
    shown = lines[:limit]
    older = shown[-1].communication_id if len(lines) > limit else None
    return TicketWithLog(Ticket.from_raw_data(items[0]), shown[::-1], older)


def older_log(ticket_id: str, *, before: str, limit: int) -> tuple[list[Communication], str | None]:
    """The `limit` lines before the line `before`, oldest first, and where to go on. One Query."""
    lines = list(
        Communication.query(
            ticket_pk(ticket_id),
            Communication.sk.between(COMMUNICATION, f"{COMMUNICATION}{before}"),
            scan_index_forward=False,
            limit=limit + 2,
        )
    )
    lines = [line for line in lines if line.communication_id != before]
    shown = lines[:limit]
    return shown[::-1], shown[-1].communication_id if len(lines) > limit else None


def queue_page(
    *,
    statuses: Sequence[Status] = (),
    assignee: str | None = None,
    limit: int,
    after: str | None = None,
) -> Page[Ticket]:
    """The active tickets of some statuses, or of an assignee, most urgent first.

    Done statuses give the latest done first; they are not mixed with active ones.
    Cost: one Query for each status or the assignee (and shard), of the rows shown.
    """
    index: GlobalSecondaryIndex[Ticket]
    if assignee is not None:
        index, partitions, forward, kind = Ticket.by_assignee, [assignee], True, ACTIVE
    else:
        active = statuses[0].active
        index, partitions = Ticket.by_status, list(statuses)
        forward, kind = active, ACTIVE if active else DONE
    return read_page(
        index,
        partitions,
        place_of=lambda row: str(row.queue_key),
        limit=limit,
        condition=_from_here(Ticket.queue_key, kind, after, forward=forward),
        forward=forward,
    )


unassigned_page = partial(queue_page, assignee=UNASSIGNED)


def resolved_until(instant_text: str, *, limit: int) -> list[str]:
    """Ids of tickets resolved at or before an instant, the longest ago first. One Query a shard."""
    page = read_page(
        Ticket.by_status,
        [Status.RESOLVED],
        place_of=lambda row: str(row.queue_key),
        limit=limit,
        condition=Ticket.queue_key.between(DONE, f"{DONE}{instant_text}#~"),
    )
    return [row.ticket_id for row in page]


def due_tickets(now: datetime, *, limit: int) -> list[str]:
    """Ids of tickets with a milestone at or before `now`, the longest due first.

    Cost: one Query a shard that reads `limit` keys at most.
    """
    page = read_page(
        Ticket.by_due,
        [DUE],
        place_of=lambda row: row.next_sla_at.isoformat() + row.pk,
        limit=limit,
        condition=Ticket.next_sla_at <= now,
    )
    return [str(row.pk).partition("#")[2] for row in page]


def outbox(*, limit: int) -> Iterator[OutboxEvent]:
    """Events that are to be passed on, the oldest of each shard first. One Query a shard."""
    for key in shard_keys(OUTBOX):
        yield from OutboxEvent.query(key, limit=limit, consistent_read=True)


def created_by_request(user_id: str, token: str) -> str | None:
    """The id of the ticket that this request token has made. One GetItem."""
    try:
        made = CreationRequest.get(request_pk(user_id, token), REQUEST, consistent_read=True)
    except DoesNotExist:
        return None
    return made.ticket_id


def next_ticket_id() -> str:
    """A number that nobody had before; one that is not used in the end leaves a gap. One write."""
    counter = Counter(f"{COUNTER}#tickets")
    counter.update(actions=[Counter.last.add(1)])
    return str(int(counter.last))


def last_ticket_number() -> int:
    """The last number that was given out; 0 before the first. One GetItem."""
    try:
        counter = Counter.get(f"{COUNTER}#tickets", COUNTER, consistent_read=True)
    except DoesNotExist:
        return 0
    return int(counter.last)


def _from_here(key: UnicodeAttribute, kind: str, after: str | None, *, forward: bool) -> Condition:
    """Rows of `kind` beyond `after`. A key condition allows one comparison of the range key."""
    if after is None:
        return key.startswith(kind)
    # The next possible key: rows have no key between `after` and it.
    return (
        key.between(f"{after}\0", f"{kind}\uffff") if forward else key.between(kind, _before(after))
    )


def _before(place: str) -> str:
    """The greatest key that sorts before `place`, among keys that end in a padded number."""
    head, _, number = place.rpartition("#")
    return f"{head}#{int(number) - 1:012d}~"
