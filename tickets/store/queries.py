"""Every query of the tickets' table, and its cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex

from helpdesk.dynamo.batches import read_all
from helpdesk.dynamo.pages import END, Page, PagePosition, read_page
from helpdesk.dynamo.table import fits
from helpdesk.dynamo.ulids import LONGEST_ULID
from tickets.domain import instant
from tickets.domain.ticket import Status
from tickets.store.items import (
    COMMUNICATION,
    ESCALATION,
    IMPORT,
    Communication,
    Escalation,
    Imported,
    communication_sk,
    imported_pk,
)
from tickets.store.keys import ACTIVE, ARCHIVED, DONE, DUE
from tickets.store.ticket import DETAILS, Ticket, ticket_pk


@dataclass(frozen=True)
class TicketWithLog:
    """A ticket and the newest entries of its log, oldest first."""

    ticket: Ticket
    log: list[Communication]
    older: str | None
    """The id before which older entries follow; None if these are all."""


def ticket(ticket_id: str) -> Ticket | None:
    """Return the ticket as it is now. One GetItem, consistent."""
    try:
        return Ticket.get(ticket_pk(ticket_id), DETAILS, consistent_read=True)
    except DoesNotExist:
        return None


def ticket_with_log(ticket_id: str, *, limit: int) -> TicketWithLog | None:
    """Return the ticket and the last `limit` entries of its log. One Query, consistent.

    COMMUNICATION# sorts before DETAILS, so in descending order the ticket comes first. DynamoDB
    answers a megabyte at once: where the entries are long, they are fewer.
    """
    if not fits(ticket_pk(ticket_id)):
        return None
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
    more = len(lines) > limit or "LastEvaluatedKey" in answer
    older = shown[-1].communication_id if shown and more else None
    return TicketWithLog(Ticket.from_raw_data(items[0]), shown[::-1], older)


def ticket_with_first_lines(
    ticket_id: str, *, after: str | None, limit: int
) -> TicketWithLog | None:
    """Return the ticket and the `limit` oldest entries of its log after `after`, oldest first.

    Here `older` is the entry after which newer ones follow. One Query, consistent, if these are
    all; otherwise one more GetItem.
    """
    begin = communication_sk(f"{after}\0") if after else COMMUNICATION
    if not fits(ticket_pk(ticket_id), begin):
        return None
    answer = Ticket._get_connection().query(
        ticket_pk(ticket_id),
        range_key_condition=Ticket.sk.between(begin, DETAILS),
        consistent_read=True,
        limit=limit + 1,
        return_consumed_capacity="TOTAL",
    )
    items = answer["Items"]
    if items and items[-1]["SK"]["S"] == DETAILS:
        lines = [Communication.from_raw_data(item) for item in items[:-1]]
        return TicketWithLog(Ticket.from_raw_data(items[-1]), lines, None)
    found = ticket(ticket_id)
    if found is None:
        return None
    lines = [Communication.from_raw_data(item) for item in items[:limit]]
    return TicketWithLog(found, lines, lines[-1].communication_id if lines else None)


def older_log(ticket_id: str, *, before: str, limit: int) -> tuple[list[Communication], str | None]:
    """Return the `limit` entries before `before`, oldest first, and where to continue.
    One Query."""
    before = before[:LONGEST_ULID]
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
    teams: Sequence[str] = (),
    overdue_at: datetime | None = None,
    limit: int,
    place: PagePosition | None = None,
) -> Page[Ticket]:
    """Return active tickets of some statuses, of an assignee or of teams, most urgent first.

    Done statuses have the latest first; they cannot be mixed with active ones. With `overdue_at`
    only those whose deadline had passed then. Cost: one Query for each status, team or the assignee
    (and shard), of the rows shown.
    """
    index: GlobalSecondaryIndex[Ticket]
    kind, forward = ACTIVE, True
    if assignee is not None:
        index, partitions = Ticket.by_assignee, [assignee]
    elif teams:
        index, partitions = Ticket.by_team, list(teams)
    else:
        index, partitions = Ticket.by_status, list(statuses)
        forward = statuses[0].active
        kind = ACTIVE if forward else DONE
    until = f"{ACTIVE}{instant.text(overdue_at)}" if overdue_at else None
    return read_page(
        index,
        partitions,
        place_of=lambda row: str(row.queue_key),
        limit=limit,
        condition=_from_here(Ticket.queue_key, kind, place, forward=forward, until=until),
        forward=forward,
        place=place,
    )


def tickets_about(
    *,
    customer_id: str | None = None,
    vehicle_id: str | None = None,
    archived: bool = False,
    limit: int,
    place: PagePosition | None = None,
) -> Page[Ticket]:
    """Return the tickets of a customer or for a vehicle, newest first.

    With `archived` archived ones come last. One Query of the rows shown.
    """
    index: GlobalSecondaryIndex[Ticket] = Ticket.by_vehicle if vehicle_id else Ticket.by_customer
    return read_page(
        index,
        [vehicle_id or customer_id or ""],
        place_of=lambda row: str(row.created_key),
        limit=limit,
        condition=_from_here(
            Ticket.created_key, ARCHIVED if archived else "0", place, forward=False, until="~"
        ),
        forward=False,
        place=place,
        sharded=False,
    )


def tickets(ticket_ids: Iterable[str], *, consistent: bool = True) -> dict[str, Ticket]:
    """Return the tickets that exist, by id. One BatchGetItem a hundred; half the cost if not
    consistent."""
    keys = [(ticket_pk(ticket_id), DETAILS) for ticket_id in ticket_ids]
    found = read_all(Ticket, keys, consistent=consistent)
    return {ticket.ticket_id: ticket for ticket in found}


def whole_log(
    ticket_id: str, *, most: int, only: Sequence[str] | None = None
) -> list[Communication]:
    """Return the newest `most` entries of a log, oldest first. One Query for each megabyte.

    `only` names the attributes to read of each, as the table names them.
    """
    lines = Communication.query(
        ticket_pk(ticket_id),
        Communication.sk.startswith(COMMUNICATION),
        scan_index_forward=False,
        consistent_read=True,
        limit=most,
        attributes_to_get=[*only] if only else None,
    )
    return list(lines)[::-1]


def every_line(ticket_id: str) -> Iterator[Communication]:
    """Return a whole log, oldest first, however long it is. One Query for each megabyte."""
    yield from Communication.query(
        ticket_pk(ticket_id), Communication.sk.startswith(COMMUNICATION), consistent_read=True
    )


def communication(ticket_id: str, communication_id: str) -> Communication | None:
    """Return one log entry. One GetItem."""
    try:
        return Communication.get(
            ticket_pk(ticket_id), communication_sk(communication_id), consistent_read=True
        )
    except DoesNotExist:
        return None


def communications(keys: Iterable[tuple[str, str]]) -> dict[str, Communication]:
    """Return log entries by their ids, from ids of tickets and entries. One BatchGetItem for each
    hundred."""
    wanted = [(ticket_pk(ticket_id), communication_sk(line_id)) for ticket_id, line_id in keys]
    return {line.communication_id: line for line in read_all(Communication, wanted)}


def lines_written_at(ticket_id: str, beginning: str) -> list[Communication]:
    """Return the entries whose ids begin with this: an id's first ten letters are its time. One
    Query."""
    if not fits(ticket_pk(ticket_id), communication_sk(beginning)) or not beginning:
        return []
    lines = Communication.query(
        ticket_pk(ticket_id),
        Communication.sk.startswith(communication_sk(beginning)),
        consistent_read=True,
        limit=50,
    )
    return list(lines)


def log_after(ticket_id: str, *, after: str, limit: int) -> list[Communication]:
    """Return the entries after the entry `after`, oldest first. One Query."""
    after = after[:LONGEST_ULID]
    lines = Communication.query(
        ticket_pk(ticket_id),
        Communication.sk.between(communication_sk(f"{after}\0"), f"{COMMUNICATION}~"),
        consistent_read=True,
        limit=limit,
    )
    return list(lines)


def every_ticket() -> Iterator[tuple[Ticket, list[Communication]]]:
    """Yield every ticket with its log. Reads the whole table: only for rebuilding derived data.

    An item collection comes in one piece, its log before the ticket.
    """
    log: list[Communication] = []
    place: Any = None
    while True:
        answer = Ticket._get_connection().scan(exclusive_start_key=place, consistent_read=True)
        for item in answer["Items"]:
            sort_key = item["SK"]["S"]
            if sort_key.startswith(COMMUNICATION):
                line = Communication.from_raw_data(item)
                if log and log[-1].pk != line.pk:
                    log = []
                log.append(line)
            elif sort_key == DETAILS:
                ticket = Ticket.from_raw_data(item)
                yield ticket, log if log and log[-1].pk == ticket.pk else []
                log = []
        place = answer.get("LastEvaluatedKey")
        if not place:
            return


def resolved_until(instant_text: str, *, limit: int) -> list[str]:
    """Return ids of tickets resolved at or before an instant, the longest ago first. One Query a
    shard."""
    page = read_page(
        Ticket.by_status,
        [Status.RESOLVED],
        place_of=lambda row: str(row.queue_key),
        limit=limit,
        condition=Ticket.queue_key.between(DONE, f"{DONE}{instant_text}#~"),
    )
    return [row.ticket_id for row in page]


def due_tickets(now: datetime, *, limit: int) -> list[str]:
    """Return ids of tickets with a milestone at or before `now`, the longest due first.

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


def imported(numbers: Iterable[str]) -> dict[str, Imported]:
    """Return what was imported, by the tickets' numbers in the other system. One BatchGetItem."""
    keys = [(imported_pk(number), IMPORT) for number in numbers]
    found = read_all(Imported, keys)
    return {str(item.pk).partition("#")[2]: item for item in found}


def escalations(ticket_id: str) -> list[Escalation]:
    """Return every escalation of a ticket. One Query."""
    return list(
        Escalation.query(
            ticket_pk(ticket_id), Escalation.sk.startswith(ESCALATION), consistent_read=True
        )
    )


def records_page(
    kind: str,
    *,
    person: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    place: PagePosition | None = None,
) -> Page[tuple[str, str]]:
    """Return keys of entries (COMMUNICATION) or escalations (ESCALATION), newest first.

    Of one person or of all, from `since` on and before `until`. One Query a shard, of the keys
    shown.
    """
    index: GlobalSecondaryIndex[Any] = (
        Communication.by_person if person else Communication.by_record
    )
    low = instant.text(since) if since else "0"
    high = instant.text(until) if until else "9"
    if place and place.back and place != END:
        low = f"{place.key}\0"
    elif place and not place.back:
        high = _before(place.key)
    page = read_page(
        index,
        [f"{kind}{person}" if person else kind],
        place_of=lambda row: str(row.record_at),
        limit=limit,
        condition=Communication.record_at.between(low, max(low, high)),
        forward=False,
        place=place,
    )
    return Page([(str(row.pk), str(row.sk)) for row in page], page.next, page.previous)


def lines(keys: Iterable[tuple[str, str]]) -> list[Communication]:
    """Return log entries by their keys, in their order. One BatchGetItem for each hundred."""
    return _in_order(Communication, list(keys))


def escalation_records(keys: Iterable[tuple[str, str]]) -> list[Escalation]:
    """Return escalations by their keys, in their order. One BatchGetItem for each hundred."""
    return _in_order(Escalation, list(keys))


def _in_order(kind: Any, keys: list[tuple[str, str]]) -> list[Any]:
    found = {(item.pk, item.sk): item for item in read_all(kind, keys, consistent=False)}
    return [found[key] for key in keys if key in found]


def index_rows(ticket: Ticket) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Return the ticket's row in each of its indexes; None if it is missing there. One
    Query each."""
    indexes: list[tuple[GlobalSecondaryIndex[Any], str, str]] = [
        (Ticket.by_status, "status_key", "queue_key"),
        (Ticket.by_assignee, "assignee_key", "queue_key"),
        (Ticket.by_team, "team_key", "queue_key"),
        (Ticket.by_customer, "customer_id", "created_key"),
        (Ticket.by_vehicle, "vehicle_id", "created_key"),
        (Ticket.by_due, "due_key", "next_sla_at"),
    ]
    for index, hash_name, range_name in indexes:
        hash_key, range_key = getattr(ticket, hash_name), getattr(ticket, range_name)
        if hash_key is None or range_key is None:
            continue
        rows = index.query(hash_key, getattr(Ticket, range_name) == range_key)
        row = next((row for row in rows if row.pk == ticket.pk), None)
        shown = None
        if row is not None:
            # What an index does not project comes back as the model's default: left out.
            projected = {*_projected(index), "PK", "SK"}
            raw = row.serialize(null_check=False)
            shown = {name: value for name, value in raw.items() if name in projected}
        yield str(index.Meta.index_name), shown


def _projected(index: GlobalSecondaryIndex[Any]) -> list[str]:
    return list(getattr(index.Meta.projection, "non_key_attributes", None) or ())


def _from_here(
    key: UnicodeAttribute,
    kind: str,
    place: PagePosition | None,
    *,
    forward: bool,
    until: str | None = None,
) -> Condition:
    """Return the condition for rows of `kind` after `place`: DynamoDB allows one
    comparison only."""
    low, high = kind, until or f"{kind}\uffff"
    if place is None or place == END:
        return key.between(low, high)
    # The next possible key on either side: rows have no key between it and the place.
    if forward is not place.back:
        return key.between(f"{place.key}\0", high)
    return key.between(low or "0", _before(place.key))


def _before(place: str) -> str:
    """Return the greatest key before `place`, among keys that end in a padded number."""
    head, _, number = place.rpartition("#")
    return f"{head}#{int(number) - 1:012d}~"
