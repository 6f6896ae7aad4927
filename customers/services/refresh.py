"""Bring customers and vehicles of older releases into the form of this one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from customers.services import custom_values, search_words
from customers.services.changes import note_change
from customers.services.create import guarded
from customers.store import queries
from customers.store.items import (
    Customer,
    Guard,
    Vehicle,
    email_pk,
    set_customer_keys,
    set_vehicle_keys,
)
from helpdesk.dynamo.transaction import ConditionFailed, Transaction, changes
from helpdesk.mail.address import AddressRefused, as_kept

Kind = TypeVar("Kind", Customer, Vehicle)

TRIES = 5
"""Attempts for a record that others change at the same time."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """What stays as it was written until a person decides.

    An address that is the mailbox of `held_by`, too, or, with nobody there, no valid address; with
    `contended` all of a record, of the customer or a vehicle of theirs, because every attempt to
    write it met another change.
    """

    customer_id: str
    held_by: str | None = None
    contended: bool = False


@dataclass(slots=True)
class Refreshed:
    """How many records were written, and what a person has to look at."""

    customers: int = 0
    vehicles: int = 0
    unclear: list[Unclear] = field(default_factory=list)


def refresh_customers(each: Callable[[], object] = lambda: None) -> Refreshed:
    """Bring addresses, search words and index keys of every record into their current form, and
    the index of custom values into line.

    Calls `each` after every record. A repeat writes nothing; one after a crash writes the rest.
    Cost: reads the whole table twice; a transaction for each record that has changed.
    """
    done = Refreshed()
    for customer in queries.every_customer():
        written, unclear = _brought(customer, _refresh_customer)
        done.customers += written
        done.unclear += unclear
        each()
    for vehicle in queries.every_vehicle():
        written, unclear = _brought(vehicle, _refresh_vehicle)
        done.vehicles += written
        done.unclear += unclear
        each()
    return done


def _brought(
    item: Kind, bring: Callable[[Kind], tuple[bool, list[Unclear]]]
) -> tuple[bool, list[Unclear]]:
    """Write a record if it has changed; return whether it was written, and what is unclear of it.

    One that is gone was written by whoever moved it.
    """
    before: Kind | None = item
    for _attempt in range(TRIES):
        if before is None:
            return False, []
        try:
            return bring(before)
        except ConditionFailed:
            before = _read_again(before)
    return False, [Unclear(item.customer_id, contended=True)]


def _read_again(item: Kind) -> Kind | None:
    if isinstance(item, Vehicle):
        return queries.vehicle(item.customer_id, item.vehicle_id)
    return queries.customer(item.customer_id)


def _refresh_customer(before: Customer) -> tuple[bool, list[Unclear]]:
    custom_values.index(None, before)
    if before.name_key is None:
        return False, []  # a signpost, or erased
    after = Customer()
    after.deserialize(before.serialize())
    unclear: list[Unclear] = []
    if before.email:
        after.email = _address(before, before.email, unclear)
    keys = [
        email_pk(_address(before, key.removeprefix(email_pk("")), unclear))
        if key.startswith(email_pk(""))
        else key
        for key in map(str, before.also_known)
    ]
    after.also_known = []
    after.also_known = sorted(set(keys) - guarded(after))
    set_customer_keys(after)
    search_words.set_words(after)
    if not changes(before, after):
        return False, unclear
    after.version = before.version + 1
    held, wanted = guarded(before), guarded(after)
    own = Guard.customer_id == before.customer_id
    with Transaction() as transaction:
        transaction.update(before, changes(before, after), Customer.version == before.version)
        for key in wanted - held:
            guard = Guard(key, customer_id=before.customer_id)
            transaction.put(guard, Guard.pk.does_not_exist() | own)
        for key in held - wanted:
            transaction.delete(Guard(key), own)
        search_words.write(transaction, before, after)
        if after.email != before.email:
            note_change(transaction, before.customer_id)
    return True, unclear


def _address(of: Customer, written: str, unclear: list[Unclear]) -> str:
    """Return the address in its canonical form.

    If that is not possible, as it was written, and add it to `unclear`.
    """
    try:
        address = as_kept(written)
    except AddressRefused:
        unclear.append(Unclear(of.customer_id))
        return written
    holder = queries.customer_with_email(address) if address != written else None
    if holder and holder != of.customer_id:
        unclear.append(Unclear(of.customer_id, holder))
        return written
    return address


def _refresh_vehicle(before: Vehicle) -> tuple[bool, list[Unclear]]:
    custom_values.index(None, before)
    after = Vehicle()
    after.deserialize(before.serialize())
    set_vehicle_keys(after)
    search_words.set_words(after)
    if not changes(before, after):
        return False, []
    after.version = before.version + 1
    with Transaction() as transaction:
        transaction.update(before, changes(before, after), Vehicle.version == before.version)
        search_words.write(transaction, before, after)
    return True, []
