"""Where the writes of a ticket's life go: which partitions take those of every ticket.

DynamoDB takes 1,000 write units a second for a partition key. So whatever takes a write of each
ticket is cut into shards, or is named here. Figures for docs/capacity.md.
PARTITION_TICKETS=100000000 places the keys of so many tickets.
"""

import os
import re
from collections import Counter, defaultdict
from contextlib import contextmanager
from time import monotonic, process_time
from zlib import crc32

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from customers.services.create import create_customer
from helpdesk.dynamo import capacity
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import client
from reporting.services import generations
from tests.world import after, settle, waiting_events
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.delivery import outbox
from tickets.services.lifecycle.status import change_status

TICKETS = int(os.environ.get("PARTITION_TICKETS", "20000"))
MOST_SHARDS = 64
WRITES = {"TransactWriteItems", "BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem"}
UNITS_A_SECOND = 1_000  # what a partition key takes
PLACEHOLDERS = (
    (r"^(TICKET|REQUEST)#.*", r"\1#own"),
    (r"#\d+$", "#shard"),
    (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "id"),
    (r"\b\d{4}-\d\d-\d\d\b", "day"),
)

pytestmark = pytest.mark.timeout(60 + TICKETS // 100_000)


@contextmanager
def written():
    """Count write units by table or index and partition key, as requests are sent."""
    units = Counter()
    hash_keys = {}
    for path in settings.DYNAMODB_TABLES:
        table = client().describe_table(TableName=import_string(path).Meta.table_name)["Table"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        hash_keys[table["TableName"]] = {
            one["IndexName"]: one["KeySchema"][0]["AttributeName"] for one in indexes
        }

    def ask(params, context, **_):
        params["ReturnConsumedCapacity"] = "INDEXES"
        context["keys"] = list(_keys(params))

    def heard(parsed, model, context, **_):
        if model.name not in WRITES:
            return
        consumed = parsed.get("ConsumedCapacity") or []
        for one in consumed if isinstance(consumed, list) else [consumed]:
            name = one["TableName"]
            items = [key for table, key in context["keys"] if table == name]
            for key in items:
                units[name, key["PK"]["S"]] += one["Table"]["CapacityUnits"] / len(items)
            now = [_stored(name, key) for key in items]
            for index, used in one.get("GlobalSecondaryIndexes", {}).items():
                attribute = hash_keys[name][index]
                here = [item[attribute]["S"] for item in now if attribute in item]
                for key in here:  # what it was before is of the same kind
                    units[f"{name} {index}", key] += used["CapacityUnits"] / len(here)

    events = client().meta.events
    events.register("provide-client-params.dynamodb", ask)
    events.register("after-call.dynamodb", heard)
    try:
        yield units
    finally:
        events.unregister("provide-client-params.dynamodb", ask)
        events.unregister("after-call.dynamodb", heard)


def _keys(params):
    """Yield the table and key of each item that a request writes."""
    for one in params.get("TransactItems", [{"": params}]):
        for written in one.values():
            item = written.get("Item") or written.get("Key")
            if item:
                yield written["TableName"], {name: item[name] for name in ("PK", "SK")}
    for table, requests in params.get("RequestItems", {}).items():
        for one in requests if isinstance(requests, list) else []:
            item = one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"]
            yield table, {name: item[name] for name in ("PK", "SK")}


def _stored(table, key):
    """Return an item as it is stored, beside what is counted."""
    return client().get_item(TableName=table, Key=key).get("Item", {})


def _life(desk, nth, *, now):
    """A ticket as most are: a customer asks, is answered, asks again, and thanks."""
    customer = create_customer(name=f"Customer {nth}", by=desk.rep, now=now).customer_id
    number = desk.ticket(customer_id=customer, now=now).ticket_id
    assign(number, to=desk.rep.user_id, by=desk.rep, now=now)
    note(number, content="Ask the port.", by=desk.rep, now=now)
    respond(number, content="We are asking the port.", by=desk.rep, now=now)
    _question(number, "And?", by=desk.rep, now=now)
    respond(number, content="It is there.", by=desk.rep, now=now)
    change_status(number, to="Resolved", by=desk.rep, now=now)
    change_status(number, to="Closed", by=desk.rep, now=now)
    settle()
    return number


def _question(number, text, **by):
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=text,
        **by,
    )


@pytest.fixture
def lives(desk, settings):
    """What each of three tickets has written, each of another customer."""
    settings.DYNAMODB_SHARDS = MOST_SHARDS
    generations.growing()  # recorded once, before the first figures
    found = []
    for nth in range(3):
        with written() as units:
            _life(desk, nth, now=after(minutes=nth))
        found.append(units)
    return found


def test_one_partition_alone_takes_a_write_of_every_ticket(lives):
    """The next number is one item: 1,000 tickets a second, whatever the shards."""
    shared = set.intersection(*map(set, lives))

    assert shared == {("helpdesk-tickets", "COUNTER#tickets")}
    assert {units["helpdesk-tickets", "COUNTER#tickets"] for units in lives} == {1}


def test_the_hottest_partition_gets_cooler_with_every_shard(lives, looked_at):
    kinds = _by_kind(lives[0])
    kind, units = max(
        ((kind, units) for kind, units in kinds.items() if kind[1].endswith("#shard")),
        key=lambda found: found[1],
    )
    assert kind == ("tickets", "OUTBOX#shard")
    placed = Counter(crc32(b"%d" % number) % MOST_SHARDS for number in range(1, TICKETS + 1))
    assert shard_key("OUTBOX", "4711") == f"OUTBOX#{crc32(b'4711') % MOST_SHARDS}"
    told = []
    for shards in (1, 8, MOST_SHARDS):
        share = Counter()
        for place, count in placed.items():
            share[place % shards] += count
        hottest = max(share.values()) / TICKETS
        assert hottest * shards < 1.1, "crc32 spreads numbers evenly"
        told.append(f"{shards}: {hottest * shards:.5f} of its part, {_rate(units, hottest)}/s")
    looked_at(
        f"{TICKETS:,} tickets; {kind[1]} takes {units:g} units a ticket; hottest by shards: "
        + "; ".join(told)
    )


def test_the_printed_units_are_those_that_a_life_consumes(desk, lives, settings):
    """Per table or index, those of docs/capacity.md; its new customer is not the ticket's."""
    page = (settings.BASE_DIR / "docs/capacity.md").read_text()
    printed, counted = defaultdict(list), defaultdict(list)
    for row in re.findall(r"(?m)^\| ((?:tickets|reporting).*?) \|.*?\| (\d[\d, ]*) \|", page):
        printed[row[0].replace(",", "")] += map(int, row[1].split(", "))
    for (table, _key), units in _by_kind(lives[0]).items():
        if not table.startswith("customers"):
            counted[table].append(units)
    # A transaction tells what a table's items took together: shares of it are fractions.
    assert {name: sorted(units) for name, units in printed.items()} == {
        name: sorted(map(round, units)) for name, units in counted.items()
    }
    settings.DYNAMODB_SHARDS = 1
    with capacity.counting() as used:
        _life(desk, 3, now=after(minutes=3))
    written = sum(map(sum, counted.values()))
    assert f"Some {written:g} units in all" in page
    read = used.capacity - sum(lives[0].values())
    assert f"reads {read:g} units" in page


def test_what_dispatch_and_a_poll_cost(desk, client, looked_at, settings):
    """Of this process, so without the engine; the event's share of full batches."""
    began = monotonic()
    for nth in range(10):
        number, now = desk.ticket(now=after(minutes=nth)).ticket_id, after(minutes=nth)
        assign(number, to=desk.rep.user_id, by=desk.rep, now=now)
        note(number, content="Ask the port.", by=desk.rep, now=now)
        respond(number, content="We are asking the port.", by=desk.rep, now=now)
    events = len(waiting_events())
    assert events >= 60
    with capacity.counting() as used, _processor_ms(events) as event:
        while waiting_events():
            assert monotonic() - began < 60
            outbox.dispatch()
    assert used.requests / events < 2

    client.force_login(desk.rep_user)
    client.get("/tickets/")
    poll = {"path": "/live/?seen=", "headers": {"Helpdesk-Background": "1"}}
    client.get(**poll)
    with capacity.counting() as polled, _processor_ms(50) as one:
        for _ in range(50):
            assert client.get(**poll).status_code in (200, 204)
    assert polled.requests == 0
    looked_at(
        f"{event[0]:.1f} processor ms and {used.requests / events:.1f} requests an event, in "
        f"batches; {one[0]:.1f} ms a poll; load average {os.getloadavg()[0]:.0f}"
    )


@contextmanager
def _processor_ms(share):
    found = []
    began = process_time()
    yield found
    found.append((process_time() - began) * 1_000 / share)


def _rate(units, share):
    """How many tickets a second the hottest partition takes."""
    return f"{UNITS_A_SECOND / units / share:,.0f}"


def _by_kind(units):
    """Units by kind of partition: without ids, numbers, days and shards."""
    found = Counter()
    for (table, key), count in units.items():
        for pattern, word in PLACEHOLDERS:
            key = re.sub(pattern, word, key)
        found[table.removeprefix(settings.DYNAMODB_TABLE_PREFIX), key] += count
    return found
