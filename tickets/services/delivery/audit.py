"""The outbox's consumer that writes the audit record: who archived a ticket, and restored it."""

from collections.abc import Sequence

from helpdesk.audit.chain import Fact
from helpdesk.audit.deliver import append
from tickets.domain.events import Archived, Restored
from tickets.store.events import OutboxEvent

ACTIONS = {Archived: "archived", Restored: "restored"}


def handle_events(found: Sequence[OutboxEvent]) -> None:
    """Append an entry for each event that is on record, once. Raises Busy."""
    facts = [
        Fact(
            key=f"event-{event.event_id}",
            at=event.at,
            actor=event.by,
            kind="ticket",
            action=ACTIONS[type(event.what)],
            object_id=f"ticket:{event.ticket_id}",
            changes="[]",
        )
        for event in found
        if type(event.what) in ACTIONS
    ]
    if facts:
        append(facts)
