"""Whether a ticket has changed, and who else is viewing it, for open pages that poll.

All of it is in the cache: polling an unchanged page costs no read of DynamoDB. Without the cache
pages stay as they are until they are reloaded.
"""

import time
from collections.abc import Sequence
from typing import Any

from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_ticket_work
from tickets.store.events import OutboxEvent

KEPT = 24 * 3_600
HERE = 15
"""Seconds without a poll after which a viewer has left."""

_DESK = "live:desk"
_TOLD = "live:told:"


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Note that tickets have changed. As the last consumer it runs when all other data is up to
    date."""
    stamps = {f"live:{event.ticket_id}": event.event_id for event in events}
    stamps[_DESK] = events[-1].event_id
    cache.set_many(stamps, KEPT)


def tell(user_id: str, event_id: str) -> None:
    """Note that a user was notified of an event."""
    cache.set(_TOLD + user_id, event_id, KEPT)


def told_stamp(*, by: Actor) -> str:
    """Return a value that changes when the actor is notified of something. Empty if unknown."""
    require_ticket_work(by)
    return cache.get(_TOLD + by.user_id) or ""


def desk_stamp(*, by: Actor) -> str:
    """Return a value that changes when any ticket has changed. Empty if unknown."""
    require_ticket_work(by)
    return cache.get(_DESK) or ""


def ticket_stamp(ticket_id: str, *, by: Actor) -> str:
    """Return a value that changes when this ticket has changed. Empty if unknown."""
    require_ticket_work(by)
    return cache.get(f"live:{ticket_id}") or ""


def be_here(ticket_id: str, *, typing: bool, by: Actor) -> dict[str, bool]:
    """Note that the actor is viewing a ticket; return who else is, by name, and whether they are
    typing.

    Two users who open it at the same instant may miss each other until the next poll.
    """
    require_ticket_work(by)
    now = time.time()
    key = f"here:{ticket_id}"

    known: dict[str, list[Any]] = cache.get(key) or {}
    here = {who: found for who, found in known.items() if now - found[2] < HERE}
    here[by.user_id] = [by.name, typing, now]
    cache.set(key, here, HERE)
    return {name: types for who, (name, types, _at) in here.items() if who != by.user_id}
