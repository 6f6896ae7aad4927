"""Remove the person from a customer's record. What is tied to it stays, and names nobody."""

from datetime import datetime

from django.utils.translation import gettext as _
from pynamodb.expressions.update import Action

from customers.services.create import guarded, name_words
from customers.store import access
from customers.store.items import Customer, Guard, Vehicle, changed, vin_pk, word_of
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.dynamo.transaction import ConditionFailed, Transaction, changes
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Busy, Invalid, NotFound

ERASED_NAME = "Erased customer"
_PERSONAL = (
    *("email", "phone", "company", "address", "language", "time_zone", "notes", "external_id"),
    *("name_shard", "name_key", "segment_shard"),
)


def erase_person(customer_id: str, *, by: Actor, now: datetime) -> None:
    """Remove name, contact, notes and ids; addresses are free again. A repeat changes nothing.

    Raises NotFound; NotAllowed for all but supervisors; Invalid for a record that was merged; Busy.
    """
    require_supervision(by)
    before = access.customer(customer_id)
    if before is None:
        raise NotFound(_("There is no such customer."))
    if before.merged_into:
        raise Invalid({"customerId": _("This record was merged: erase the one that stays.")})
    if before.erased_at:
        return
    after = Customer()
    after.deserialize(before.serialize())
    for name in _PERSONAL:
        setattr(after, name, None)
    after.name, after.also_known, after.erased_at = ERASED_NAME, [], now
    after.version = int(before.version) + 1
    try:
        with Transaction() as transaction:
            transaction.update(before, changes(before, after), Customer.version == before.version)
            transaction.put(changed(customer_id, new_ulid()))
            for key in guarded(before):
                transaction.delete(Guard(key), Guard.customer_id == customer_id)
            for word in name_words(before):
                transaction.delete(word_of(word, customer_id))
    except ConditionFailed as refused:
        raise Busy(_("Somebody is changing this customer right now. Try again.")) from refused


def erase_vehicles(customer_id: str) -> None:
    """Remove VIN and booking of an erased customer's vehicles. A repeat changes nothing."""
    for vehicle in access.all_vehicles(customer_id):
        if not vehicle.vin and not vehicle.booking:
            continue
        with Transaction() as transaction:
            actions: list[Action] = [
                Vehicle.vin.remove(),
                Vehicle.booking.remove(),
                Vehicle.version.set(int(vehicle.version) + 1),
            ]
            transaction.update(vehicle, actions, Vehicle.version == vehicle.version)
            if vehicle.vin:
                transaction.delete(Guard(vin_pk(vehicle.vin)), Guard.customer_id == customer_id)
