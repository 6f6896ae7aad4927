"""The chain: each entry's hash holds the hash before it, so that a change or a gap shows."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

FIRST = ""
"""What the first entry has in place of a hash before it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, before it has a place in the chain."""

    key: str
    """Names it for ever: a fact with the same key is appended once."""
    at: datetime
    actor: str
    kind: str
    action: str
    object_id: str
    changes: str
    """JSON, see record.py."""


def hash_of(fact: Fact, *, sequence: int, recorded_at: datetime, previous: str) -> str:
    """Return the SHA-256 of a fact at its place in the chain, in hexadecimal."""
    content = [
        sequence,
        _text(recorded_at),
        fact.key,
        _text(fact.at),
        fact.actor,
        fact.kind,
        fact.action,
        fact.object_id,
        fact.changes,
        previous,
    ]
    return sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
