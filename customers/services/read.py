"""Read customers and vehicles."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.domain import vin as vins
from customers.domain.choices import Segment, ShipmentStatus
from customers.domain.folding import folded, words_asked, words_to_find
from customers.domain.search_words import LONGEST_WORD, WordKind, beginnings
from customers.services import custom_filters
from customers.store import custom_index, queries
from customers.store.custom_values import hold
from customers.store.items import Customer, Vehicle, email_pk, external_pk, vin_pk
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.custom_fields.defined import every_field
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import PagePosition
from helpdesk.dynamo.table import fits
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail import address
from helpdesk.mail.address import AddressRefused

MOST_VEHICLES_SHOWN = 50
MOST_SEARCHED = 100
PAGE = 50
MOST_WORDS_ASKED = 3
MOST_NAMED = 20


@dataclass(frozen=True)
class CustomerList:
    """Some customers, and the cursors of the pages before and after (None at an end)."""

    customers: list[Customer]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class VehicleList:
    """Some vehicles, and the cursor of the next page (None at the end)."""

    vehicles: list[Vehicle]
    next: str | None


def list_customers(
    *,
    segment: str | None = None,
    cursor_text: str | None = None,
    limit: int = PAGE,
    by: Actor,
) -> CustomerList:
    """Return a page of customers by name. One query. Raises Invalid, InvalidCursor, NotAllowed."""
    require_ticket_work(by)
    if segment and segment not in list(Segment):
        raise Invalid({"segment": _("Choose one of: %(words)s.") % {"words": ", ".join(Segment)}})
    query = ["customers", segment or "", by.user_id]
    place = _place(cursor_text, query)
    page = queries.customers_page(segment=segment, limit=limit, place=place)
    return CustomerList(page.rows, _text(page.next, query), _text(page.previous, query))


def list_vehicles(*, cursor_text: str | None = None, limit: int, by: Actor) -> VehicleList:
    """Return a page of all vehicles by make and model. A query for each shipment status, and a
    batch read. Raises InvalidCursor, NotAllowed."""
    require_ticket_work(by)
    query = ["all vehicles", by.user_id]
    place = _place(cursor_text, query)
    page = queries.vehicles_page(statuses=list(ShipmentStatus), limit=limit, place=place)
    whole = queries.owned_vehicles((row.customer_id, row.vehicle_id) for row in page.rows)
    found = [whole[row.vehicle_id] for row in page.rows if row.vehicle_id in whole]
    return VehicleList(found, _text(page.next, query))


def _place(cursor_text: str | None, query: list[str]) -> PagePosition | None:
    if not cursor_text:
        return None
    side, _space, key = cursor.decode(cursor_text, query=query).partition(" ")
    return PagePosition(key, back=side == "before")


def _text(at: PagePosition | None, query: list[str]) -> str | None:
    if at is None:
        return None
    return cursor.encode(query=query, place=f"{'before' if at.back else 'after'} {at.key}")


def vehicle_page(
    customer_id: str, *, cursor_text: str | None = None, limit: int, by: Actor
) -> VehicleList:
    """Return a page of a customer's vehicles by id. A read and a query.

    Raises NotFound, InvalidCursor, NotAllowed.
    """
    require_ticket_work(by)
    if queries.customer(customer_id) is None:
        raise NotFound(_("Customer not found."))
    query = ["vehicles", customer_id, by.user_id]
    after = cursor.decode(cursor_text, query=query) if cursor_text else None
    found = queries.vehicles(customer_id, after=after, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return VehicleList(
        shown, cursor.encode(query=query, place=shown[-1].vehicle_id) if more else None
    )


def find_customers(text: str, *, limit: int = 8) -> list[Customer]:
    """Return the customers that a search for `text` finds, by name.

    First those who have it as address, external id or VIN; otherwise those with words of name or
    company that begin with all of its words, whose phone or VIN ends with it, or whose address or
    booking begins with it. Cost: a batch read if `text` contains an @ or a digit; a query for each
    kind of word that it can be, three more at most if many names have its words; and a batch read.
    With custom fields defined an SQL query: also those who have all words in their values, or in
    their vehicles'.
    """
    conditions, text = custom_filters.in_box(RecordKind.CUSTOMER, text)
    if conditions:
        return customers_with(conditions, text=text, limit=limit)
    if exact := _exactly(text.strip()):
        return exact
    named, words = _named(text), words_asked(text)
    ids = {
        customer_id
        for kind, beginning in sorted(beginnings(text))
        for customer_id in queries.customers_with_word(kind, beginning, limit=limit)
    }
    if words and any(map(every_field, (RecordKind.CUSTOMER, RecordKind.VEHICLE))):
        ids |= {owner for _record, owner in custom_index.with_words(words, limit=MOST_SEARCHED)}
    stored = queries.customers([*named, *ids])
    found = [
        customer
        for customer_id, customer in stored.items()
        if not customer.gone and (customer_id in ids or _has_all(customer, words))
    ]
    return sorted(found, key=lambda customer: str(customer.name_key))[:limit]


def customers_with(
    conditions: Iterable[str], *, text: str = "", limit: int = MOST_SEARCHED
) -> list[Customer]:
    """Return customers with these custom values whose names have the words of `text`, by name.

    Conditions are those of customers/store/custom_values.py. At most the newest MOST_SEARCHED are
    looked at. One SQL query and a batch read.
    """
    named = custom_index.with_values(RecordKind.CUSTOMER, conditions, limit=MOST_SEARCHED)
    stored = queries.customers(customer_id for customer_id, _owner in named)
    words = words_asked(text)
    found = [
        one
        for one in stored.values()
        if not one.gone and hold(conditions, one.custom_fields) and _has_all(one, words)
    ]
    return sorted(found, key=lambda customer: str(customer.name_key))[:limit]


def vehicles_with(conditions: Iterable[str]) -> list[Vehicle]:
    """Return vehicles with these custom values, by make; otherwise as `customers_with`."""
    named = custom_index.with_values(RecordKind.VEHICLE, conditions, limit=MOST_SEARCHED)
    stored = queries.owned_vehicles((owner, vehicle_id) for vehicle_id, owner in named)
    found = [one for one in stored.values() if hold(conditions, one.custom_fields)]
    return sorted(found, key=lambda vehicle: str(vehicle.label_key))


def find_vehicles(text: str) -> list[Vehicle]:
    """Return the vehicles whose VIN is `text` or ends with it, whose booking begins with it, or
    with all of its words in their custom values.

    Cost: two reads for a whole VIN; else two queries and a batch read; with custom fields an SQL
    query.
    """
    conditions, text = custom_filters.in_box(RecordKind.VEHICLE, text)
    if conditions:
        return vehicles_with(conditions)
    vin = vins.as_kept(text)
    if fits(vin_pk(vin)) and (whole := vehicle_with_vin(vin)):
        return [whole]
    asked = [
        (kind, word) for kind, word in beginnings(text) if kind in (WordKind.VIN, WordKind.BOOKING)
    ]
    found = [
        pair for one in asked for pair in queries.vehicles_with_word(*one, limit=MOST_SEARCHED)
    ]
    if (words := words_asked(text)) and every_field(RecordKind.VEHICLE):
        kinds = [RecordKind.VEHICLE]
        own = custom_index.with_words(words, kinds=kinds, limit=MOST_SEARCHED)
        found += [(owner, vehicle_id) for vehicle_id, owner in own]
    return list(queries.owned_vehicles(found).values())


def _exactly(text: str) -> list[Customer]:
    """Return the customers with `text` as an address, an external id, or the VIN of a vehicle."""
    keys = []
    if "@" in text:
        with suppress(AddressRefused):
            keys.append(email_pk(address.as_kept(text)))
    if any(sign.isdigit() for sign in text):
        keys += [external_pk(text), vin_pk(vins.as_kept(text))]
    holders = {held.customer_id for held in queries.guards(key for key in keys if fits(key))}
    return list(queries.customers(holders).values()) if holders else []


def _named(text: str) -> list[str]:
    """Return ids of customers whose name may contain all words of `text`.

    These are the ones with its longest word, or, if those are too many to read, with the next ones.
    If each word is too common, some of those with the longest, and those whose name begins with all
    of `text`.
    """
    some: list[str] = []
    words = sorted(words_asked(text), key=len, reverse=True)
    for word in words[:MOST_WORDS_ASKED]:
        found = queries.customers_with_word(WordKind.NAME, word[:LONGEST_WORD], limit=MOST_SEARCHED)
        if len(found) < MOST_SEARCHED:
            return found
        some = some or found
    whole = queries.customers_named(folded(text), limit=MOST_NAMED) if len(words) > 1 else []
    return [*whole, *some]


def _has_all(customer: Customer, words: list[str]) -> bool:
    own = words_to_find(f"{customer.name} {customer.company or ''}")
    return all(any(one.startswith(word) for one in own) for word in words)


def get_customer(customer_id: str) -> Customer | None:
    """Return a customer. One read."""
    return queries.customer(customer_id)


def customer_with_external_id(external_id: str) -> Customer | None:
    """Return the customer with this external id. Two reads."""
    held = queries.guard(external_pk(external_id))
    return queries.customer(held.customer_id) if held else None


def customer_with_email(written: str) -> Customer | None:
    """Return the customer with this address, however it is written. Two reads.

    Raises AddressRefused.
    """
    held = queries.guard(email_pk(address.as_kept(written)))
    return queries.customer(held.customer_id) if held else None


def vehicle_with_vin(vin: str) -> Vehicle | None:
    """Return the vehicle with this VIN, whoever owns it. Two reads."""
    held = queries.guard(vin_pk(vin))
    return queries.vehicle(held.customer_id, held.vehicle_id) if held and held.vehicle_id else None


def find_vehicle(vehicle_id: str) -> Vehicle | None:
    """Return a vehicle, whoever owns it. One query and one read."""
    owner = queries.owner_of(vehicle_id)
    return queries.vehicle(owner, vehicle_id) if owner else None


def get_customers(customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Return the customers that exist, by id. One read for each hundred."""
    return queries.customers(customer_ids)


def customer_names(customer_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of customers, by id. One read for each hundred."""
    return queries.customer_names(customer_ids)


def get_vehicle(customer_id: str, vehicle_id: str) -> Vehicle | None:
    """Return a vehicle if this customer owns it. One read."""
    return queries.vehicle(customer_id, vehicle_id)


def get_vehicles(owners_and_ids: Iterable[tuple[str, str]]) -> dict[str, Vehicle]:
    """Return the vehicles that exist and have this owner, by id. One read for each hundred."""
    return queries.owned_vehicles(owners_and_ids)


def vehicles_of(customer_id: str) -> list[Vehicle]:
    """Return the first MOST_VEHICLES_SHOWN vehicles of a customer. One query."""
    return queries.vehicles(customer_id, limit=MOST_VEHICLES_SHOWN)
