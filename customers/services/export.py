"""Customers and vehicles with their custom fields, as rows for a spreadsheet program."""

from collections.abc import Iterator
from typing import Any

from customers.domain.choices import ShipmentStatus
from customers.store import queries
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.audit.record import record
from helpdesk.custom_fields.columns import cells, columns_of, heads
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.dynamo.pages import PagePosition

Row = list[Any]

PAGE = 100
CUSTOMER = (
    *("customer_id", "name", "email", "phone", "company", "segment", "external_id"),
    *("address", "language", "time_zone", "notes", "created_at"),
)
VEHICLE = (
    *("vehicle_id", "customer_id", "vin", "make", "model", "year", "shipment_status"),
    *("booking", "vessel", "eta", "tracking_url"),
)


def customer_rows(*, by: Actor) -> Iterator[Row]:
    """Return all customers by name, a head first. Raises NotAllowed for all but supervisors.

    Written into the audit record. Cost: for each PAGE of them a query and a batch read.
    """
    require_supervision(by)
    record("customer", "exported", "customer:list", by=by.user_id)
    return _customers(columns_of(RecordKind.CUSTOMER))


def vehicle_rows(*, by: Actor) -> Iterator[Row]:
    """Return all vehicles by make; otherwise as `customer_rows`."""
    require_supervision(by)
    record("customer", "exported", "vehicle:list", by=by.user_id)
    return _vehicles(columns_of(RecordKind.VEHICLE))


def _customers(keys: list[str]) -> Iterator[Row]:
    attributes = Customer.get_attributes()
    yield [*(attributes[name].attr_name for name in CUSTOMER), *heads(keys)]
    place: PagePosition | None = None
    while True:
        page = queries.customers_page(limit=PAGE, place=place)
        whole = queries.customers(row.customer_id for row in page.rows)
        for row in page.rows:
            if one := whole.get(row.customer_id):
                yield [*(getattr(one, name) for name in CUSTOMER), *cells(keys, one.custom_fields)]
        if not (place := page.next):
            return


def _vehicles(keys: list[str]) -> Iterator[Row]:
    attributes = Vehicle.get_attributes()
    yield [*(attributes[name].attr_name for name in VEHICLE), *heads(keys)]
    place: PagePosition | None = None
    while True:
        page = queries.vehicles_page(statuses=list(ShipmentStatus), limit=PAGE, place=place)
        whole = queries.owned_vehicles((row.customer_id, row.vehicle_id) for row in page.rows)
        for row in page.rows:
            if one := whole.get(row.vehicle_id):
                yield [*(getattr(one, name) for name in VEHICLE), *cells(keys, one.custom_fields)]
        if not (place := page.next):
            return
