"""A table that the desk does not have: what a new model, index and TTL lead to."""

from django.conf import settings
from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from helpdesk.dynamo.table import Item, TableMeta


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}parcels"


class ByCarrier(GlobalSecondaryIndex["Parcel"]):
    class Meta:
        index_name = "by-carrier"
        projection = IncludeProjection(["weight"])

    carrier = UnicodeAttribute(hash_key=True)


class Parcel(Item):
    class Meta(_Meta):
        pass

    by_carrier = ByCarrier()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    carrier = UnicodeAttribute()


class Label(Item):
    """It lies in the table of parcels, and is deleted after a while."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    useless_after = TTLAttribute(attr_name="uselessAfter")
