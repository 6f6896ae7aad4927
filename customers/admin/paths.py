"""The queries that the admin's lists of customers and vehicles serve."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldError

from customers.domain import vin as vins
from customers.domain.choices import Segment, ShipmentStatus
from customers.models import Customer, Vehicle
from customers.services.custom_filters import conditions
from customers.services.read import (
    MOST_SEARCHED,
    MOST_VEHICLES_SHOWN,
    customers_with,
    find_customers,
    find_vehicle,
    find_vehicles,
    get_customers,
    vehicles_with,
)
from customers.store import queries
from customers.store.items import Customer as StoredCustomer
from customers.store.items import Vehicle as StoredVehicle
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.dynamo.pages import Page
from helpdesk.dynamo_admin.matching import listed
from helpdesk.dynamo_admin.paths import ByKey, Collection, Listing, ListQuery, Row, serve
from helpdesk.parsing import BadValue

_LISTED = ("customer_id", "name", "email", "company", "segment", "name_key")
_CUSTOMER = [
    field.attname
    for field in Customer._meta.concrete_fields
    if field.attname not in ("version", "words")
]
_VEHICLE = [
    field.attname
    for field in Vehicle._meta.concrete_fields
    if field.attname not in ("version", "year", "words")
]


def _listed(customer: StoredCustomer) -> Row:
    """Return a row of an index by name; other attributes are read when they are used."""
    return {name: getattr(customer, name) for name in _LISTED} | {"words": None}


def _whole(customer: StoredCustomer) -> Row:
    row = {name: getattr(customer, name) for name in _CUSTOMER}
    return {**row, "version": customer.version, "words": None}


def vehicle_row(vehicle: StoredVehicle) -> Row:
    row = {name: getattr(vehicle, name) for name in _VEHICLE}
    year = vehicle.year if vehicle.year is not None else None
    return {**row, "version": vehicle.version, "year": year, "words": None}


def _customers(keys: Iterable[str]) -> Iterable[Row]:
    return [_whole(customer) for customer in get_customers(keys).values()]


def _customers_page(asked: ListQuery) -> Page[Row]:
    page = queries.customers_page(
        segment=asked.one("segment"), limit=asked.limit, place=asked.place
    )
    return Page([_listed(customer) for customer in page], page.next, page.previous)


def _conditions(of: RecordKind, asked: ListQuery) -> frozenset[str]:
    """Return the conditions on custom fields. Raises FieldError."""
    try:
        return conditions(of, [str(one) for one in listed(asked.get("custom_fields", "contains"))])
    except BadValue as bad:
        raise FieldError(str(bad)) from bad


def _with_fields(asked: ListQuery) -> Page[Row]:
    found = customers_with(_conditions(RecordKind.CUSTOMER, asked))
    segment = asked.one("segment")
    rows = [_whole(one) for one in found if segment in (None, one.segment)]
    return Page(rows, None, None)


def _vehicles_with_fields(asked: ListQuery) -> Page[Row]:
    found = vehicles_with(_conditions(RecordKind.VEHICLE, asked))
    statuses = asked.any_of("shipment_status")
    rows = [vehicle_row(one) for one in found if not statuses or one.shipment_status in statuses]
    return Page(rows, None, None)


def _found(asked: ListQuery) -> Page[Row]:
    found = find_customers(str(asked.get("words", "search")), limit=MOST_SEARCHED)
    return Page([_whole(customer) for customer in found], None, None)


serve(
    Customer,
    ByKey(_customers),
    Listing(
        "by name",
        {"segment": {"exact": set(Segment)}},
        (("name_key",),),
        _customers_page,
    ),
    Listing(
        f"the newest {MOST_SEARCHED} with custom values",
        {"custom_fields": {"contains": None}, "segment": {"exact": set(Segment)}},
        (("name_key",),),
        _with_fields,
        needs=("custom_fields",),
    ),
    Listing(
        f"the first {MOST_SEARCHED} that words find",
        {"words": {"search": None}},
        (("name_key",),),
        _found,
        needs=("words",),
    ),
)


def _vehicles(keys: Sequence[Any]) -> Iterable[Row]:
    """Return vehicles by id. Two reads for each: an index has the owner."""
    found = [find_vehicle(str(key)) for key in dict.fromkeys(keys)]
    return [vehicle_row(vehicle) for vehicle in found if vehicle]


def _vehicles_page(asked: ListQuery) -> Page[Row]:
    page = queries.vehicles_page(
        statuses=sorted(asked.any_of("shipment_status") or ShipmentStatus),
        limit=asked.limit,
        place=asked.place,
    )
    return Page([vehicle_row(vehicle) for vehicle in page], page.next, page.previous)


def _with_vin(vin: str) -> list[Row]:
    return [vehicle_row(one) for one in find_vehicles(vin) if one.vin == vins.as_kept(vin)]


def _vehicles_found(asked: ListQuery) -> Page[Row]:
    found = find_vehicles(str(asked.get("words", "search")))
    return Page(sorted(map(vehicle_row, found), key=_label_key), None, None)


def _label_key(row: Row) -> str:
    return str(row["label_key"])


serve(
    Vehicle,
    ByKey(_vehicles),
    Collection(
        "of a customer",
        ("customer_id",),
        lambda values: [
            vehicle_row(found)
            for found in queries.vehicles(values["customer_id"], limit=MOST_VEHICLES_SHOWN + 1)
        ],
        most=MOST_VEHICLES_SHOWN,
    ),
    Collection("by VIN", ("vin",), lambda values: _with_vin(values["vin"]), most=1),
    Listing(
        "by shipment",
        {"shipment_status": {"in": set(ShipmentStatus)}},
        (("label_key",),),
        _vehicles_page,
    ),
    Listing(
        f"the newest {MOST_SEARCHED} with custom values",
        {"custom_fields": {"contains": None}, "shipment_status": {"in": set(ShipmentStatus)}},
        (("label_key",),),
        _vehicles_with_fields,
        needs=("custom_fields",),
    ),
    Listing(
        f"the first {MOST_SEARCHED} that a VIN or a booking finds",
        {"words": {"search": None}},
        (("label_key",),),
        _vehicles_found,
        needs=("words",),
    ),
)
