"""Events of tickets, which consumers of the outbox handle.

An event has words of lists and ids; people's texts are only in the ticket and its log. `dump` and
`load` are the one place that knows the stored form. It is written with its version, and events that
earlier releases have left in an outbox are still read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from tickets.domain import instant
from tickets.domain.ticket import Direction

VERSION = 1


@dataclass(frozen=True, slots=True)
class Created:
    category: str
    priority: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The ticket, or more of its past, was imported from another help desk."""


@dataclass(frozen=True, slots=True)
class Changed:
    """`fields` has the new value of each changed field; None in place of people's texts."""

    fields: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Assigned:
    """`to` is None if the ticket is now unassigned."""

    to: str | None


@dataclass(frozen=True, slots=True)
class Communicated:
    """A message or a note was added to the conversation.

    `deliver`: it is to be emailed to the customer. `assigned_to` and `team_id`: the assignee and
    team at that time. `automatic`: a machine wrote it. `side_thread`: the number of the
    conversation in which a third party wrote it; empty for everybody else's.
    """

    communication_id: str
    type: str
    direction: Direction | None = None
    deliver: bool = False
    mentions: tuple[str, ...] = ()
    assigned_to: str | None = None
    team_id: str | None = None
    automatic: bool = False
    side_thread: str = ""


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail server reported that a message to the customer was not delivered.

    `written_by` is the message's author, `assigned_to` the assignee when the report came.
    """

    communication_id: str
    written_by: str
    assigned_to: str | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """One cause of an escalation: a rule whose milestone passed, or a user.

    `record` is the key of a manual escalation's record, which holds the user's reason.
    """

    rule: str
    level: int
    notify: tuple[str, ...]
    due_at: datetime | None = None
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Escalated:
    """`level` is the ticket's level after all of `reasons`. The assignee at that time
    is notified."""

    reasons: tuple[Raised, ...]
    level: int
    assigned_to: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    pass


@dataclass(frozen=True, slots=True)
class Closed:
    pass


@dataclass(frozen=True, slots=True)
class Reopened:
    pass


@dataclass(frozen=True, slots=True)
class Merged:
    into: str


@dataclass(frozen=True, slots=True)
class Unmerged:
    pass


@dataclass(frozen=True, slots=True)
class Archived:
    pass


@dataclass(frozen=True, slots=True)
class Restored:
    """The ticket was taken out of the archive."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event of a later release, left in the outbox after a return to this one."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


Event = (
    Created | Imported | Changed | Assigned | Communicated | Bounced | Escalated | Resolved | Closed
    | Reopened | Merged | Unmerged | Archived | Restored | Unknown
)  # fmt: skip

_KINDS: Mapping[type[Event], str] = MappingProxyType(
    {
        Created: "created",
        Imported: "imported",
        Changed: "changed",
        Assigned: "assigned",
        Communicated: "communication",
        Bounced: "bounced",
        Escalated: "escalated",
        Resolved: "resolved",
        Closed: "closed",
        Reopened: "reopened",
        Merged: "merged",
        Unmerged: "unmerged",
        Archived: "archived",
        Restored: "restored",
    }
)
"""The names under which events are stored."""
_PLAIN: Mapping[str, Event] = MappingProxyType(
    {
        _KINDS[type(event)]: event
        for event in (
            *(Imported(), Resolved(), Closed(), Reopened(), Unmerged(), Archived(), Restored()),
        )
    }
)


def kind_of(event: Event) -> str:
    """Return the name under which events of this type are stored."""
    return event.kind if isinstance(event, Unknown) else kind_of_type(type(event))


def kind_of_type(of_type: type[Event]) -> str:
    """Return the name under which events of a type are stored. Raises KeyError for Unknown."""
    return _KINDS[of_type]


def dump(event: Event) -> str:
    """Return the stored form of an event: JSON, with its version."""
    return json.dumps({"v": VERSION, **_data(event)})


def load(kind: str, text: str) -> Event:
    """Return the event that was stored as `text`; Unknown for one of a later release.

    Raises ValueError or KeyError for text that no release has written.
    """
    data = json.loads(text)
    if data.get("v", 0) > VERSION:
        return Unknown(kind, data)
    match kind:
        case "created":
            return Created(data["category"], data["priority"])
        case "changed":
            return Changed(data["changes"])
        case "assigned":
            return Assigned(data["to"])
        case "merged":
            return Merged(data["into"])
        case "communication":
            return Communicated(
                communication_id=data["communicationId"],
                type=data["type"],
                direction=Direction(data["direction"]) if data["direction"] else None,
                deliver=bool(data["deliver"]),
                mentions=tuple(data.get("mentions", ())),
                assigned_to=data.get("assignedTo"),
                team_id=data.get("team"),
                automatic=bool(data.get("automatic")),
                side_thread=data.get("sideThread", ""),
            )
        case "bounced":
            return Bounced(data["communicationId"], data["writtenBy"], data.get("assignedTo"))
        case "escalated":
            return Escalated(
                reasons=tuple(_raised(one, data) for one in data["milestones"]),
                level=data["level"],
                assigned_to=data["assignedTo"],
                team_id=data.get("team"),
            )
        case _:
            return _PLAIN.get(kind) or Unknown(kind, data)


def _raised(one: Mapping[str, Any], event: Mapping[str, Any]) -> Raised:
    # Before version 1 a person's escalation had its record beside its one reason.
    record = one.get("record") or (event.get("record") if "v" not in event else None)
    due_at = one.get("dueAt")
    return Raised(
        rule=one["rule"],
        level=one["level"],
        notify=tuple(one["notify"]),
        due_at=instant.parse(due_at) if due_at else None,
        record=record,
    )


def _data(event: Event) -> dict[str, Any]:
    match event:
        case Created(category, priority):
            return {"category": category, "priority": priority}
        case Changed(fields):
            return {"changes": dict(fields)}
        case Assigned(to):
            return {"to": to}
        case Merged(into):
            return {"into": into}
        case Communicated():
            return {
                "communicationId": event.communication_id,
                "type": event.type,
                "direction": event.direction.value if event.direction else None,
                "deliver": event.deliver,
                "mentions": list(event.mentions),
                "assignedTo": event.assigned_to,
                "team": event.team_id,
                **({"automatic": True} if event.automatic else {}),
                **({"sideThread": event.side_thread} if event.side_thread else {}),
            }
        case Bounced(communication_id, written_by, assigned_to):
            return {
                "communicationId": communication_id,
                "writtenBy": written_by,
                "assignedTo": assigned_to,
            }
        case Escalated():
            return {
                "milestones": [
                    {
                        "rule": one.rule,
                        "level": one.level,
                        "notify": list(one.notify),
                        **({"dueAt": instant.text(one.due_at)} if one.due_at else {}),
                        **({"record": one.record} if one.record else {}),
                    }
                    for one in event.reasons
                ],
                "level": event.level,
                "assignedTo": event.assigned_to,
                "team": event.team_id,
            }
        case Unknown(_, data):
            return {name: value for name, value in data.items() if name != "v"}
        case _:
            return {}
