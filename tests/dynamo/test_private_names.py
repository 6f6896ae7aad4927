"""Private names of libraries that the desk uses: an upgrade that changes one fails here first."""

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from customers.store.items import Customer
from helpdesk.dynamo import batches
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from tickets.store.ticket import Ticket, ticket_pk


class Mark(Model):
    """An item of the tickets' table that has nothing but a key and a word."""

    class Meta:
        table_name = Ticket.Meta.table_name

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    word = UnicodeAttribute(null=True)


def test_a_model_names_its_keys_and_its_schema():
    assert Ticket._hash_key_attribute().attr_name == "PK"
    assert Ticket._range_key_attribute().attr_name == "SK"
    schema = Ticket._get_schema()
    assert {index["index_name"] for index in schema["global_secondary_indexes"]}
    assert Ticket._ttl_attribute() is None or Ticket._ttl_attribute().attr_name
    ticket = Ticket(ticket_pk("1"), "TICKET")
    assert ticket._get_keys() == {"PK": ticket_pk("1"), "SK": "TICKET"}


def test_what_a_batch_left_unread_is_read_again(desk, monkeypatch):
    key = (desk.customer.pk, desk.customer.sk)
    real, calls = Customer._batch_get_page.__func__, []

    def first_leaves_all(kind, keys, consistent, only):
        calls.append(keys)
        if len(calls) == 1:
            return [], [{name: {"S": value} for name, value in one.items()} for one in keys]
        return real(kind, keys, consistent, only)

    monkeypatch.setattr(Customer, "_batch_get_page", classmethod(first_leaves_all))
    monkeypatch.setattr(batches, "PAUSE", 0)

    [found] = batches.read_all(Customer, [key])
    assert found.name == desk.customer.name
    assert len(calls) == 2
    assert calls[0] == calls[1]


def test_what_a_batch_left_undeleted_is_deleted_again(desk, monkeypatch):
    connection = Customer._get_connection()
    real, calls = connection.batch_write_item, []

    def first_leaves_all(*, delete_items):
        calls.append(delete_items)
        if len(calls) > 1:
            return real(delete_items=delete_items)
        left = [
            {"DeleteRequest": {"Key": {name: {"S": value} for name, value in one.items()}}}
            for one in delete_items
        ]
        return {"UnprocessedItems": {Customer.Meta.table_name: left}}

    monkeypatch.setattr(connection, "batch_write_item", first_leaves_all)
    monkeypatch.setattr(batches, "PAUSE", 0)

    batches.delete_all([desk.customer])
    assert calls[0] == calls[1]
    assert not list(batches.read_all(Customer, [(desk.customer.pk, desk.customer.sk)]))


@pytest.mark.parametrize("fails", ["checked", "deleted", "put", "updated"])
def test_reasons_come_in_the_order_that_the_transaction_expects(tables, fails):
    """Whatever the order of the calls: PynamoDB sends checks, deletes, puts, updates."""
    items = {name: Mark(name, "MARK") for name in ("checked", "deleted", "put", "updated")}
    exists, missing = Mark.pk.exists(), Mark.pk.does_not_exist()

    def condition(name):
        return exists if name == fails else missing

    write = Transaction()
    write.update(items["updated"], [Mark.word.set("a")], condition("updated"))
    write.put(items["put"], condition("put"))
    write.check(Mark, items["checked"].pk, items["checked"].sk, condition("checked"))
    write.delete(items["deleted"], condition("deleted"))
    with pytest.raises(ConditionFailed) as refused:
        write.__exit__(None, None, None)

    assert [item.pk for item in refused.value.failed] == [fails]
