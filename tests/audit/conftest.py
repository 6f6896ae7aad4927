"""The audit record, read as it is stored."""

import pytest

from helpdesk.audit import store
from helpdesk.audit.models import QueuedEntry
from helpdesk.tasks import deliver_audit


@pytest.fixture
def record():
    """Returns entries that were appended since the fixture was last asked, oldest first."""
    seen: list[int] = [0]

    def entries() -> list[store.Entry]:
        deliver_audit()
        found = [entry for entry in store.chain() if entry.sequence > seen[0]]
        seen[0] += len(found)
        return found

    return entries


@pytest.fixture
def queued():
    """Returns what waits in SQL: kind, object, action."""
    return lambda: list(
        QueuedEntry.objects.filter(delivered_at=None).values_list("kind", "object_id", "action")
    )
