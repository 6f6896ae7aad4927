"""Look customers and vehicles up."""

from collections.abc import Iterable

from customers.domain.words import folded
from customers.store import access
from customers.store.items import Customer, Vehicle, email_pk, external_pk, vin_pk

MOST_VEHICLES_SHOWN = 50


def find_customers(text: str, *, limit: int = 8) -> list[Customer]:
    """Customers whose name begins with `text`, or who have it as their e-mail address.

    Cost: one query, and two reads more for an e-mail address.
    """
    wanted = folded(text)
    if not wanted:
        return []
    if "@" in wanted:
        holder = access.customer_with_email(text.strip().lower())
        found = access.customer(holder) if holder else None
        return [found] if found else []
    return access.customers_named(wanted, limit=limit)


def get_customer(customer_id: str) -> Customer | None:
    """One read."""
    return access.customer(customer_id)


def customer_with_external_id(external_id: str) -> Customer | None:
    """Whoever another system knows by this id. Two reads."""
    held = access.guard(external_pk(external_id))
    return access.customer(held.customer_id) if held else None


def customer_with_email(address: str) -> Customer | None:
    """Whoever has this address. Two reads."""
    held = access.guard(email_pk(address))
    return access.customer(held.customer_id) if held else None


def vehicle_with_vin(vin: str) -> Vehicle | None:
    """The vehicle with this VIN, whoever owns it. Two reads."""
    held = access.guard(vin_pk(vin))
    return access.vehicle(held.customer_id, held.vehicle_id) if held and held.vehicle_id else None


def find_vehicle(vehicle_id: str) -> Vehicle | None:
    """A vehicle, whoever owns it. One query and one read."""
    owner = access.owner_of(vehicle_id)
    return access.vehicle(owner, vehicle_id) if owner else None


def get_customers(customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Those that exist, by id. One read for each hundred."""
    return access.customers(customer_ids)


def get_vehicle(customer_id: str, vehicle_id: str) -> Vehicle | None:
    """A vehicle, if this customer owns it. One read."""
    return access.vehicle(customer_id, vehicle_id)


def get_vehicles(owners_and_ids: Iterable[tuple[str, str]]) -> dict[str, Vehicle]:
    """Those that exist and have this owner, by id. One read for each hundred."""
    return access.owned_vehicles(owners_and_ids)


def vehicles_of(customer_id: str) -> list[Vehicle]:
    """The first MOST_VEHICLES_SHOWN vehicles of a customer. One query."""
    return access.vehicles(customer_id, limit=MOST_VEHICLES_SHOWN)
