"""Look customers and vehicles up."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.domain.words import Segment, folded
from customers.store import access
from customers.store.items import Customer, Vehicle, email_pk, external_pk, vin_pk
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import Place
from helpdesk.errors import Invalid, NotFound

MOST_VEHICLES_SHOWN = 50
MOST_SEARCHED = 100
PAGE = 50
VIN_LENGTH = 17


@dataclass(frozen=True)
class CustomerList:
    """Some customers, and the cursors of the pages beside them (None at an end)."""

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
    """A page of customers by name. One query. Raises Invalid, InvalidCursor, NotAllowed."""
    require_ticket_work(by)
    if segment and segment not in list(Segment):
        raise Invalid({"segment": _("Choose one of: %(words)s.") % {"words": ", ".join(Segment)}})
    query = ["customers", segment or "", by.user_id]
    place = None
    if cursor_text:
        side, _space, key = cursor.decode(cursor_text, query=query).partition(" ")
        place = Place(key, back=side == "before")
    page = access.customers_page(segment=segment, limit=limit, place=place)

    def text(at: Place | None) -> str | None:
        if at is None:
            return None
        return cursor.encode(query=query, place=f"{'before' if at.back else 'after'} {at.key}")

    return CustomerList(page.rows, text(page.next), text(page.previous))


def vehicle_page(
    customer_id: str, *, cursor_text: str | None = None, limit: int, by: Actor
) -> VehicleList:
    """A page of a customer's vehicles by id. A read and a query.

    Raises NotFound, InvalidCursor, NotAllowed.
    """
    require_ticket_work(by)
    if access.customer(customer_id) is None:
        raise NotFound(_("There is no such customer."))
    query = ["vehicles", customer_id, by.user_id]
    after = cursor.decode(cursor_text, query=query) if cursor_text else None
    found = access.vehicles(customer_id, after=after, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return VehicleList(
        shown, cursor.encode(query=query, place=shown[-1].vehicle_id) if more else None
    )


def find_customers(text: str, *, limit: int = 8) -> list[Customer]:
    """Customers with words that begin as those of `text`; or whose address, VIN or id elsewhere it
    is.

    Cost: a query and a batch read; a read or three more for an address, a VIN or an id.
    """
    words = folded(text).split()
    if not words:
        return []
    exact = _exactly(text.strip())
    if exact:
        return [exact]
    longest = max(words, key=len)
    found = access.customers(access.customers_with_word(longest, limit=MOST_SEARCHED)).values()
    fitting = [
        customer
        for customer in found
        if all(
            any(own.startswith(word) for own in folded(_full_name(customer)).split())
            for word in words
        )
    ]
    # Customers of the first releases have no words yet, only the beginning of their name.
    fitting = fitting or access.customers_named(" ".join(words), limit=limit)
    return sorted(fitting, key=lambda customer: str(customer.name_key))[:limit]


def _exactly(text: str) -> Customer | None:
    if "@" in text:
        return customer_with_email(text.lower())
    plain = "".join(text.split()).upper()
    if len(plain) == VIN_LENGTH and (vehicle := vehicle_with_vin(plain)):
        return access.customer(vehicle.customer_id)
    return customer_with_external_id(text) if any(sign.isdigit() for sign in text) else None


def _full_name(customer: Customer) -> str:
    return f"{customer.name} {customer.company or ''}"


def get_customer(customer_id: str) -> Customer | None:
    """One read."""
    return access.customer(customer_id)


def customer_with_external_id(external_id: str) -> Customer | None:
    """Whoever another system knows by this id. Two reads."""
    held = access.guard(external_pk(external_id))
    return access.customer(held.customer_id) if held else None


def customer_with_email(address: str) -> Customer | None:
    """Whoever has this address. Two reads."""
    held = access.guard(email_pk(address))
    return access.customer(held.customer_id) if held else None


def vehicle_with_vin(vin: str) -> Vehicle | None:
    """The vehicle with this VIN, whoever owns it. Two reads."""
    held = access.guard(vin_pk(vin))
    return access.vehicle(held.customer_id, held.vehicle_id) if held and held.vehicle_id else None


def find_vehicle(vehicle_id: str) -> Vehicle | None:
    """A vehicle, whoever owns it. One query and one read."""
    owner = access.owner_of(vehicle_id)
    return access.vehicle(owner, vehicle_id) if owner else None


def get_customers(customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Those that exist, by id. One read for each hundred."""
    return access.customers(customer_ids)


def customer_names(customer_ids: Iterable[str]) -> dict[str, str]:
    """What customers are called, by id. One read for each hundred."""
    return access.customer_names(customer_ids)


def get_vehicle(customer_id: str, vehicle_id: str) -> Vehicle | None:
    """A vehicle, if this customer owns it. One read."""
    return access.vehicle(customer_id, vehicle_id)


def get_vehicles(owners_and_ids: Iterable[tuple[str, str]]) -> dict[str, Vehicle]:
    """Those that exist and have this owner, by id. One read for each hundred."""
    return access.owned_vehicles(owners_and_ids)


def vehicles_of(customer_id: str) -> list[Vehicle]:
    """The first MOST_VEHICLES_SHOWN vehicles of a customer. One query."""
    return access.vehicles(customer_id, limit=MOST_VEHICLES_SHOWN)
