"""Facts: what happened on a day, keyed so that a repeat changes nothing."""

from django.conf import settings
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from helpdesk.dynamo.attributes import InstantAttribute
from helpdesk.dynamo.table import Item, TableMeta


class Fact(Item):
    """One ticket was created, resolved, closed, reopened or escalated."""

    class Meta(TableMeta):
        table_name = f"{settings.DYNAMODB_TABLE_PREFIX}reporting"

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    kind = UnicodeAttribute()
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    life = NumberAttribute()
    at = InstantAttribute()
