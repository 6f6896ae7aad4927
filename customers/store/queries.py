"""Every query of the customers' table, and its cost."""

from collections.abc import Iterable, Iterator, Sequence

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex

from customers.domain.search_words import WordKind
from customers.store.items import (
    CHANGED,
    DETAILS,
    GUARD,
    VEHICLE,
    Customer,
    CustomerChanged,
    Guard,
    SearchWord,
    Vehicle,
    customer_pk,
    email_pk,
    vehicle_sk,
)
from helpdesk.dynamo.batches import read_all
from helpdesk.dynamo.pages import END, Page, PagePosition, read_page
from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.table import fits


def customer(customer_id: str) -> Customer | None:
    """Return a customer. One GetItem."""
    try:
        return Customer.get(customer_pk(customer_id), DETAILS, consistent_read=True)
    except DoesNotExist:
        return None


def vehicle(customer_id: str, vehicle_id: str) -> Vehicle | None:
    """Return a vehicle of this customer. One GetItem."""
    try:
        return Vehicle.get(customer_pk(customer_id), vehicle_sk(vehicle_id), consistent_read=True)
    except DoesNotExist:
        return None


def vehicles(customer_id: str, *, after: str | None = None, limit: int) -> list[Vehicle]:
    """Return a customer's vehicles by id, from the beginning or after one. One Query."""
    begin = vehicle_sk(f"{after}\0") if after else VEHICLE
    if not fits(customer_pk(customer_id), begin):
        return []
    owned = Vehicle.query(
        customer_pk(customer_id),
        Vehicle.sk.between(begin, f"{VEHICLE}~"),
        limit=limit,
        consistent_read=True,
    )
    return list(owned)


def all_vehicles(customer_id: str) -> list[Vehicle]:
    """Return every vehicle of a customer. One Query for each megabyte."""
    owned = Vehicle.query(
        customer_pk(customer_id), Vehicle.sk.startswith(VEHICLE), consistent_read=True
    )
    return list(owned)


def every_vehicle() -> Iterator[Vehicle]:
    """Yield every vehicle. Reads the whole table: only for rebuilding derived data."""
    yield from Vehicle.scan(Vehicle.sk.startswith(VEHICLE))


def customers(customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Return the customers that exist, by id. One BatchGetItem for each hundred."""
    keys = [(customer_pk(customer_id), DETAILS) for customer_id in set(customer_ids)]
    return {found.customer_id: found for found in read_all(Customer, keys, consistent=False)}


def customer_names(customer_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of the customers that exist, by id. One BatchGetItem for each hundred."""
    keys = [(customer_pk(customer_id), DETAILS) for customer_id in set(customer_ids)]
    found = read_all(Customer, keys, consistent=False, only=["customerId", "name"])
    return {one.customer_id: one.name for one in found}


def owned_vehicles(owners_and_ids: Iterable[tuple[str, str]]) -> dict[str, Vehicle]:
    """Return the vehicles that exist, by id. One BatchGetItem for each hundred."""
    keys = [
        (customer_pk(customer_id), vehicle_sk(vehicle_id))
        for customer_id, vehicle_id in set(owners_and_ids)
    ]
    return {found.vehicle_id: found for found in read_all(Vehicle, keys, consistent=False)}


def customers_page(
    *, segment: str | None = None, limit: int, place: PagePosition | None = None
) -> Page[Customer]:
    """Return customers by name, of a segment or all. One Query a shard, of the rows shown."""
    index: GlobalSecondaryIndex[Customer] = Customer.by_segment if segment else Customer.by_name
    return read_page(
        index,
        [segment or "NAME"],
        place_of=lambda row: str(row.name_key),
        limit=limit,
        condition=_from_here(Customer.name_key, place),
        place=place,
    )


def vehicles_page(
    *, statuses: Sequence[str], limit: int, place: PagePosition | None = None
) -> Page[Vehicle]:
    """Return vehicles of some shipment statuses by make and model.

    One Query for each status and shard, of the rows shown.
    """
    return read_page(
        Vehicle.by_shipment,
        statuses,
        place_of=lambda row: str(row.label_key),
        limit=limit,
        condition=_from_here(Vehicle.label_key, place),
        place=place,
    )


def _from_here(key: UnicodeAttribute, place: PagePosition | None) -> Condition | None:
    """Return the condition of the page at `place`; None: it is at an end of the list."""
    if place is None or place == END:
        return None
    return key < place.key if place.back else key > place.key


def customers_with_word(kind: WordKind, beginning: str, *, limit: int) -> list[str]:
    """Return ids of customers with a word of this kind that begins with this. One Query a shard."""
    found = [
        word.customer_id
        for key in shard_keys(kind)
        for word in SearchWord.query(key, SearchWord.sk.startswith(beginning), limit=limit)
    ]
    return list(dict.fromkeys(found))[:limit]


def customers_named(beginning: str, *, limit: int) -> list[str]:
    """Return ids of customers whose folded name begins with this, by name. One Query a shard."""
    page = read_page(
        Customer.by_name,
        ["NAME"],
        place_of=lambda row: str(row.name_key),
        limit=limit,
        condition=Customer.name_key.startswith(beginning),
    )
    return [row.customer_id for row in page.rows]


def vehicles_with_word(kind: WordKind, beginning: str, *, limit: int) -> list[tuple[str, str]]:
    """Return owners and ids of vehicles with a word that begins with this. One Query a shard."""
    found = [
        (word.customer_id, word.sk.rpartition("#")[2])
        for key in shard_keys(kind)
        for word in SearchWord.query(key, SearchWord.sk.startswith(beginning), limit=limit)
    ]
    return found[:limit]


def every_customer() -> Iterator[Customer]:
    """Yield every customer. Reads the whole table: only for rebuilding derived data."""
    yield from Customer.scan(Customer.sk == DETAILS)


def changed_customers(*, limit: int) -> list[CustomerChanged]:
    """Return customers that have changed. One Query a shard."""
    return [
        found
        for key in shard_keys(CHANGED)
        for found in CustomerChanged.query(key, limit=limit, consistent_read=True)
    ]


def guard(key: str) -> Guard | None:
    """Return the guard with this key. One GetItem, consistent."""
    try:
        return Guard.get(key, GUARD, consistent_read=True)
    except DoesNotExist:
        return None


def guards(keys: Iterable[str]) -> list[Guard]:
    """Return the guards that exist. One BatchGetItem for each hundred."""
    wanted = [(key, GUARD) for key in set(keys)]
    return list(read_all(Guard, wanted))


def customer_with_email(address: str) -> str | None:
    """Return the id of the customer with this address. One GetItem."""
    found = guard(email_pk(address))
    return found.customer_id if found else None


def owner_of(vehicle_id: str) -> str | None:
    """Return the id of a vehicle's owner. One Query."""
    if not fits(vehicle_id):
        return None
    row = next(iter(Customer.by_vehicle.query(vehicle_id, limit=2)), None)
    return str(row.pk).partition("#")[2] if row else None
