"""Change a vehicle, and its owner. Its old tickets stay with the old owner."""

from typing import Any

from django.utils.translation import gettext as _

from customers.domain import vin as vins
from customers.services import custom_values, search_words
from customers.services.changes import note_change
from customers.services.create import checked_vehicle, taken, unknown_year
from customers.services.idempotency import before_with, remember, remember_alone
from customers.services.read import find_vehicle
from customers.services.transaction_guards import check_customer
from customers.store.items import (
    Customer,
    Guard,
    Vehicle,
    customer_pk,
    set_vehicle_keys,
    vehicle_sk,
    vin_pk,
)
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction, changes
from helpdesk.errors import Invalid, NotFound, StaleVersion
from helpdesk.idempotency import Token

_FIELDS = ("vin", "make", "model", "year", "shipment_status", "booking")


def edit_vehicle(
    vehicle_id: str,
    *,
    version: int | None = None,
    confirm_vin: bool = False,
    token: Token | None = None,
    by: Actor,
    **fields: Any,
) -> Vehicle:
    """Change the fields that are given: those of `create_vehicle`.

    The first VIN of a vehicle sets the year if it is not known or given. Raises Invalid as
    `create_vehicle` does; NotFound, StaleVersion, NotAllowed.
    """
    require_ticket_work(by)
    if changed_before := before_with(token, Vehicle, by=by):
        return changed_before
    before = _stored(vehicle_id, version)
    after = _copy(before)
    said = {
        name: fields.get(name, getattr(before, name))
        for name in (*_FIELDS, "vessel", "eta", "tracking_url")
    }
    said["custom_fields"] = fields.get("custom_fields")
    kept = before.vin and vins.as_kept(said["vin"] or "") == before.vin
    told = not before.vin and before.year is None and not before.year_is_unknown
    if told:
        said["year"] = fields.get("year", "")
    for name, value in checked_vehicle(
        said,
        confirm_vin=bool(confirm_vin or kept),
        told_by_vin=told,
        stored=before.custom_fields,
    ).items():
        setattr(after, name, value)
    if "year" in fields:
        after.year_is_unknown = unknown_year(fields)
    set_vehicle_keys(after)
    search_words.set_words(after)
    if not changes(before, after):
        remember_alone(token, before, by=by)
        return before
    after.version = before.version + 1
    try:
        with Transaction() as transaction:
            transaction.update(before, changes(before, after), Vehicle.version == before.version)
            note_change(transaction, before.customer_id)
            if after.vin != before.vin:
                _move_vin(transaction, before, after)
            search_words.write(transaction, before, after)
            remember(transaction, token, after, by=by, at=this_second())
    except ConditionFailed as refused:
        if changed_before := before_with(token, Vehicle, by=by):
            return changed_before
        raise _why(refused, before) from refused
    custom_values.index(before, after)
    return after


def change_owner(vehicle_id: str, *, to: str, version: int | None = None, by: Actor) -> Vehicle:
    """Give a vehicle to another customer.

    Raises Invalid if there is no such customer; NotFound, StaleVersion, NotAllowed.
    """
    require_ticket_work(by)
    before = _stored(vehicle_id, version)
    if before.customer_id == to:
        return before
    after = _copy(before)
    after.pk, after.sk, after.customer_id = customer_pk(to), vehicle_sk(vehicle_id), to
    set_vehicle_keys(after)
    search_words.set_words(after)
    after.version = before.version + 1
    try:
        with Transaction() as transaction:
            check_customer(transaction, to)
            transaction.delete(before, Vehicle.version == before.version)
            transaction.put(after, Vehicle.pk.does_not_exist())
            note_change(transaction, before.customer_id)
            if after.vin:
                guard = Guard(vin_pk(after.vin), customer_id=to, vehicle_id=vehicle_id)
                transaction.put(guard, Guard.customer_id == before.customer_id)
            search_words.write(transaction, before, after)
    except ConditionFailed as refused:
        if any(isinstance(item, Customer) for item in refused.failed):
            raise Invalid({"owner": _("Customer not found.")}) from refused
        raise _why(refused, before) from refused
    custom_values.index(before, after)
    return after


def _stored(vehicle_id: str, version: int | None) -> Vehicle:
    found = find_vehicle(vehicle_id)
    if found is None:
        raise NotFound(_("Vehicle not found."))
    if version is not None and version != found.version:
        raise StaleVersion(seen=version, current=found.version)
    return found


def _copy(vehicle: Vehicle) -> Vehicle:
    copy = Vehicle()
    copy.deserialize(vehicle.serialize())
    return copy


def _move_vin(transaction: Transaction, before: Vehicle, after: Vehicle) -> None:
    if after.vin:
        guard = Guard(vin_pk(after.vin), customer_id=after.customer_id, vehicle_id=after.vehicle_id)
        transaction.put(guard, Guard.pk.does_not_exist())
    if before.vin:
        transaction.delete(Guard(vin_pk(before.vin)), Guard.customer_id == before.customer_id)


def _why(refused: ConditionFailed, before: Vehicle) -> Exception:
    if any(isinstance(item, Vehicle) for item in refused.failed):
        return StaleVersion(seen=before.version, current=before.version + 1)
    return taken(refused)
