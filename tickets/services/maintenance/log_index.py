"""The indexes of log entries and escalations by time and person."""

from collections.abc import Callable

from tickets.store import queries
from tickets.store.items import Communication, Escalation
from tickets.store.keys import set_record_keys


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
