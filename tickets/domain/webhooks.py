"""What other systems hear of tickets, and how they know that it comes from here."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from tickets.domain import instant

# What of an event's data goes out, and under which name.
_TOLD: Mapping[str, Mapping[str, str]] = {
    "created": {"category": "category", "priority": "priority"},
    "changed": {"changes": "changes"},
    "assigned": {"to": "assignedTo"},
    "communication": {
        "communicationId": "communicationId",
        "type": "type",
        "direction": "direction",
    },
    "escalated": {"level": "escalationLevel", "milestones": "milestones"},
    "resolved": {},
    "closed": {},
    "reopened": {},
    "merged": {"into": "mergedInto"},
    "unmerged": {"outOf": "unmergedFrom"},
}

VALUES = frozenset(
    {
        *("status", "waiting", "priority", "category", "escalationLevel"),
        *("assignedTo", "teamId", "customerId", "vehicleId"),
        *("continuedBy", "mergedInto", "duplicates", "related"),
    }
)
"""Changed fields whose new value goes out: words of a list, and ids. Of others it is null, since it
is what people wrote."""

EVENTS = tuple(f"ticket.{kind}" for kind in _TOLD)
PING = "ping"


def event_name(kind: str) -> str | None:
    """What an event is called outside; None: it is nobody else's business."""
    return f"ticket.{kind}" if kind in _TOLD else None


def body(
    *, event_id: str, kind: str, ticket_id: str, at: datetime, by: str, data: Mapping[str, Any]
) -> str:
    """The JSON that is sent. The ticket itself is read through the API, as it is then."""
    told = {outside: data[name] for name, outside in _TOLD[kind].items() if name in data}
    if "milestones" in told:
        told["milestones"] = [
            {name: value for name, value in milestone.items() if name != "notify"}
            for milestone in told["milestones"]
        ]
    if "changes" in told:
        told["changes"] = _without_words(told["changes"])
    said = {
        "id": event_id,
        "event": event_name(kind),
        "at": instant.text(at),
        "by": by,
        "ticketId": ticket_id,
        "data": told,
    }
    return json.dumps(said, ensure_ascii=False)


def without_words(body: str) -> str:
    """Return a message as `body` makes it now: an earlier release has queued what people wrote."""
    said = json.loads(body)
    said["data"].pop("reason", None)
    if "changes" in said["data"]:
        said["data"]["changes"] = _without_words(said["data"]["changes"])
    return json.dumps(said, ensure_ascii=False)


def _without_words(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value if field in VALUES else None for field, value in changes.items()}


def signature(secret: str, text: str, *, at: int) -> str:
    """HMAC-SHA256 over `at`, a full stop, and the body; `at` in seconds since 1970.

    Whoever is sent to compares it in constant time, and refuses what is older than five minutes.
    """
    signed = hmac.new(secret.encode(), f"{at}.{text}".encode(), sha256).hexdigest()
    return f"t={at},v1={signed}"
