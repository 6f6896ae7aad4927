"""Entries are appended once, in order, by however many; what is missing or changed shows."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from helpdesk.audit import deliver, store
from helpdesk.audit.chain import Fact
from helpdesk.audit.metrics import gauges
from helpdesk.audit.models import QueuedEntry
from helpdesk.audit.record import record as queue
from helpdesk.audit.verify import Checked, verify
from helpdesk.clock import this_second
from helpdesk.dynamo.capacity import counting
from helpdesk.tasks import deliver_audit
from tests.death import at_call, die_until_done, dies_of_9

MOON = datetime(2026, 11, 30, 23, 59, 58, tzinfo=UTC)


def fact(key: str, **more: str) -> Fact:
    given = {"actor": "7", "kind": "policy", "action": "changed", "object_id": "policy:1"}
    return Fact(key=key, at=MOON, changes="[]", **{**given, **more})


def whole() -> list[str]:
    """The keys of the record in its order, which has to be without a fault."""
    assert list(verify(Checked())) == []
    return [entry.key for entry in store.chain()]


def told(*notes: str) -> str:
    out = StringIO()
    call_command("verify_audit", *notes, stdout=out)
    return out.getvalue()


def test_facts_are_appended_once_in_order_over_the_end_of_a_month(tables):
    assert deliver.append([fact("a"), fact("b")], now=MOON) == 2
    assert deliver.append([fact("b"), fact("c")], now=MOON + timedelta(minutes=1)) == 1
    # A machine whose clock is behind: the chain's time does not go back with it.
    assert deliver.append([fact("d")], now=MOON) == 1
    assert deliver.append([fact("d"), fact("a")], now=MOON) == 0

    assert whole() == ["a", "b", "c", "d"]
    months = [entry.pk for entry in store.chain()]
    assert months == ["2026-11", "2026-11", "2026-12", "2026-12"]


def test_a_batch_costs_three_requests_and_what_was_measured(tables):
    deliver.append([fact("first")], now=MOON)
    with counting() as one:
        deliver.append([fact("one")], now=MOON)
    with counting() as many:
        deliver.append([fact(f"many-{number}") for number in range(deliver.STEP)], now=MOON)

    assert one.operations == many.operations == ["GetItem", "BatchGetItem", "TransactWriteItems"]
    # An entry, its mark and the head, twice each since they are a transaction, and three indexes.
    assert one.capacity == 11.0
    assert many.capacity / deliver.STEP < 9


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_chain(tables, race):
    race.run(
        one=lambda: deliver.append([fact("one-1"), fact("shared")], now=MOON),
        other=lambda: deliver.append([fact("other-1"), fact("shared")], now=MOON),
    )

    assert race.failed == 1
    assert sorted(whole()) == ["one-1", "other-1", "shared"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_anywhere_loses_nothing_and_writes_nothing_twice(tables):
    for number in range(deliver.STEP + 3):
        queue("policy", "changed", f"policy:{number}")
    wanted = list(QueuedEntry.objects.order_by("pk").values_list("key", flat=True))

    assert die_until_done(deliver.deliver, stride=0) == 3
    for after in (False, True):  # before the rows are marked as delivered, and after it
        QueuedEntry.objects.update(delivered_at=None)

        def dies(after: bool = after) -> None:
            at_call(deliver, "_done", after=after)
            deliver.deliver()

        assert dies_of_9(dies)
    deliver.deliver()

    assert whole() == wanted
    assert not QueuedEntry.objects.filter(delivered_at=None).exists()


def test_what_a_restored_table_lacks_is_appended_again(desk, record):
    queue("policy", "changed", "policy:1")
    lost = [entry.key for entry in record()]
    for item in [*store.chain(), store.head(), *store.Recorded.scan()]:
        item.delete()
    assert deliver_audit() == 0

    assert deliver.deliver_again() == len(lost)
    for _time in range(2):
        deliver_audit()
        assert whole() == lost
        assert deliver.deliver_again() == len(lost)


def test_the_queue_forgets_what_no_backup_lacks_any_more(desk, record):
    queue("policy", "changed", "policy:1")
    record()
    QueuedEntry.objects.update(delivered_at=MOON - timedelta(days=400))
    queue("policy", "changed", "policy:2")
    record()
    assert list(QueuedEntry.objects.values_list("object_id", flat=True)) == ["policy:2"]


def test_verify_audit_finds_each_kind_of_tampering(tables):
    for start in range(0, 50, 25):
        deliver.append([fact(f"{number:02}") for number in range(start, start + 25)], now=MOON)
    entries = list(store.chain())
    note = told().splitlines()[-1]
    assert note == f"50:{entries[-1].hash}"
    assert "50 entries, nothing missing" in told(note, f"20:{entries[19].hash[:8].upper()}")

    def broken(*notes: str) -> str:
        out = StringIO()
        with pytest.raises(CommandError, match="The audit record is broken in"):
            call_command("verify_audit", *notes, stdout=out)
        return out.getvalue()

    gone = entries[9]
    gone.delete()
    assert broken() == "Entry 11 follows 9; missing: 10 to 10\n"
    gone.save()

    other = store.Entry.get(entries[14].pk, entries[14].sk)
    other.actor = "8"
    other.save()
    assert broken() == "Entry 15 was changed\n"
    other.hash = other.expected_hash  # by somebody who knows how
    other.save()
    assert broken() == "Entry 16 does not continue the entry before it\n"
    entries[14].save()

    entries[-1].delete()
    assert broken() == "Entry 49 is the last, but 50 entries were written\n"
    head = store.head()
    head.sequence, head.hash = 49, entries[-2].hash
    head.save()
    assert "49 entries" in told(), "nobody can see that without a note"
    assert broken(note) == "Entry 50 was noted, and is missing\n"
    assert broken("49:abc") == "Entry 49 has another hash than was noted\n"
    with pytest.raises(CommandError, match="not a number with a hash"):
        told("latest")


def test_the_metrics_say_how_long_the_oldest_entry_waits(desk, record):
    record()

    def age() -> float:
        [gauge] = gauges()
        return gauge.samples[0].value

    assert age() == 0
    queue("policy", "changed", "policy:1")
    QueuedEntry.objects.filter(delivered_at=None).update(at=this_second() - timedelta(minutes=7))
    assert 420 <= age() < 480
    record()
    assert age() == 0
