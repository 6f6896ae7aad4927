"""The indexes of log entries and escalations: by time, by person, and by customer."""

from collections.abc import Callable

from tickets.store import queries
from tickets.store.items import Communication, Escalation
from tickets.store.keys import set_record_keys, set_timeline_keys


def index_records(each: Callable[[], object] = lambda: None) -> int:
    """Write the index keys of entries and escalations that have none; return how many.

    Reads the whole table, once after an upgrade; safe to repeat. Cost: a write for each that lacks
    its keys.
    """
    written = 0
    for ticket, log in queries.every_ticket():
        records: list[Communication | Escalation] = [*log, *queries.escalations(ticket.ticket_id)]
        for record in records:
            written += _index(record)
        written += sum(_index_for_customer(line, ticket.customer_id) for line in log)
        each()
    return written


def _index(record: Communication | Escalation) -> bool:
    if record.record_key:
        return False
    set_record_keys(record)
    kind = type(record)
    record.update(
        actions=[
            kind.record_key.set(record.record_key),
            kind.person_key.set(record.person_key),
            kind.record_at.set(record.record_at),
        ],
        condition=kind.pk.exists(),
    )
    return True


def _index_for_customer(line: Communication, customer_id: str) -> bool:
    before = line.created_key
    set_timeline_keys(line, customer_id)
    if before == line.created_key or line.created_key is None:
        return False
    line.update(
        actions=[
            Communication.customer_id.set(line.customer_id),
            Communication.created_key.set(line.created_key),
        ],
        condition=Communication.pk.exists(),
    )
    return True
