"""Custom fields of customers and vehicles: their values, and the index by which they are found."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import DatabaseError

from customers.store import custom_index, queries
from customers.store.items import Customer, Vehicle
from helpdesk.custom_fields import values
from helpdesk.custom_fields.defined import every_field
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.values import Values
from helpdesk.errors import Invalid
from helpdesk.log_redaction import kind_of

log = structlog.get_logger(__name__)


def checked(
    of: RecordKind,
    given: Mapping[str, Any] | None,
    errors: dict[str, str],
    *,
    stored: Values | None,
    new: bool,
) -> Values | None:
    """Return the values of a record after `given`; without it those that are `stored`, and nothing
    is required.

    Adds to `errors` what is wrong. Cost: one SQL query.
    """
    if given is None:
        return stored
    try:
        return values.changed(of, stored, given, new=new)
    except Invalid as wrong:
        errors |= wrong.errors
        return stored


def index(before: Customer | Vehicle | None, after: Customer | Vehicle) -> None:
    """Update the index at once, if there is anything in it or for it.

    Never raises: the mark of a change (changes.py) has a worker repeat it.
    """
    if not (after.custom_fields or (before and before.custom_fields)):
        return
    try:
        custom_index.write(after)
    except DatabaseError as error:
        log.warning("custom_values_not_indexed", reason=kind_of(error))


def follow(customer_id: str) -> None:
    """Bring the index of a customer and their vehicles into line with the records.

    Cost: two SQL queries; with such fields defined also a read and a query of DynamoDB, and some
    statements for each record with values.
    """
    there = custom_index.indexed_of(customer_id)
    if not there and not any(map(every_field, (RecordKind.CUSTOMER, RecordKind.VEHICLE))):
        return
    customer = queries.customer(customer_id)
    records: list[Customer | Vehicle] = [customer] if customer else []
    records += queries.all_vehicles(customer_id)
    for record in records:
        key = custom_index.key_of(record)
        if record.custom_fields or key in there:
            custom_index.write(record)
        there.discard(key)
    for kind, record_id in there:  # a vehicle that was given to another owner
        owner = queries.owner_of(record_id)
        vehicle = queries.vehicle(owner, record_id) if owner else None
        if vehicle:
            custom_index.write(vehicle)
        else:
            custom_index.forget(kind, record_id)
