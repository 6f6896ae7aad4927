"""What is read quickly is what the libraries' own ways read."""

import base64
import json
from datetime import UTC, datetime

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import JSONParser
from hypothesis import given
from hypothesis import strategies as some

from customers.store.items import Customer
from helpdesk.dynamo import transport
from reporting.store.items import Row
from tests.world import Desk
from tickets.store.ticket import Sla, Ticket

SERVICE = ServiceModel(Loader().load_service_model("dynamodb", "service-2"))
texts = some.text(max_size=8)
numbers = some.integers().map(str)
blobs = some.binary(max_size=8).map(lambda raw: base64.b64encode(raw).decode())
values = some.recursive(
    some.fixed_dictionaries({"S": texts})
    | some.fixed_dictionaries({"N": numbers})
    | some.fixed_dictionaries({"BOOL": some.booleans()})
    | some.fixed_dictionaries({"NULL": some.just(True)})
    | some.fixed_dictionaries({"B": blobs})
    | some.fixed_dictionaries({"SS": some.lists(texts, min_size=1, max_size=3)})
    | some.fixed_dictionaries({"NS": some.lists(numbers, min_size=1, max_size=3)})
    | some.fixed_dictionaries({"BS": some.lists(blobs, min_size=1, max_size=3)}),
    lambda inner: (
        some.fixed_dictionaries({"L": some.lists(inner, max_size=3)})
        | some.fixed_dictionaries({"M": some.dictionaries(texts, inner, max_size=3)})
    ),
    max_leaves=12,
)
items = some.dictionaries(texts, values, max_size=5)


def read_by_botocore(operation: str, body: dict) -> dict:
    answer = {"body": json.dumps(body).encode(), "headers": {}, "status_code": 200}
    return JSONParser().parse(answer, SERVICE.operation_model(operation).output_shape)


@given(items, some.lists(items, max_size=3))
def test_an_answer_is_read_as_botocore_reads_it(item, more):
    for operation, body in {
        "GetItem": {"Item": item, "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5}},
        "Query": {"Items": more, "Count": len(more), "LastEvaluatedKey": item},
        "BatchGetItem": {
            "Responses": {"t": more},
            "UnprocessedKeys": {"t": {"Keys": [item], "ConsistentRead": True}},
        },
        "TransactWriteItems": {"ItemCollectionMetrics": {"t": [{"ItemCollectionKey": item}]}},
    }.items():
        quick, own = transport.read(json.dumps(body).encode()), read_by_botocore(operation, body)
        assert quick.pop("ResponseMetadata")["HTTPStatusCode"] == 200
        del own["ResponseMetadata"]
        assert quick == own


def test_an_item_is_read_as_pynamodb_reads_it(desk: Desk):
    """A ticket as stored, one with gaps as an index gives it, a customer, and a rollup's bytes."""
    stored = Ticket.get(f"TICKET#{desk.ticket().ticket_id}", "DETAILS").serialize()
    row = {name: stored[name] for name in ("PK", "SK", "ticketId", "createdAt", "sla")}
    row = Row("R", "1", data=b"\x00\xff", batch=3).serialize()
    for kind, data in (
        (Ticket, stored),
        (Ticket, row | {"vehicleId": {"NULL": True}}),
        (Customer, Customer.get(*desk.customer._get_keys().values()).serialize()),
        (Row, row),
    ):
        quick, own = kind.from_raw_data(data), kind._instantiate(data)
        assert type(quick) is kind
        assert plain(quick) == plain(own)


def test_what_is_read_is_nobody_elses(desk: Desk):
    data = Ticket.get(f"TICKET#{desk.ticket().ticket_id}", "DETAILS").serialize()
    one, other = Ticket.from_raw_data(data), Ticket.from_raw_data(data)
    one.tags.append("x")
    one.sla.response_breached_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert "x" not in other.tags
    assert other.sla.response_breached_at is None
    bare = {name: data[name] for name in ("PK", "SK")}
    assert Ticket.from_raw_data(bare).tags is not Ticket.from_raw_data(bare).tags


def plain(held: object) -> object:
    """The values of an item, maps within it included."""
    if isinstance(held, Sla | Ticket | Customer | Row):
        return {name: plain(value) for name, value in held.attribute_values.items()}
    return held
