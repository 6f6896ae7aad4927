"""Who asks the customers' table what, and what it costs."""

from collections.abc import Iterable

from pynamodb.exceptions import DoesNotExist

from customers.store.items import (
    DETAILS,
    GUARD,
    VEHICLE,
    Customer,
    Guard,
    Vehicle,
    customer_pk,
    email_pk,
    vehicle_sk,
)
from helpdesk.dynamo.pages import read_page


def customer(customer_id: str) -> Customer | None:
    """One GetItem."""
    try:
        return Customer.get(customer_pk(customer_id), DETAILS, consistent_read=True)
    except DoesNotExist:
        return None


def vehicle(customer_id: str, vehicle_id: str) -> Vehicle | None:
    """A vehicle of this customer. One GetItem."""
    try:
        return Vehicle.get(customer_pk(customer_id), vehicle_sk(vehicle_id), consistent_read=True)
    except DoesNotExist:
        return None


def vehicles(customer_id: str, *, limit: int) -> list[Vehicle]:
    """One Query."""
    owned = Vehicle.query(
        customer_pk(customer_id), Vehicle.sk.startswith(VEHICLE), limit=limit, consistent_read=True
    )
    return list(owned)


def customers(customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Those that exist, by id. One BatchGetItem for each hundred."""
    keys = [(customer_pk(customer_id), DETAILS) for customer_id in set(customer_ids)]
    return {found.customer_id: found for found in Customer.batch_get(keys)} if keys else {}


def owned_vehicles(owners_and_ids: Iterable[tuple[str, str]]) -> dict[str, Vehicle]:
    """Those that exist, by id. One BatchGetItem for each hundred."""
    keys = [
        (customer_pk(customer_id), vehicle_sk(vehicle_id))
        for customer_id, vehicle_id in set(owners_and_ids)
    ]
    return {found.vehicle_id: found for found in Vehicle.batch_get(keys)} if keys else {}


def customers_named(prefix: str, *, limit: int) -> list[Customer]:
    """Customers whose folded name begins with `prefix`, by name. One Query a shard."""
    condition = Customer.name_key.startswith(prefix)
    page = read_page(
        Customer.by_name,
        ["NAME"],
        place_of=lambda row: str(row.name_key),
        limit=limit,
        condition=condition,
    )
    return page.rows


def customer_with_email(address: str) -> str | None:
    """The id of the customer who holds `address`. One GetItem."""
    try:
        return Guard.get(email_pk(address), GUARD).customer_id
    except DoesNotExist:
        return None
