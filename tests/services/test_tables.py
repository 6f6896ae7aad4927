"""Tables of an earlier release get the indexes of this one."""

import pytest

from customers.store.items import Customer
from helpdesk.audit.store import Entry
from helpdesk.dynamo.table import client, create_missing_tables
from tests.world import settle, stored
from tickets.services.lists.find import QUEUES, Queue, find
from tickets.store.ticket import Ticket

TABLE = str(Ticket.Meta.table_name)


@pytest.fixture(autouse=True)
def whole_again():
    """Other tests find every index, however one of these ends."""
    yield
    create_missing_tables()


def test_there_is_nothing_to_do_where_nothing_has_changed(tables):
    assert not any(made for _name, made in create_missing_tables())


def test_a_missing_index_is_made_and_one_of_another_form_made_anew(desk):
    number = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    settle()
    for name in ("by-team", "by-assignee"):
        client().update_table(
            TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}]
        )
    client().update_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "assigneeKey", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-assignee",
                    "KeySchema": [{"AttributeName": "assigneeKey", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )

    assert (TABLE, True) in create_missing_tables()

    assert not any(made for _name, made in create_missing_tables())
    found = find(QUEUES[Queue.MINE], by=desk.rep)
    assert [ticket.ticket_id for ticket in found.tickets] == [number]


def test_a_missing_index_of_customers_is_made(tables):
    name = str(Customer.Meta.table_name)
    client().update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-segment"}}]
    )

    assert (name, True) in create_missing_tables()
    assert not any(made for _name, made in create_missing_tables())


def test_a_missing_index_of_the_audit_record_is_made(tables):
    name = str(Entry.Meta.table_name)
    client().update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-kind"}}]
    )

    assert (name, True) in create_missing_tables()


def test_words_of_a_ticket_are_members_of_their_enumerations_and_stored_as_text(desk):
    number = desk.ticket(priority="High").ticket_id
    found = stored(number)
    assert (found.status, found.priority, found.category.value) == ("Open", "High", "Shipping")
    assert found.status.active
    raw = found.serialize()
    assert (raw["status"], raw["priority"]) == ({"S": "Open"}, {"S": "High"})
    with pytest.raises(ValueError, match="Pending"):
        found.status = "Pending"
