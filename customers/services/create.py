"""Make customers and vehicles."""

from datetime import datetime

from django.utils.translation import gettext as _

from customers.domain.words import Segment, ShipmentStatus, folded
from customers.store.items import (
    Customer,
    Guard,
    Vehicle,
    customer_pk,
    email_pk,
    name_shard,
    vehicle_sk,
    vin_pk,
)
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid


def create_customer(
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    company: str | None = None,
    segment: Segment = Segment.INDIVIDUAL,
    by: Actor,
    now: datetime,
) -> Customer:
    """Make a customer. Raises Invalid: no name, or an e-mail address that another one has."""
    require_ticket_work(by)
    name = " ".join(name.split())
    address = email.strip().lower() if email else None
    if not name:
        raise Invalid({"name": _("A customer needs a name.")})
    customer_id = new_ulid()
    customer = Customer(
        customer_pk(customer_id),
        customer_id=customer_id,
        name=name,
        email=address,
        phone=phone,
        company=company,
        segment=segment.value,
        created_at=now,
        name_shard=name_shard(customer_id),
        name_key=f"{folded(name)}#{customer_id}",
    )
    try:
        with Transaction() as transaction:
            transaction.put(customer, Customer.pk.does_not_exist())
            if address:
                guard = Guard(email_pk(address), customer_id=customer_id)
                transaction.put(guard, Guard.pk.does_not_exist())
    except ConditionFailed as taken:
        raise Invalid({"email": _("Another customer has this e-mail address.")}) from taken
    return customer


def create_vehicle(
    *,
    customer_id: str,
    vin: str | None = None,
    make: str,
    model: str,
    year: int | None = None,
    shipment_status: ShipmentStatus = ShipmentStatus.BOOKED,
    by: Actor,
) -> Vehicle:
    """Make a vehicle of a customer. Raises Invalid: no such customer, or a VIN that is known."""
    require_ticket_work(by)
    vehicle_id = new_ulid()
    vehicle = Vehicle(
        customer_pk(customer_id),
        vehicle_sk(vehicle_id),
        vehicle_id=vehicle_id,
        customer_id=customer_id,
        vin=vin,
        make=make,
        model=model,
        year=year,
        shipment_status=shipment_status.value,
    )
    try:
        with Transaction() as transaction:
            transaction.check(Customer, customer_pk(customer_id), "DETAILS", Customer.pk.exists())
            transaction.put(vehicle)
            if vin:
                guard = Guard(vin_pk(vin), customer_id=customer_id)
                transaction.put(guard, Guard.pk.does_not_exist())
    except ConditionFailed as refused:
        if any(isinstance(item, Guard) for item in refused.failed):
            raise Invalid({"vin": _("Another vehicle has this VIN.")}) from refused
        raise Invalid({"customerId": _("There is no such customer.")}) from refused
    return vehicle
