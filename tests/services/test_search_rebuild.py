"""The search index is emptied while others write to it."""

import threading
import time

import pytest
from django.db import connection, transaction

from tests.world import stored
from tickets.models import EntryTag
from tickets.store import search as index

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database IS NOT NULL"


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_meanwhile_goes_on(desk):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    one, other = (stored(desk.ticket(tags=["late"]).ticket_id) for _ in range(2))
    errors = []

    def clear():
        try:
            index.clear()
        except Exception as error:  # noqa: BLE001 (of whatever kind: it is shown)
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=clear)
    with transaction.atomic(), connection.cursor() as cursor:
        index.index_tickets([other])
        thread.start()
        deadline = time.monotonic() + 60
        while True:
            cursor.execute(WAITING)
            if cursor.fetchone()[0] or time.monotonic() > deadline:
                break
        index.index_tickets([one])  # after the other: a deadlock, if rows were deleted one by one
    thread.join()

    assert errors == []
    assert index.numbers() == set()
    assert not EntryTag.objects.exists()
