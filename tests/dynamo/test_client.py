"""What the project takes of PynamoDB and botocore beside their public names is still there."""

from botocore.parsers import JSONParser, ResponseParserFactory
from pynamodb.connection import Connection

from customers.store.items import Customer
from helpdesk.dynamo import table, wire
from tests.world import stored
from tickets.store.ticket import Ticket


def test_every_model_is_on_the_one_client_of_the_process(desk):
    assert table.connection().client is table.client()
    for model in (Ticket, Customer):
        assert model._get_connection().connection.client is table.client()
    assert isinstance(Connection.client, property), "the client is kept in `_client` no more"


def test_answers_of_the_client_are_read_by_our_parser(desk, monkeypatch):
    """A method that botocore no longer calls would leave us with its own slow reading."""
    number = desk.ticket().ticket_id
    read = []
    own = wire._read
    monkeypatch.setattr(wire, "_read", lambda value: read.append(value) or own(value))

    assert stored(number).ticket_id == number

    assert {"S": number} in read
    assert hasattr(JSONParser, "_handle_structure")
    assert hasattr(JSONParser, "_handle_map")
    assert isinstance(wire.Factory().create_parser("json"), JSONParser)
    assert issubclass(wire.Factory, ResponseParserFactory)


def test_a_transaction_is_sent_when_its_block_ends(desk):
    from helpdesk.dynamo import capacity
    from tests.world import NOON

    with capacity.counting() as usage:
        desk.ticket(now=NOON)
    assert usage.operations.count("TransactWriteItems") == 1
