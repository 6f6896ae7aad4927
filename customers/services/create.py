"""Create and change customers, and create vehicles."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.domain import contact
from customers.domain import vin as vins
from customers.domain.choices import Segment, ShipmentStatus, can_be_stored
from customers.domain.contact import ContactRefused
from customers.domain.vin import VinDoubted
from customers.services import custom_values, search_words, shipment
from customers.services.changes import note_change
from customers.services.idempotency import before_with, remember, remember_alone
from customers.services.transaction_guards import check_customer
from customers.store import queries
from customers.store.items import (
    Customer,
    Guard,
    Vehicle,
    customer_pk,
    email_pk,
    external_pk,
    set_customer_keys,
    set_vehicle_keys,
    vehicle_sk,
    vin_pk,
)
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.values import Values
from helpdesk.dynamo.transaction import ConditionFailed, Transaction, changes
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid, NotFound, StaleVersion, worded
from helpdesk.idempotency import Token
from helpdesk.mail.address import AddressRefused
from helpdesk.mail.address import as_kept as address_as_kept
from helpdesk.short_text import one_line

LONGEST = 200
LONGEST_NOTES = 10_000
YEARS = range(1900, 2101)

_IN_ONE_FORM = {"email": address_as_kept, "phone": contact.phone}


def create_customer(
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    company: str | None = None,
    segment: str = Segment.INDIVIDUAL,
    external_id: str | None = None,
    address: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    notes: str | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    customer_id: str | None = None,
    token: Token | None = None,
    by: Actor,
    now: datetime,
) -> Customer:
    """Create a customer.

    With a `customer_id` chosen before, a repeat returns the customer that was created; with a
    `token` that this actor used before, it gets the first response. Raises Invalid with every field
    that is wrong, or with the customer who has the email address or external id already;
    NotAllowed. `custom_fields` are values by key; None, not empty, is for a customer whom nobody
    fills in, of whom none is required.
    """
    require_ticket_work(by)
    if made := before_with(token, Customer, by=by):
        return made
    fields = checked_customer(
        {
            "name": name,
            "email": email,
            "phone": phone,
            "company": company,
            "segment": segment,
            "external_id": external_id,
            "address": address,
            "language": language,
            "time_zone": time_zone,
            "notes": notes,
            "custom_fields": custom_fields,
        },
        new=True,
    )
    if customer_id and (made := queries.customer(customer_id)):
        return made
    customer = new_customer(fields, customer_id=customer_id, now=now)
    try:
        with Transaction() as transaction:
            put_customer(transaction, customer)
            note_custom_values(transaction, customer)
            remember(transaction, token, customer, by=by, at=now)
    except ConditionFailed as refused:
        if made := before_with(token, Customer, by=by):
            return made
        if made := queries.customer(customer.customer_id):
            return made  # the same request, at the same time
        raise taken(refused) from refused
    custom_values.index(None, customer)
    return customer


def edit_customer(
    customer_id: str,
    *,
    version: int | None = None,
    token: Token | None = None,
    by: Actor,
    **fields: Any,
) -> Customer:
    """Change the fields that are given: those of `create_customer`, address, language, time_zone,
    notes. Of `custom_fields` those that are named change.

    An empty one is removed. Raises Invalid as `create_customer` does; NotFound, StaleVersion,
    NotAllowed.
    """
    require_ticket_work(by)
    if changed_before := before_with(token, Customer, by=by):
        return changed_before
    before = queries.customer(customer_id)
    if before is None or before.gone:
        raise NotFound(_("Customer not found."))
    if version is not None and version != before.version:
        raise StaleVersion(seen=version, current=before.version)
    after = Customer()
    after.deserialize(before.serialize())
    for field, value in checked_customer(fields, stored=before.custom_fields).items():
        setattr(after, field, value)
    if after.email != before.email:
        after.bounced_at = None
    set_customer_keys(after)
    search_words.set_words(after)
    if not changes(before, after):
        remember_alone(token, before, by=by)
        return before
    after.version = before.version + 1
    held, wanted = guarded(before), guarded(after)
    try:
        with Transaction() as transaction:
            transaction.update(before, changes(before, after), Customer.version == before.version)
            note_change(transaction, customer_id)
            for key in wanted - held:
                transaction.put(Guard(key, customer_id=customer_id), Guard.pk.does_not_exist())
            for key in held - wanted:
                transaction.delete(Guard(key), Guard.customer_id == customer_id)
            search_words.write(transaction, before, after)
            remember(transaction, token, after, by=by, at=this_second())
    except ConditionFailed as refused:
        if changed_before := before_with(token, Customer, by=by):
            return changed_before
        if any(isinstance(item, Customer) for item in refused.failed):
            raise StaleVersion(seen=before.version, current=before.version + 1) from None
        raise taken(refused) from refused
    custom_values.index(before, after)
    return after


def create_vehicle(
    *,
    customer_id: str,
    vin: str | None = None,
    make: str = "",
    model: str = "",
    year: int | str | None = "",
    shipment_status: str = ShipmentStatus.BOOKED,
    booking: str | None = None,
    vessel: str | None = None,
    eta: date | str | None = None,
    tracking_url: str | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    confirm_vin: bool = False,
    vehicle_id: str | None = None,
    token: Token | None = None,
    by: Actor,
) -> Vehicle:
    """Create a vehicle of a customer.

    A VIN gives the manufacturer if it is not given, and the year if it is "" (None: unknown) and
    the VIN tells it for certain. With `confirm_vin` a number is accepted that is no VIN of today.
    With a `vehicle_id` chosen before, a repeat returns the vehicle that was created. Raises Invalid
    with what is wrong (confirmVin: the number needs to be confirmed), or with the owner of a
    vehicle with this VIN; NotAllowed. `custom_fields` as in `create_customer`.
    """
    require_ticket_work(by)
    if made := before_with(token, Vehicle, by=by):
        return made
    fields = checked_vehicle(
        {
            "vin": vin,
            "make": make,
            "model": model,
            "year": year,
            "shipment_status": shipment_status,
            "booking": booking,
            "vessel": vessel,
            "eta": eta,
            "tracking_url": tracking_url,
            "custom_fields": custom_fields,
        },
        confirm_vin=confirm_vin,
        new=True,
    )
    if vehicle_id and (made := queries.vehicle(customer_id, vehicle_id)):
        return made
    vehicle = new_vehicle(
        fields,
        customer_id=customer_id,
        vehicle_id=vehicle_id,
        year_is_unknown=unknown_year({"year": year}),
    )
    try:
        with Transaction() as transaction:
            check_customer(transaction, customer_id)
            put_vehicle(transaction, vehicle)
            note_custom_values(transaction, vehicle)
            remember(transaction, token, vehicle, by=by, at=this_second())
    except ConditionFailed as refused:
        if made := before_with(token, Vehicle, by=by):
            return made
        if made := queries.vehicle(customer_id, vehicle.vehicle_id):
            return made  # the same request, at the same time
        if any(isinstance(item, Guard) for item in refused.failed):
            raise taken(refused) from refused
        raise Invalid({"customerId": _("Customer not found.")}) from refused
    custom_values.index(None, vehicle)
    return vehicle


def new_customer(
    fields: Mapping[str, Any], *, customer_id: str | None = None, now: datetime
) -> Customer:
    """Return a customer that is not stored yet, of fields that were checked."""
    customer_id = customer_id or new_ulid()
    customer = Customer(customer_pk(customer_id), customer_id=customer_id, created_at=now, **fields)
    set_customer_keys(customer)
    search_words.set_words(customer)
    return customer


def put_customer(transaction: Transaction, customer: Customer) -> None:
    """Add to a transaction that a customer is created; at most 35 items."""
    transaction.put(customer, Customer.pk.does_not_exist())
    for key in guarded(customer):
        guard = Guard(key, customer_id=customer.customer_id)
        transaction.put(guard, Guard.pk.does_not_exist())
    search_words.write(transaction, None, customer)


def new_vehicle(
    fields: Mapping[str, Any],
    *,
    customer_id: str,
    vehicle_id: str | None = None,
    year_is_unknown: bool | None = None,
) -> Vehicle:
    """Return a vehicle that is not stored yet, of fields that were checked."""
    vehicle_id = vehicle_id or new_ulid()
    vehicle = Vehicle(
        customer_pk(customer_id),
        vehicle_sk(vehicle_id),
        vehicle_id=vehicle_id,
        customer_id=customer_id,
        year_is_unknown=year_is_unknown,
        **fields,
    )
    set_vehicle_keys(vehicle)
    search_words.set_words(vehicle)
    return vehicle


def put_vehicle(transaction: Transaction, vehicle: Vehicle) -> None:
    """Add to a transaction that a vehicle is created; at most 12 items."""
    transaction.put(vehicle, Vehicle.pk.does_not_exist())
    if vehicle.vin:
        guard = Guard(
            vin_pk(vehicle.vin), customer_id=vehicle.customer_id, vehicle_id=vehicle.vehicle_id
        )
        transaction.put(guard, Guard.pk.does_not_exist())
    search_words.write(transaction, None, vehicle)


def note_custom_values(transaction: Transaction, *records: Customer | Vehicle) -> None:
    """Add to a transaction that the custom values of new records of one customer have to be
    indexed, if they have any: at most one item."""
    if any(record.custom_fields for record in records):
        note_change(transaction, records[0].customer_id)


def checked_customer(
    given: Mapping[str, Any], *, stored: Values | None = None, new: bool = False
) -> dict[str, Any]:
    """Return the fields of a customer in their canonical form. Raises Invalid with all that is
    wrong.

    `stored` are the custom values before; of a `new` customer some may be required.
    """
    errors: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name == "custom_fields":
            of = RecordKind.CUSTOMER
            fields[name] = custom_values.checked(of, value, errors, stored=stored, new=new)
            continue
        text = (value or "").strip()
        longest = LONGEST_NOTES if name == "notes" else LONGEST
        if name != "notes":
            text = one_line(text)
        fields[name] = text or None
        if len(text) > longest:
            errors[name] = _("Use at most %(longest)s characters.") % {"longest": longest}
        elif not can_be_stored(text):
            errors[name] = _("Contains a character that can’t be stored.")
        elif name == "name" and not text:
            errors[name] = _("Required.")
        elif name == "segment" and text not in list(Segment):
            errors[name] = _("Choose one of: %(words)s.") % {"words": ", ".join(Segment)}
        elif text and name in _IN_ONE_FORM:
            try:
                fields[name] = _IN_ONE_FORM[name](text)
            except (AddressRefused, ContactRefused) as refused:
                errors[name] = worded(refused)
    if errors:
        raise Invalid(errors)
    return fields


def unknown_year(given: Mapping[str, Any]) -> bool | None:
    """Return True if a person said that the year is unknown (null), else None."""
    return True if "year" in given and given["year"] is None else None


def checked_vehicle(
    given: Mapping[str, Any],
    *,
    confirm_vin: bool = False,
    told_by_vin: bool = True,
    stored: Values | None = None,
    new: bool = False,
) -> dict[str, Any]:
    """Return the fields of a vehicle in their canonical form. Raises Invalid with all that is
    wrong.

    With `told_by_vin` a year of "" is replaced by the one that the VIN tells for certain.
    """
    errors: dict[str, str] = {}
    own = custom_values.checked(
        RecordKind.VEHICLE, given.get("custom_fields"), errors, stored=stored, new=new
    )
    fields = {
        name: (one_line(str(value)) or None) if value else None
        for name, value in given.items()
        if name != "custom_fields"
    }
    if fields["vin"]:
        try:
            fields["vin"] = vins.checked(fields["vin"], confirmed=confirm_vin)
        except ContactRefused as refused:
            errors["vin"] = worded(refused)
            if isinstance(refused, VinDoubted):
                errors["confirmVin"] = _("Confirm the number if this is what the vehicle shows.")
        else:
            if told_by_vin and given["year"] == "":
                year = vins.model_year(fields["vin"], latest=this_second().year + 1)
                fields["year"] = str(year) if year else None
        fields["make"] = fields["make"] or vins.maker(vins.as_kept(fields["vin"]))
    if not fields["make"] and ("vin" not in errors or "confirmVin" in errors):
        errors["make"] = _("Required without a VIN.")
    fields["model"] = fields["model"] or ""
    if any(len(value) > LONGEST for value in fields.values() if value):
        errors["model"] = _("Use at most %(longest)s characters.") % {"longest": LONGEST}
    for name, value in fields.items():
        if value and not can_be_stored(value):
            errors[name] = _("Contains a character that can’t be stored.")
    year_text = fields.pop("year")
    year_number = int(year_text) if year_text and year_text.isdecimal() else None
    if year_text and year_number not in YEARS:
        errors["year"] = _("Enter the year with four digits.")
    errors |= shipment.wrong(eta=fields.get("eta"), tracking_url=fields.get("tracking_url"))
    if fields["shipment_status"] not in list(ShipmentStatus):
        errors["shipmentStatus"] = _("Choose one of: %(words)s.") % {
            "words": ", ".join(ShipmentStatus)
        }
    if errors:
        raise Invalid(errors)
    return {**fields, "year": year_number, "custom_fields": own}


def guarded(customer: Customer) -> set[str]:
    """Return the keys of what no other customer may have."""
    keys = set(customer.also_known)
    if customer.email:
        keys.add(email_pk(customer.email))
    if customer.external_id:
        keys.add(external_pk(customer.external_id))
    return keys


def taken(refused: ConditionFailed) -> Invalid:
    """Return Invalid with the customer who has a unique value already."""
    return taken_keys(str(getattr(item, "pk", "")) for item in refused.failed)


def taken_keys(keys: Iterable[str]) -> Invalid:
    """As `taken`, of the keys of guards."""
    errors = {}
    for key in keys:
        kind = key.partition("#")[0]
        held = queries.guard(key)
        holder = queries.customer(held.customer_id) if held else None
        name = holder.name if holder else _("another customer")
        field, words = {
            "EMAIL": ("email", _("%(name)s already has this email address.")),
            "EXTERNAL": ("externalId", _("%(name)s already has this ID.")),
            "VIN": ("vin", _("A vehicle of %(name)s already has this VIN.")),
        }.get(kind, ("customerId", _("Someone else just updated this customer. Try again.")))
        errors[field] = words % {"name": name}
    return Invalid(errors)
