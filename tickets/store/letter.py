"""Mails to customers that are still to be sent."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from helpdesk.dynamo.attributes import InstantAttribute
from helpdesk.dynamo.shards import shard_key, shard_keys
from helpdesk.dynamo.table import Item
from tickets.store.ticket import TicketTableMeta

LETTERS = "LETTERS"


class Letter(Item):
    """An answer that is to be mailed; how that went is kept with the answer itself."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    communication_id = UnicodeAttribute(attr_name="communicationId")
    tries = NumberAttribute(default=0)
    not_before = InstantAttribute(attr_name="notBefore")


def new_letter(ticket_id: str, communication_id: str, *, not_before: datetime) -> Letter:
    return Letter(
        shard_key(LETTERS, ticket_id),
        communication_id,
        ticket_id=ticket_id,
        communication_id=communication_id,
        not_before=not_before,
    )


def letters(*, limit: int) -> list[Letter]:
    """Letters in the order of their answers. One Query a shard."""
    found: list[Letter] = []
    for key in shard_keys(LETTERS):
        found += Letter.query(key, limit=limit, consistent_read=True)
    return found
