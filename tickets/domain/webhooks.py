"""The messages that webhooks send, and their signatures."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from tickets.domain import instant
from tickets.domain.events import (
    Assigned,
    Changed,
    Closed,
    Communicated,
    Created,
    Escalated,
    Event,
    Merged,
    Reopened,
    Resolved,
    Unmerged,
    kind_of,
    kind_of_type,
)

_SENT: tuple[type[Event], ...] = (
    Created,
    Changed,
    Assigned,
    Communicated,
    Escalated,
    Resolved,
    Closed,
    Reopened,
    Merged,
    Unmerged,
)
"""The events that webhooks send. All others are internal."""

VALUES = frozenset(
    {
        *("status", "waiting", "priority", "category", "escalationLevel"),
        *("assignedTo", "teamId", "customerId", "vehicleId"),
        *("continuedBy", "mergedInto", "duplicates", "related"),
    }
)
"""Changed fields whose new value is sent: words of a list, and ids. For others it is null, since
they are people's texts."""

EVENTS = tuple(f"ticket.{kind_of_type(sent)}" for sent in _SENT)
PING = "ping"


def event_name(event: Event) -> str | None:
    """Return an event's public name; None if webhooks do not send it."""
    return f"ticket.{kind_of(event)}" if isinstance(event, _SENT) else None


def body(event: Event, *, event_id: str, ticket_id: str, at: datetime, by: str) -> str:
    """Return the JSON that is sent. Receivers read the ticket itself through the API."""
    message = {
        "id": event_id,
        "event": event_name(event),
        "at": instant.text(at),
        "by": by,
        "ticketId": ticket_id,
        "data": _data(event),
    }
    return json.dumps(message, ensure_ascii=False)


def _data(event: Event) -> dict[str, Any]:
    match event:
        case Created(category, priority):
            return {"category": category, "priority": priority}
        case Changed(fields):
            return {"changes": _without_words(fields)}
        case Assigned(to):
            return {"assignedTo": to}
        case Communicated():
            return {
                "communicationId": event.communication_id,
                "type": event.type,
                "direction": event.direction.value if event.direction else None,
            }
        case Escalated():
            return {
                "escalationLevel": event.level,
                "milestones": [
                    {
                        "rule": one.rule,
                        "level": one.level,
                        **({"dueAt": instant.text(one.due_at)} if one.due_at else {}),
                    }
                    for one in event.reasons
                ],
            }
        case Merged(into):
            return {"mergedInto": into}
        case _:
            return {}


def without_words(body: str) -> str:
    """Return a message as `body` writes it now; earlier releases have queued people's texts with
    it."""
    said = json.loads(body)
    said["data"].pop("reason", None)
    if "changes" in said["data"]:
        said["data"]["changes"] = _without_words(said["data"]["changes"])
    return json.dumps(said, ensure_ascii=False)


def _without_words(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value if field in VALUES else None for field, value in changes.items()}


def signature(secret: str, text: str, *, at: int) -> str:
    """Return the HMAC-SHA256 over `at`, a full stop, and the body; `at` in seconds since 1970.

    Receivers compare it in constant time, and refuse messages older than five minutes.
    """
    signed = hmac.new(secret.encode(), f"{at}.{text}".encode(), sha256).hexdigest()
    return f"t={at},v1={signed}"
