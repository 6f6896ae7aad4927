"""Turn what happened to tickets into facts."""

from collections.abc import Sequence

from helpdesk.dynamo.shards import shard_key
from reporting.store.facts import Fact
from tickets.store.log import OutboxEvent

_COUNTED = {"created", "resolved", "closed", "reopened"}


def take(events: Sequence[OutboxEvent]) -> None:
    """Keep the facts that outbox events tell of. A repeat writes the same items again."""
    facts = [_fact(event) for event in events if event.kind in _COUNTED]
    with Fact.batch_write() as batch:
        for fact in {(fact.pk, fact.sk): fact for fact in facts}.values():
            batch.save(fact)


def _fact(event: OutboxEvent) -> Fact:
    life = int(event.life)
    return Fact(
        shard_key(f"FACTS#{event.at:%Y-%m-%d}", event.ticket_id),
        f"{event.kind}#{event.ticket_id}#{life}",
        kind=event.kind,
        ticket_id=event.ticket_id,
        life=life,
        at=event.at,
    )
