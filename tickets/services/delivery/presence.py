"""What open pages ask every few seconds: has anything changed, and who else is here?

All of it is in the cache: an unchanged page costs no read of DynamoDB. Without a cache pages go on
as they are, and are right again when they are loaded.
"""

import time
from collections.abc import Sequence
from typing import Any

from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_ticket_work
from tickets.store.events import OutboxEvent

KEPT = 24 * 3_600
HERE = 15
"""Seconds after which somebody who says nothing has left."""

_DESK = "live:desk"


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Note that something changed. The last consumer: what pages then read is there already."""
    stamps = {f"live:{event.ticket_id}": event.event_id for event in events}
    stamps[_DESK] = events[-1].event_id
    cache.set_many(stamps, KEPT)


def desk_stamp(*, by: Actor) -> str:
    """Changes whenever any ticket has. Empty when nothing is known."""
    require_ticket_work(by)
    return cache.get(_DESK) or ""


def ticket_stamp(ticket_id: str, *, by: Actor) -> str:
    """Changes whenever this ticket has. Empty when nothing is known."""
    require_ticket_work(by)
    return cache.get(f"live:{ticket_id}") or ""


def be_here(ticket_id: str, *, typing: bool, by: Actor) -> dict[str, bool]:
    """Say that the actor looks at a ticket; return who else does, by name, and whether they type.

    Two who say so in the same instant may miss each other until the next time.
    """
    require_ticket_work(by)
    now = time.time()
    key = f"here:{ticket_id}"

    known: dict[str, list[Any]] = cache.get(key) or {}
    here = {who: found for who, found in known.items() if now - found[2] < HERE}
    here[by.user_id] = [by.name, typing, now]
    cache.set(key, here, HERE)
    return {name: types for who, (name, types, _at) in here.items() if who != by.user_id}
