"""Messages of webhooks that are to be sent, and marks of those that were."""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.batches import delete_all
from helpdesk.dynamo.table import Item
from helpdesk.dynamo.ulids import new_ulid
from tickets.store.ticket import TicketTableMeta


class Message(Item):
    """An event to be sent to a webhook. Its key is the event's id, so the order is that of the
    events."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    event = UnicodeAttribute()
    body = UnicodeAttribute()
    tries = IntegerAttribute(default=0)
    not_before = InstantAttribute(attr_name="notBefore")


class Sent(Item):
    """A mark that this event's message was sent or dropped, so that a repeat creates none."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


def message_pk(webhook_id: int) -> str:
    return f"WEBHOOK#{webhook_id}"


def sent_pk(webhook_id: int) -> str:
    return f"WEBHOOK-SENT#{webhook_id}"


def messages(webhook_id: int, *, after: str | None, limit: int) -> list[Message]:
    """Return a webhook's messages in the order of their events. One Query."""
    beyond = Message.sk > after if after else None
    found = Message.query(message_pk(webhook_id), beyond, limit=limit, consistent_read=True)
    return list(found)


def all_messages(webhook_id: int) -> Iterator[Message]:
    """Return all waiting messages of all webhooks. One Query for each megabyte."""
    yield from Message.query(message_pk(webhook_id), consistent_read=True)


def forget_sent(webhook_id: int, *, before: datetime, limit: int) -> int:
    """Delete marks of older events; return how many. A Query, a write for each 25."""
    old = list(Sent.query(sent_pk(webhook_id), Sent.sk < new_ulid(at=before), limit=limit))
    delete_all(old)
    return len(old)
