"""The items of the customers' table."""

from datetime import date
from typing import Any

from django.conf import settings
from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from customers.domain.contact import EXTENSION
from customers.domain.folding import folded
from customers.domain.search_words import WordKind
from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute, ValuesAttribute
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import Item, TableMeta

DETAILS = "DETAILS"
VEHICLE = "VEHICLE#"
GUARD = "GUARD"
CHANGED = "CHANGED"
LONGEST_KEY = 200
"""Letters of a name in the key of an index, which takes 1,024 bytes: folding can lengthen it."""


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}customers"


class ByName(GlobalSecondaryIndex["Customer"]):
    """Customers by name; the first letters are a range of it."""

    class Meta:
        index_name = "by-name"
        projection = IncludeProjection(["customerId", "name", "email", "company", "segment"])

    name_shard = UnicodeAttribute(hash_key=True, attr_name="nameShard")
    name_key = UnicodeAttribute(range_key=True, attr_name="nameKey")


class BySegment(GlobalSecondaryIndex["Customer"]):
    """Customers of a segment by name."""

    class Meta:
        index_name = "by-segment"
        projection = IncludeProjection(["customerId", "name", "email", "company", "segment"])

    segment_shard = UnicodeAttribute(hash_key=True, attr_name="segmentShard")
    name_key = UnicodeAttribute(range_key=True, attr_name="nameKey")


class ByVehicle(GlobalSecondaryIndex["Vehicle"]):
    """The owner of a vehicle, by the vehicle's id."""

    class Meta:
        index_name = "by-vehicle"
        projection = KeysOnlyProjection()

    vehicle_id = UnicodeAttribute(hash_key=True, attr_name="vehicleId")


class ByShipment(GlobalSecondaryIndex["Vehicle"]):
    """Vehicles by shipment status, then by make and model."""

    class Meta:
        index_name = "by-shipment"
        projection = IncludeProjection(
            [
                "vehicleId",
                "customerId",
                "vin",
                "make",
                "model",
                "year",
                "shipmentStatus",
                "booking",
                "version",
            ]
        )

    shipment_shard = UnicodeAttribute(hash_key=True, attr_name="shipmentShard")
    label_key = UnicodeAttribute(range_key=True, attr_name="labelKey")


class Customer(Item):
    """A person or company that ships vehicles. The model that declares the table's indexes."""

    class Meta(_Meta):
        pass

    by_name = ByName()
    by_segment = BySegment()
    by_vehicle = ByVehicle()
    by_shipment = ByShipment()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=DETAILS)
    customer_id = UnicodeAttribute(attr_name="customerId")
    name = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    company = UnicodeAttribute(null=True)
    segment = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(attr_name="timeZone", null=True)
    notes = UnicodeAttribute(null=True)
    external_id = UnicodeAttribute(attr_name="externalId", null=True)
    # By key: see helpdesk/custom_fields. Absent without any
    custom_fields = ValuesAttribute(attr_name="customFields", null=True)
    created_at = InstantAttribute(attr_name="createdAt")
    version = IntegerAttribute(default=1)
    # The record that this one was merged into
    merged_into = UnicodeAttribute(attr_name="mergedInto", null=True)
    # Addresses and ids that came with a merge: keys of guards
    also_known: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="alsoKnown", default=list
    )
    # Of a duplicate: fields whose value replaces that of the remaining record
    merge_takes: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="mergeTakes", null=True
    )
    # Values of merged records that were not chosen: {field, value, from, at}
    merged_values: JSONAttribute = JSONAttribute(attr_name="mergedValues", null=True)
    # When a mail server last said that the email address takes nothing; until mail comes from there
    bounced_at = InstantAttribute(attr_name="bouncedAt", null=True)
    erased_at = InstantAttribute(attr_name="erasedAt", null=True)
    # The words that lead here, each after its kind; None: as written by an older release
    found_by: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="foundBy", null=True
    )
    # In the lists; a signpost and an erased customer are in none
    name_shard = UnicodeAttribute(attr_name="nameShard", null=True)
    name_key = UnicodeAttribute(attr_name="nameKey", null=True)
    segment_shard = UnicodeAttribute(attr_name="segmentShard", null=True)

    @property
    def reached_by(self) -> list[str]:
        """What distinguishes this customer from others of the name: company, address and number."""
        return [*filter(None, (self.company, self.email, self.phone))]

    @property
    def dialled(self) -> str:
        """The phone number as a URL that a phone can call (RFC 3966)."""
        return f"tel:{(self.phone or '').replace(EXTENSION, ';ext=')}"

    @property
    def gone(self) -> bool:
        """Whether nothing new may refer to the customer."""
        return self.merged_into is not None or self.erased_at is not None


class CustomerChanged(Item):
    """A customer whose changed name or vehicles have to be copied to where they are stored
    elsewhere."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    customer_id = UnicodeAttribute(attr_name="ofCustomer")
    at = UnicodeAttribute()


class SearchWord(Item):
    """A word by which a customer is found: of their name, address or number, or of a vehicle's."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    customer_id = UnicodeAttribute(attr_name="ofCustomer")


class Vehicle(Item):
    """A vehicle that is shipped, in its owner's item collection."""

    class Meta(_Meta):
        pass

    # Declared for the table by Customer; queried here, for rows of this type.
    by_shipment = ByShipment()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    vehicle_id = UnicodeAttribute(attr_name="vehicleId")
    customer_id = UnicodeAttribute(attr_name="customerId")
    vin = UnicodeAttribute(null=True)
    make = UnicodeAttribute()
    model = UnicodeAttribute()
    year = IntegerAttribute(null=True)
    # A person said that the year is unknown: no VIN fills it in
    year_is_unknown = BooleanAttribute(attr_name="yearIsUnknown", null=True)
    shipment_status = UnicodeAttribute(attr_name="shipmentStatus")
    booking = UnicodeAttribute(null=True)  # a booking or container number
    vessel = UnicodeAttribute(null=True)
    eta = UnicodeAttribute(null=True)  # the day on which it is expected to arrive: 2026-11-24
    tracking_url = UnicodeAttribute(attr_name="trackingUrl", null=True)  # of the carrier; http(s)
    # By key: see helpdesk/custom_fields. Absent without any
    custom_fields = ValuesAttribute(attr_name="customFields", null=True)
    version = IntegerAttribute(default=1)
    # The words that lead here, each after its kind; None: as written by an older release
    found_by: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="foundBy", null=True
    )
    # Set by set_vehicle_keys alone
    shipment_shard = UnicodeAttribute(attr_name="shipmentShard", null=True)
    label_key = UnicodeAttribute(attr_name="labelKey", null=True)

    @property
    def arrives(self) -> date | None:
        """The day on which it is expected to arrive."""
        return date.fromisoformat(self.eta) if self.eta else None

    @property
    def label(self) -> str:
        """Year, make and model, as far as they are known."""
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part)


class Guard(Item):
    """Exists while `customer_id` has what its key names: an email address, a VIN, an external id.

    A VIN's guard also has the vehicle's id.
    """

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=GUARD)
    customer_id = UnicodeAttribute(attr_name="customerId")
    vehicle_id = UnicodeAttribute(attr_name="ofVehicle", null=True)


def set_vehicle_keys(vehicle: Vehicle) -> None:
    """Set the index keys of a vehicle."""
    label = folded(f"{vehicle.make} {vehicle.model} {vehicle.year if vehicle.year else ''}")
    vehicle.label_key = f"{label[:LONGEST_KEY]}#{vehicle.vehicle_id}"
    vehicle.shipment_shard = shard_key(vehicle.shipment_status, vehicle.vehicle_id)


def customer_pk(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}"


def vehicle_sk(vehicle_id: str) -> str:
    return f"{VEHICLE}{vehicle_id}"


def email_pk(address: str) -> str:
    return f"EMAIL#{address}"


def vin_pk(vin: str) -> str:
    return f"VIN#{vin}"


def external_pk(external_id: str) -> str:
    return f"EXTERNAL#{external_id}"


def search_word(kind: WordKind, word: str, item_id: str, customer_id: str) -> SearchWord:
    """Return a word that leads to a customer, or to a vehicle of theirs, whose id `item_id` is."""
    return SearchWord(shard_key(kind, item_id), f"{word}#{item_id}", customer_id=customer_id)


def changed(customer_id: str, stamp: str) -> CustomerChanged:
    """Return a mark that a customer has changed.

    `stamp` distinguishes two changes: the later one stays when the earlier has been followed.
    """
    return CustomerChanged(
        shard_key(CHANGED, customer_id), customer_id, customer_id=customer_id, at=stamp
    )


def set_customer_keys(customer: Customer) -> None:
    """Set the index keys of a customer who is in lists."""
    customer.name_shard = name_shard(customer.customer_id)
    customer.name_key = f"{folded(customer.name)[:LONGEST_KEY]}#{customer.customer_id}"
    customer.segment_shard = shard_key(customer.segment, customer.customer_id)


def name_shard(customer_id: str) -> str:
    """Return the shard of the index by name that a customer is in."""
    return shard_key("NAME", customer_id)
