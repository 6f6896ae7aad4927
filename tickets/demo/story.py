"""Play the scripts through the services, at times of the past.

What comes out is what live work would have left: logs, deadlines met and missed, escalations.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from customers.services.create import create_customer, create_vehicle
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import SYSTEM, Actor, actor_of
from helpdesk.accounts.people import assignable_users
from tickets.demo.cast import people, vin
from tickets.demo.scripts import PORTS, SCRIPTS, Script
from tickets.domain.ticket import CommunicationType, Direction, Priority
from tickets.services.assign import assign
from tickets.services.communicate import communicate, note, respond
from tickets.services.create import create_ticket
from tickets.services.status import change_status

_PRIORITIES = [Priority.LOW, *[Priority.MEDIUM] * 4, *[Priority.HIGH] * 2, Priority.CRITICAL]
_TAGS = ["insurance", "damage", "second request", "vip", "broker", "port fees"]
_PACE = {  # seconds until somebody acts: half are quicker
    Priority.CRITICAL: 2_400,
    Priority.HIGH: 6_000,
    Priority.MEDIUM: 14_000,
    Priority.LOW: 40_000,
}


def tell(
    *,
    tickets: int,
    days: int,
    now: datetime,
    seed: int = 7,
    each: Callable[[], object] = lambda: None,
) -> None:
    """Make the cast, then `tickets` tickets spread over the last `days`; call `each` after each."""
    chance = random.Random(seed)
    owners = list(_cast(chance, now - timedelta(days=days)))
    staff = [actor_of(user) for user in assignable_users() if not user.is_superuser]
    ages = sorted((chance.random() ** 5 * days * 86_400 for _ in range(tickets)), reverse=True)
    for serial, age in enumerate(ages):
        customer, vehicles = chance.choice(owners)
        _ticket(
            chance,
            SCRIPTS[serial % len(SCRIPTS)],
            customer,
            chance.choice(vehicles),
            staff,
            token=f"demo-{seed}-{serial}",
            at=now - timedelta(seconds=int(age)),
            now=now,
        )
        each()


def _cast(chance: random.Random, since: datetime) -> Iterator[tuple[Customer, list[Vehicle]]]:
    for serial, person in enumerate(people(chance)):
        customer = create_customer(
            name=person.name,
            email=person.email,
            phone=person.phone,
            company=person.company,
            segment=person.segment,
            by=SYSTEM,
            now=since,
        )
        vehicles = [
            create_vehicle(
                customer_id=customer.customer_id,
                vin=vin(car, 1_000 * (serial + 1) + number),
                make=car.make,
                model=car.model,
                year=car.year,
                shipment_status=car.shipment,
                by=SYSTEM,
            )
            for number, car in enumerate(person.cars)
        ]
        yield customer, vehicles


def _ticket(
    chance: random.Random,
    script: Script,
    customer: Customer,
    vehicle: Vehicle,
    staff: list[Actor],
    *,
    token: str,
    at: datetime,
    now: datetime,
) -> None:
    priority = chance.choice(_PRIORITIES)
    details = {"car": vehicle.label, "port": chance.choice(PORTS)}
    ticket = create_ticket(
        customer_id=customer.customer_id,
        vehicle_id=vehicle.vehicle_id,
        subject=script.subject,
        description=script.description.format(**details),
        category=script.category,
        priority=priority,
        tags=[chance.choice(_TAGS)] if chance.random() < 0.3 else [],
        token=token,
        by=SYSTEM,
        now=at,
    )
    somebody = chance.choice(staff)
    number = ticket.ticket_id
    pace = _PACE[priority]

    def later(slower: float = 1.0) -> datetime:
        nonlocal at
        at += timedelta(seconds=int(60 + chance.expovariate(1 / (pace * slower))))
        return at

    recent = now - at < timedelta(days=2)
    if (recent and chance.random() < 0.15) or later(0.3) >= now:
        return  # nobody has taken it; some are forgotten, and escalated
    assign(number, to=somebody.user_id, by=somebody, now=at)
    for kind, text in script.steps:
        if later(3 if kind == "customer" else 1) >= now:
            return
        words = text.format(**details)
        if kind == "customer":
            communicate(
                number,
                type=CommunicationType.CUSTOMER_RESPONSE,
                direction=Direction.INBOUND,
                content=words,
                by=SYSTEM,
                now=at,
            )
        elif kind == "note":
            note(number, content=words, by=somebody, now=at)
        else:
            respond(
                number,
                content=words,
                waiting=kind == "ask",
                deliver=False,
                by=somebody,
                now=at,
            )
    if later(1.5) >= now:
        return
    change_status(number, to="Resolved", by=somebody, now=at)
    at += timedelta(hours=72)
    if at < now:
        change_status(number, to="Closed", by=SYSTEM, now=at)
