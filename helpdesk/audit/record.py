"""Put an entry into the queue of the audit record.

An entry has ids, words of lists, and values of configuration. It never has a secret, a name of a
person, an address of theirs or what somebody wrote: an erasure has nothing to take out of it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from helpdesk import wake
from helpdesk.audit.acting import acting
from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second

DELIVER = "helpdesk.deliver_audit"
ASKED, ASKED_FOR = "audit:asked", 5
LONGEST_VALUE = 1_000
"""Characters of a value; the rest is left out. So that 25 entries fit into a transaction."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed. Without `values` it says no more than that."""

    field: str
    values: tuple[str | None, str | None] | None = None
    """Before and after."""


def record(
    kind: str,
    action: str,
    object_id: str,
    *,
    by: str | None = None,
    changes: Iterable[Change] = (),
    key: str | None = None,
) -> None:
    """Queue an entry in the present SQL transaction, and wake a worker after it.

    `object_id` names what it is about, such as `policy:3`. Without `by` it is of whoever acts.
    With a `key` that was used before it does nothing: for what a worker may do again. Cost: one
    INSERT.
    """
    entry = QueuedEntry(
        key=key or uuid4().hex,
        at=this_second(),
        actor=acting() if by is None else by,
        kind=kind,
        action=action,
        object_id=object_id,
        changes=dumped(changes),
    )
    QueuedEntry.objects.bulk_create([entry], ignore_conflicts=True)
    wake.send_once(ASKED, ASKED_FOR, DELIVER)


def dumped(changes: Iterable[Change]) -> str:
    """Return changes as an entry stores them: a list of [field] or [field, before, after]."""
    return json.dumps(
        [[one.field, *map(_cut, one.values)] if one.values else [one.field] for one in changes],
        ensure_ascii=False,
    )


def loaded(text: str) -> list[Change]:
    """Return the changes that an entry stores."""
    return [
        Change(field, (values[0], values[1]) if values else None)
        for field, *values in json.loads(text)
    ]


def _cut(value: str | None) -> str | None:
    if value is None or len(value) <= LONGEST_VALUE:
        return value
    return f"{value[:LONGEST_VALUE]}…"
