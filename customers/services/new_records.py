"""A customer and a vehicle that are created together with something else, in its transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.domain.choices import Segment, ShipmentStatus
from customers.services.create import (
    checked_customer,
    checked_vehicle,
    guarded,
    new_customer,
    new_vehicle,
    note_custom_values,
    put_customer,
    put_vehicle,
    taken_keys,
)
from customers.store import queries
from customers.store.items import Customer, Vehicle, vin_pk
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import Invalid

CUSTOMER_FIELD, VEHICLE_FIELD = "newCustomer.", "newVehicle."
"""What the names of fields begin with in errors."""

_CUSTOMER = {"name": "", "segment": Segment.INDIVIDUAL}
_VEHICLE = {
    **dict.fromkeys(
        ("vin", "make", "model", "year", "booking", "vessel", "eta", "tracking_url"), ""
    ),
    "shipment_status": ShipmentStatus.BOOKED,
}


@dataclass(frozen=True)
class NewRecords:
    """A customer and a vehicle that are not stored yet."""

    customer: Customer | None = None
    vehicle: Vehicle | None = None

    def put(self, transaction: Transaction) -> None:
        """Add both to a transaction, which fails if somebody has their address or VIN."""
        if self.customer:
            put_customer(transaction, self.customer)
        if self.vehicle:
            put_vehicle(transaction, self.vehicle)
        both: list[Customer | Vehicle] = [one for one in (self.customer, self.vehicle) if one]
        note_custom_values(transaction, *both)

    def refuse_taken(self) -> None:
        """Raise Invalid, with the holder's name, for an address or VIN that somebody has. One
        batch read."""
        keys = guarded(self.customer) if self.customer else set()
        if self.vehicle and self.vehicle.vin:
            keys.add(vin_pk(self.vehicle.vin))
        held = [guard.pk for guard in queries.guards(keys)] if keys else []
        if held:
            raise _with_place(taken_keys(held))


def new_records(
    *,
    customer: Mapping[str, Any] | None,
    vehicle: Mapping[str, Any] | None,
    owner_id: str | None,
    now: datetime,
) -> NewRecords:
    """Return the customer and vehicle of these fields; None for no new one.

    `owner_id` is the owner of a new vehicle of a customer who exists. Fields are those of
    `create_customer` and `create_vehicle`. Raises Invalid with everything that is wrong, each field
    after CUSTOMER_FIELD or VEHICLE_FIELD.
    """
    errors: dict[str, str] = {}
    made, car = None, None
    if customer is not None:
        try:
            made = new_customer(checked_customer({**_CUSTOMER, **customer}, new=True), now=now)
        except Invalid as refused:
            errors |= {CUSTOMER_FIELD + name: words for name, words in refused.errors.items()}
    if vehicle is not None:
        given = {**_VEHICLE, **vehicle}
        confirmed = bool(given.pop("confirm_vin", False))
        try:
            fields = checked_vehicle(given, confirm_vin=confirmed, new=True)
        except Invalid as refused:
            errors |= {VEHICLE_FIELD + name: words for name, words in refused.errors.items()}
        else:
            owner = made.customer_id if made else owner_id
            car = new_vehicle(fields, customer_id=owner) if owner else None
    records = NewRecords(made, car)
    try:
        records.refuse_taken()
    except Invalid as refused:
        errors |= refused.errors
    if errors:
        raise Invalid(errors)
    return records


def _with_place(refused: Invalid) -> Invalid:
    return Invalid(
        {
            (VEHICLE_FIELD if name == "vin" else CUSTOMER_FIELD) + name: words
            for name, words in refused.errors.items()
        }
    )
