"""What the project takes of PynamoDB and botocore beside their public names is still there."""

from pynamodb.connection import Connection

from customers.store.items import Customer
from helpdesk.dynamo import table
from tickets.store.ticket import Ticket


def test_every_model_is_on_the_one_client_of_the_process(desk):
    assert table.connection().client is table.client()
    for model in (Ticket, Customer):
        assert model._get_connection().connection.client is table.client()
    assert isinstance(Connection.client, property), "the client is kept in `_client` no more"


def test_a_transaction_is_sent_when_its_block_ends(desk):
    from helpdesk.dynamo import capacity
    from tests.world import NOON

    with capacity.counting() as usage:
        desk.ticket(now=NOON)
    assert usage.operations.count("TransactWriteItems") == 1
