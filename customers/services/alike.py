"""Customers who may be the one that is about to be created."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from customers.domain import contact
from customers.domain import vin as vins
from customers.domain.folding import folded
from customers.domain.search_words import WordKind
from customers.services.read import customer_with_email, find_customers, vehicle_with_vin
from customers.store import queries
from customers.store.items import Customer, vin_pk
from helpdesk.dynamo.table import fits
from helpdesk.mail.address import AddressRefused

MOST = 4
SHORTEST_PHONE = 7
"""Digits; fewer are the end of many numbers."""


@dataclass(frozen=True)
class Alike:
    """A customer who has the same name, address, phone number or vehicle."""

    customer: Customer
    vehicle_id: str = ""
    """The vehicle with the VIN, if that is what is the same."""


def alike(*, name: str = "", email: str = "", phone: str = "", vin: str = "") -> list[Alike]:
    """Return at most MOST customers, those with the VIN or the address first.

    Cost: a search for the name, two reads each for address and VIN, a query and a batch read for
    the number; nothing for what is empty.
    """
    found: dict[str, Alike] = {}

    def add(customers: Iterable[Customer | None], vehicle_id: str = "") -> None:
        for customer in customers:
            if customer and not customer.gone:
                found.setdefault(customer.customer_id, Alike(customer, vehicle_id))

    number = vins.as_kept(vin)
    if number and fits(vin_pk(number)) and (vehicle := vehicle_with_vin(number)):
        add([queries.customer(vehicle.customer_id)], vehicle.vehicle_id)
    with suppress(AddressRefused):
        add([customer_with_email(email)] if email.strip() else ())
    digits = contact.phone_digits(phone)
    if len(digits) >= SHORTEST_PHONE:
        ids = queries.customers_with_word(WordKind.PHONE, digits[::-1], limit=MOST)
        add(queries.customers(ids).values())
    wanted = folded(name)
    if wanted:
        add(one for one in find_customers(name) if folded(one.name) == wanted)
    return list(found.values())[:MOST]
