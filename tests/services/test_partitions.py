"""Where the writes of a ticket's life go: which partitions take those of every ticket.

DynamoDB takes 1,000 write units a second for a partition key. So whatever takes a write of each
ticket is cut into shards, or is named here. Figures for docs/capacity.md.
PARTITION_TICKETS=100000000 places the keys of so many tickets.
"""

import os
import re
from collections import Counter
from contextlib import contextmanager
from zlib import crc32

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from customers.services.create import create_customer
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import client
from tests.world import after, settle
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import communicate, note, respond
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
