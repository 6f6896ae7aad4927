"""Merge two records of the same customer.

The caller calls `begin`, `carry_vehicles` until nothing is left, moves whatever else belongs to the
customer (only other apps know), and calls `finish`. Each can be repeated. From `begin` on nothing
new can refer to the duplicate; after `finish` it only refers to the remaining record.
"""

import json
from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.services import custom_values, search_words
from customers.services.changes import note_change
from customers.services.create import LONGEST_NOTES, guarded
from customers.services.transaction_guards import THERE
from customers.services.vehicles import change_owner
from customers.store import queries
from customers.store.items import DETAILS, Customer, Guard, customer_pk, set_customer_keys
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import as_text
from helpdesk.custom_fields.values import PREFIX
from helpdesk.dynamo.transaction import ConditionFailed, Transaction, changes
from helpdesk.errors import Invalid, NotFound

MOST_VALUES = 100
MOST_BYTES = 100_000
"""Bounds of what is kept of merged records and was not chosen, as it is stored; a merge beyond them
is refused. An item holds four times as much, for merges at the same time."""

_CONTACT = ("email", "phone", "company", "address", "language", "time_zone", "external_id")
FIELDS = ("name", *_CONTACT, "segment", "notes")
"""What two records can differ in, and a person chooses between."""

OWN_NOTES = "notes-"
"""As a choice: the notes of the record that stays. Without one those of both are kept."""


def check(source_id: str, *, into: str, by: Actor) -> tuple[Customer, Customer]:
    """Return the duplicate and the remaining record, if these two can be merged. Raises Invalid,
    NotFound, NotAllowed."""
    require_ticket_work(by)
    source, target = queries.customer(source_id), queries.customer(into)
    if source is None:
        raise NotFound(_("Customer not found."))
    if source_id == into:
        raise Invalid({"into": _("Select a different customer.")})
    if source.merged_into not in (None, into) or target is None:
        raise _closed()
    return source, target


def begin(source_id: str, *, into: str, takes: Iterable[str] = (), by: Actor) -> None:
    """Close the duplicate for new tickets and vehicles.

    `takes` names the FIELDS whose value is taken from it if both records have one; otherwise the
    remaining record keeps its own. Raises Invalid, also if this merge has begun with other choices
    or if what was not chosen has no room; NotFound, NotAllowed.
    """
    source, target = check(source_id, into=into, by=by)
    chosen = sorted(set(takes) & {*FIELDS, OWN_NOTES})
    if source.merged_into == into:
        if source.name_key and chosen != list(source.merge_takes or ()):
            raise Invalid({"into": _("These customers are being merged already.")})
        return
    _check_room(source, target, chosen)
    try:
        with Transaction() as transaction:
            transaction.check(Customer, customer_pk(into), DETAILS, THERE)
            transaction.update(
                source, [Customer.merged_into.set(into), Customer.merge_takes.set(chosen)], THERE
            )
    except ConditionFailed as refused:
        raise _closed() from refused


def _closed() -> Invalid:
    return Invalid({"into": _("One of the customers was already merged or erased.")})


def _check_room(source: Customer, target: Customer, chosen: list[str]) -> None:
    """Raise Invalid if the values that were not chosen, now and in earlier merges, are too many."""
    with_choices, after = _copy(source), _copy(target)
    with_choices.merge_takes = chosen
    values = [value for _name, value in _choose(after, with_choices)]
    values += [one["value"] for one in _earlier(target, source)]
    if len(values) > MOST_VALUES or len(json.dumps(values)) > MOST_BYTES:
        words = _(
            "These customers can’t be merged: too many values of earlier merges are kept with them."
        )
        raise Invalid({"into": words})


def has_begun(source_id: str) -> bool:
    """Return whether `begin` has closed this record. One read."""
    source = queries.customer(source_id)
    return source is not None and source.merged_into is not None


def chosen_segment(source_id: str) -> str | None:
    """Return the segment of the merged customer; None if there is no such customer.

    `finish` writes it last, but what is moved before depends on it. Cost: as `current`.
    """
    source, into = queries.customer(source_id), current(source_id)
    if source is None or into is None:
        return None
    takes_it = "segment" in (source.merge_takes or ())
    return source.segment if takes_it and source.segment else into.segment


def carry_vehicles(source_id: str, *, limit: int, by: Actor) -> int:
    """Move up to `limit` vehicles; return how many. 0: none is left."""
    into = current(source_id)
    if into is None or into.customer_id == source_id:
        return 0
    owned = queries.vehicles(source_id, limit=limit)
    for vehicle in owned:
        change_owner(vehicle.vehicle_id, to=into.customer_id, by=by)
    return len(owned)


def finish(source_id: str, *, by: Actor) -> None:
    """Copy what only the duplicate has to the remaining record, and let the duplicate refer to it.

    Values that were not chosen are stored in the remaining record, with the name of the record they
    come from, the time, and the user.
    """
    source, into = queries.customer(source_id), current(source_id)
    if source is None or into is None or source.merged_into is None or source.name_key is None:
        return
    after = _copy(into)
    origin = {
        "from": source.customer_id,
        "name": source.name,
        "at": this_second().isoformat(),
        "by": by.user_id,
    }
    left = [{**origin, "field": field, "value": value} for field, value in _choose(after, source)]
    after.merged_values = [*_earlier(into, source), *left] or None
    set_customer_keys(after)
    own = guarded(into) | guarded(source)
    after.also_known = []
    after.also_known = sorted(own - guarded(after))
    search_words.set_words(after)
    after.version = into.version + 1
    signpost = _signpost(source)
    with Transaction() as transaction:
        transaction.update(into, changes(into, after), Customer.version == into.version)
        transaction.update(source, changes(source, signpost), Customer.version == source.version)
        note_change(transaction, into.customer_id)
        for key in guarded(source):
            transaction.put(
                Guard(key, customer_id=into.customer_id), Guard.customer_id == source_id
            )
        search_words.write(transaction, source, signpost)
        search_words.write(transaction, into, after)
    custom_values.index(source, signpost)
    custom_values.index(into, after)


def _choose(after: Customer, source: Customer) -> list[tuple[str, str]]:
    """Fill `after`, a copy of the remaining record, with the chosen values of both.

    Returns the fields in which both had a value, with the one that was not chosen. If the notes of
    both are too long together, those of `source` are not chosen.
    """
    takes = set(source.merge_takes or ())
    left = []
    for name in FIELDS:
        mine, theirs = getattr(after, name), getattr(source, name)
        if name == "notes" and not takes & {"notes", OWN_NOTES}:
            both = "\n\n".join(part for part in (mine, theirs) if part)
            if len(both) <= LONGEST_NOTES:
                after.notes = both or None
                continue
        kept, other = (theirs, mine) if name in takes and theirs else (mine, theirs)
        setattr(after, name, kept or other)
        if kept and other and kept != other:
            left.append((name, other))
    own, theirs = after.custom_fields or {}, source.custom_fields or {}
    after.custom_fields = {**theirs, **own} or None
    left += [
        (f"{PREFIX}{key}", as_text(value))
        for key, value in theirs.items()
        if own.get(key, value) != value
    ]
    return left


def _earlier(into: Customer, source: Customer) -> list[dict[str, str]]:
    """Return the values that earlier merges left with both records."""
    return [*(into.merged_values or ()), *(source.merged_values or ())]


def current(customer_id: str) -> Customer | None:
    """Return the current record of a customer. A read, and one more for each merge since."""
    found = queries.customer(customer_id)
    seen = {customer_id}
    while found is not None and found.merged_into and found.merged_into not in seen:
        seen.add(found.merged_into)
        found = queries.customer(found.merged_into)
    return found


def _copy(customer: Customer) -> Customer:
    copy = Customer()
    copy.deserialize(customer.serialize())
    return copy


def _signpost(source: Customer) -> Customer:
    """Return what is left of a duplicate: a name to recognise it by, and the record it
    refers to."""
    left = _copy(source)
    for name in (
        *(*_CONTACT, "notes", "name_shard", "name_key", "segment_shard"),
        *("merge_takes", "merged_values", "custom_fields"),
    ):
        setattr(left, name, None)
    left.also_known = []
    left.found_by = []
    left.version = source.version + 1
    return left
