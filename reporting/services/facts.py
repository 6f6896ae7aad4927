"""Turn what happened to tickets into facts."""

from helpdesk.dynamo.shards import shard_key
from reporting.store.facts import Fact
from tickets.store.log import OutboxEvent

_COUNTED = {"created", "resolved", "closed", "reopened"}


def take(event: OutboxEvent) -> None:
    """Keep the fact that an outbox event tells of. A repeat writes the same item again."""
    if event.kind not in _COUNTED:
        return
    life = int(event.life)
    Fact(
        shard_key(f"FACTS#{event.at:%Y-%m-%d}", event.ticket_id),
        f"{event.kind}#{event.ticket_id}#{life}",
        kind=event.kind,
        ticket_id=event.ticket_id,
        life=life,
        at=event.at,
    ).save()
