"""The items of the customers' table."""

from django.conf import settings
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from helpdesk.dynamo.attributes import InstantAttribute
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import Item, TableMeta

DETAILS = "DETAILS"
VEHICLE = "VEHICLE#"
GUARD = "GUARD"


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}customers"


class ByName(GlobalSecondaryIndex["Customer"]):
    """Customers by name; the first letters are a range of it."""

    class Meta:
        index_name = "by-name"
        projection = IncludeProjection(["customerId", "name", "email", "company", "segment"])

    name_shard = UnicodeAttribute(hash_key=True, attr_name="nameShard")
    name_key = UnicodeAttribute(range_key=True, attr_name="nameKey")


class Customer(Item):
    """A person or company that ships vehicles."""

    class Meta(_Meta):
        pass

    by_name = ByName()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=DETAILS)
    customer_id = UnicodeAttribute(attr_name="customerId")
    name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    company = UnicodeAttribute(null=True)
    segment = UnicodeAttribute()
    created_at = InstantAttribute(attr_name="createdAt")
    version = NumberAttribute(default=1)
    name_shard = UnicodeAttribute(attr_name="nameShard")
    name_key = UnicodeAttribute(attr_name="nameKey")


class Vehicle(Item):
    """A vehicle on its way, in its owner's item collection."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    vehicle_id = UnicodeAttribute(attr_name="vehicleId")
    customer_id = UnicodeAttribute(attr_name="customerId")
    vin = UnicodeAttribute(null=True)
    make = UnicodeAttribute()
    model = UnicodeAttribute()
    year = NumberAttribute(null=True)
    shipment_status = UnicodeAttribute(attr_name="shipmentStatus")
    version = NumberAttribute(default=1)

    @property
    def label(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part)


class Guard(Item):
    """Exists while `customer_id` holds the e-mail address or VIN that its key names."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=GUARD)
    customer_id = UnicodeAttribute(attr_name="customerId")


def customer_pk(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}"


def vehicle_sk(vehicle_id: str) -> str:
    return f"{VEHICLE}{vehicle_id}"


def email_pk(address: str) -> str:
    return f"EMAIL#{address}"


def vin_pk(vin: str) -> str:
    return f"VIN#{vin}"


def name_shard(customer_id: str) -> str:
    return shard_key("NAME", customer_id)
