"""Erase a customer's personal data. What refers to the record stays, and names nobody.

The caller first calls `check`, and keeps `marks_of` to find the person elsewhere; then each of the
others can be repeated, in any order, after a crash too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.domain.contact import EXTENSION
from customers.domain.folding import folded, words_to_find
from customers.models import CustomerFile
from customers.services import custom_values, search_words
from customers.services.changes import note_change
from customers.services.create import guarded
from customers.store import queries
from customers.store.items import (
    Customer,
    Guard,
    Vehicle,
    customer_pk,
    set_vehicle_keys,
    vin_pk,
)
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.dynamo.transaction import Action, ConditionFailed, Transaction, changes
from helpdesk.errors import Busy, Invalid, NotFound

ERASED_NAME = "Erased customer"
ERASED_FILE = "erased.csv"
SHORTEST_MARK = 4
"""Letters: shorter words occur in many texts about other people."""

_PERSONAL = (
    *("email", "phone", "company", "address", "language", "time_zone", "notes", "external_id"),
    *("name_shard", "name_key", "segment_shard", "merge_takes", "merged_values"),
    "custom_fields",
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What names a person, folded: their name, addresses and numbers, whole; and words of the name.

    A company or a street is not among the words, since others share it.
    """

    values: frozenset[str]
    words: frozenset[str]

    def are(self, text: object) -> bool:
        """Return whether `text` equals one of the values."""
        return folded(str(text)) in self.values

    def are_in(self, text: object) -> bool:
        """Return whether `text` contains one of the values."""
        plain = folded(str(text))
        return any(
            value in plain and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", plain)
            for value in self.values
        )

    def are_near(self, text: object) -> bool:
        """Return whether `text` contains one of the values, or a word of the name that is long
        enough."""
        own = set(words_to_find(str(text))) & self.words
        return any(len(word) >= SHORTEST_MARK for word in own) or self.are_in(text)


def check(customer_id: str, *, by: Actor) -> Customer:
    """Return a customer who can be erased.

    Raises NotFound; NotAllowed for all but supervisors; Invalid for a record that was merged.
    """
    require_supervision(by)
    found = queries.customer(customer_id)
    if found is None:
        raise NotFound(_("Customer not found."))
    if found.merged_into:
        raise Invalid(
            {"customerId": _("This customer was merged. Erase the customer it was merged into.")}
        )
    return found


def marks_of(customer_ids: Iterable[str]) -> Marks:
    """Return what names the customer of these records, and their vehicles, as they are now."""
    values: set[str] = set()
    words: set[str] = set()
    for customer_id in customer_ids:
        found = queries.customer(customer_id)
        if found is None or found.erased_at:
            continue
        vehicles = queries.all_vehicles(customer_id)
        own = [found.name, found.email, found.phone, found.external_id]
        own += [(found.phone or "").partition(EXTENSION)[0]]
        own += [*(str(key).partition("#")[2] for key in found.also_known)]
        own += [
            one["value"]
            for one in found.merged_values or ()
            if one["field"] in ("name", "email", "phone", "external_id")
        ]
        for vehicle in vehicles:
            own += [vehicle.vin, vehicle.booking, vehicle.tracking_url]
        values |= {folded(value) for value in own if value}
        words |= set(words_to_find(found.name))
    return Marks(
        frozenset(value for value in values if len(value) >= SHORTEST_MARK), frozenset(words)
    )


def erase_person(customer_id: str, *, now: datetime) -> None:
    """Erase name, contact, notes and ids, whose addresses others can use then. Raises Busy."""
    idempotency.forget_answers(customer_pk(customer_id))
    before = queries.customer(customer_id)
    if before is None or before.erased_at:
        return
    after = _emptied(before)
    after.erased_at = now
    try:
        with Transaction() as transaction:
            transaction.update(before, changes(before, after), Customer.version == before.version)
            note_change(transaction, customer_id)
            for key in guarded(before):
                transaction.delete(Guard(key), Guard.customer_id == customer_id)
            search_words.write(transaction, before, after)
    except ConditionFailed as refused:
        raise Busy(_("Someone else is updating this customer. Try again.")) from refused
    custom_values.index(before, after)


def erase_signpost(customer_id: str) -> None:
    """Erase the personal data of a record that was merged into another. Raises Busy."""
    idempotency.forget_answers(customer_pk(customer_id))
    before = queries.customer(customer_id)
    if before is None or not before.merged_into or before.name == ERASED_NAME:
        return
    after = _emptied(before)
    try:
        with Transaction() as transaction:
            transaction.update(before, changes(before, after), Customer.version == before.version)
    except ConditionFailed as refused:
        raise Busy(_("Someone else is updating this customer. Try again.")) from refused


def erase_vehicles(customer_id: str) -> None:
    """Erase what identifies a customer's vehicles. A repeat changes nothing."""
    for vehicle in queries.all_vehicles(customer_id):
        after = Vehicle()
        after.deserialize(vehicle.serialize())
        after.vin = after.booking = after.year = after.custom_fields = None
        after.vessel = after.eta = after.tracking_url = None
        after.make = after.model = ""
        set_vehicle_keys(after)
        search_words.set_words(after)
        actions: list[Action] = changes(vehicle, after)
        if not actions:
            continue
        after.version = vehicle.version + 1
        with Transaction() as transaction:
            actions = changes(vehicle, after)
            transaction.update(vehicle, actions, Vehicle.version == vehicle.version)
            if vehicle.vin:
                transaction.delete(Guard(vin_pk(vehicle.vin)), Guard.customer_id == customer_id)
            search_words.write(transaction, vehicle, after)
        custom_values.index(vehicle, after)


def erase_from_files(marks: Marks, customer_ids: Iterable[str]) -> None:
    """Remove the customer's rows from uploaded files, which are stored for a day at most.

    Cost: reads all files of that day.
    """
    ids = set(customer_ids)

    def theirs(row: dict[str, Any], cells: Iterable[object]) -> bool:
        known = row.get("id") in ids or row.get("customer_id") in ids
        return known or marks.are_in(row.get("reason", "")) or any(map(marks.are, cells))

    for file in CustomerFile.objects.all():
        rows = [row for row in file.rows if not theirs(row, row["fields"].values())]
        refused = [row for row in file.refused if not theirs(row, _all_cells(row))]
        name = ERASED_FILE if marks.are_near(file.name.rpartition(".")[0]) else file.name
        if (len(rows), len(refused), name) != (len(file.rows), len(file.refused), file.name):
            # Rows that were worked on are gone, too: the place among them would be another.
            left = [row for row in file.rows[file.worked :] if row in rows]
            CustomerFile.objects.filter(pk=file.pk).update(
                rows=left, worked=0, refused=refused, name=name
            )


def _all_cells(refused: dict[str, Any]) -> list[object]:
    return [*refused["cells"].values(), *refused.get("beyond", ())]


def _emptied(customer: Customer) -> Customer:
    after = Customer()
    after.deserialize(customer.serialize())
    for name in _PERSONAL:
        setattr(after, name, None)
    after.name, after.also_known, after.found_by = ERASED_NAME, [], []
    after.version = customer.version + 1
    return after
