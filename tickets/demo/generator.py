"""Create demo tickets from the scenarios, at times of the past.

They look like the result of live work: logs, deadlines met and missed, escalations. Each ticket is
written in one transaction with a token, by which a repeat finds it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from customers.services.create import create_customer, create_vehicle
from customers.services.read import customer_with_email, vehicles_of
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import SYSTEM, Actor, actor_of
from helpdesk.accounts.people import assignable_users
from helpdesk.dynamo.transaction import Transaction
from helpdesk.idempotency import Token, all_written_before
from tickets.demo.people import people, vin
from tickets.demo.scenarios import PORTS, SCRIPTS, Script
from tickets.domain import events
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.ticket import Category, CommunicationType, Direction, Priority, Status
from tickets.domain.workflow import EventType
from tickets.services.assignment.assign import set_assignee, team_for
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.draft import Draft, new_draft, write_beside
from tickets.services.sla import policies
from tickets.store import ticket_numbers
from tickets.store.ticket import Ticket

_PRIORITIES = [Priority.LOW, *[Priority.MEDIUM] * 4, *[Priority.HIGH] * 2, Priority.CRITICAL]
_TAGS = ["insurance", "damage", "second request", "vip", "broker", "port fees"]
_PACE = {  # median seconds until somebody acts
    Priority.CRITICAL: 2_400,
    Priority.HIGH: 6_000,
    Priority.MEDIUM: 14_000,
    Priority.LOW: 40_000,
}
_NEWS = timedelta(days=3)
"""Nobody is notified of older events."""
_PER_CUSTOMER, _MOST_CUSTOMERS = 25, 1_000
_BLOCK = 100
_SEED = 7

Owner = tuple[Customer, list[Vehicle]]
"""A customer, and what they have on its way."""


def cast_size(tickets: int) -> int:
    """Return how many customers this many tickets need."""
    return min(max(tickets // _PER_CUSTOMER, 1), _MOST_CUSTOMERS)


def make_cast(size: int, *, since: datetime) -> Iterator[Owner]:
    """Yield customers with their vehicles; those of an earlier run are found and not created."""
    for serial, person in enumerate(people(random.Random(_SEED), size)):
        known = customer_with_email(person.email)
        customer = known or create_customer(
            name=person.name,
            email=person.email,
            phone=person.phone,
            company=person.company,
            segment=person.segment,
            by=SYSTEM,
            now=since,
        )
        vehicles = vehicles_of(customer.customer_id) if known else []
        yield (
            customer,
            vehicles
            or [
                create_vehicle(
                    customer_id=customer.customer_id,
                    vin=vin(car, 10 * (serial + 1) + number),
                    make=car.make,
                    model=car.model,
                    year=car.year,
                    shipment_status=car.shipment,
                    by=SYSTEM,
                )
                for number, car in enumerate(person.cars)
            ],
        )


def generate(cast: Sequence[Owner], *, tickets: int, days: int, now: datetime) -> Iterator[bool]:
    """Create `tickets` tickets spread over the last `days`, lazily.

    Yields for each whether it was created now; those of an earlier run stay as they are.
    """
    house = _House([actor_of(user) for user in assignable_users() if not user.is_superuser])
    numbers = _numbers(min(_BLOCK, tickets))
    with policies.rules_asked_once():
        for serial, token, is_there in _marks(tickets):
            # Oldest first, most of them lately; each by its own chance, so that memory stays flat.
            age = (1 - (serial + 0.5) / tickets) ** 5 * days * 86_400
            own = random.Random(f"{_SEED}-{serial}")
            if not is_there:
                customer, vehicles = own.choice(cast)
                told = _Telling(own, next(numbers), customer, own.choice(vehicles), house, now=now)
                told.play(SCRIPTS[serial % len(SCRIPTS)], at=now - timedelta(seconds=int(age)))
                told.write(token)
            yield not is_there


def _marks(count: int) -> Iterator[tuple[int, Token, bool]]:
    """Yield each ticket's number in the run, its token, and whether an earlier run has
    created it."""
    for start in range(0, count, _BLOCK):
        serials = range(start, min(start + _BLOCK, count))
        tokens = [Token(f"demo-{_SEED}-{serial}") for serial in serials]
        there = all_written_before(tokens, by=SYSTEM)
        for serial, token in zip(serials, tokens, strict=True):
            yield serial, token, token.text in there


def _numbers(block: int) -> Iterator[str]:
    while True:
        yield from (str(number) for number in ticket_numbers.take_numbers(block))


@dataclass(frozen=True)
class _House:
    """Users and rules, read once, as nobody changes them while demo data is created."""

    staff: list[Actor]
    terms_for: Callable[..., PolicySnapshot] = field(
        default_factory=lambda: cache(policies.snapshot_for)
    )
    team_for: Callable[..., str | None] = field(default_factory=lambda: cache(team_for))


class _Telling:
    """A ticket while its scenario is played."""

    def __init__(
        self,
        chance: random.Random,
        number: str,
        customer: Customer,
        vehicle: Vehicle,
        house: _House,
        *,
        now: datetime,
    ) -> None:
        self._chance, self._number, self._house, self._now = chance, number, house, now
        self._customer, self._vehicle = customer, vehicle
        self._somebody = chance.choice(house.staff)
        self._details = {"car": vehicle.label, "port": chance.choice(PORTS)}

    def play(self, script: Script, *, at: datetime) -> None:
        """Play the scenario to its end, or until today."""
        chance, now = self._chance, self._now
        self._at = at
        self._create(script)
        recent = now - at < timedelta(days=2)
        if (recent and chance.random() < 0.15) or self._later(0.3) >= now:
            return  # nobody has taken it; some are forgotten, and escalated
        self._step(lambda draft: set_assignee(draft, self._somebody.user_id))
        for kind, text in script.steps:
            if self._later(3 if kind == "customer" else 1) >= now:
                return
            self._say(kind, text.format(**self._details))
        if self._later(1.5) >= now:
            return
        self._step(lambda draft: draft.apply(EventType.RESOLVED))
        self._at += timedelta(hours=72)
        if self._at < now:
            self._step(lambda draft: draft.apply(EventType.CLOSED), by=SYSTEM)

    def write(self, token: Token) -> None:
        draft = self._draft
        if self._now - self._at > _NEWS:
            draft.events.clear()
            draft.emit(events.Imported())
        with Transaction() as transaction:
            transaction.put(draft.ticket, Ticket.pk.does_not_exist())
            write_beside(transaction, draft)
            at = draft.ticket.created_at
            idempotency.remember(transaction, token, by=SYSTEM, at=at, ticket=draft.ticket)

    def _create(self, script: Script) -> None:
        chance = self._chance
        category, priority = Category(script.category), chance.choice(_PRIORITIES)
        self._pace = _PACE[priority]
        segment = self._customer.segment
        terms = self._house.terms_for(category=category, segment=segment)
        fields = {
            "ticket_id": self._number,
            "customer_id": self._customer.customer_id,
            "vehicle_id": self._vehicle.vehicle_id,
            "subject": script.subject,
            "description": script.description.format(**self._details),
            "category": category.value,
            "priority": priority.value,
            "status": Status.OPEN.value,
            "team_id": self._house.team_for(category=category, segment=segment, priority=priority),
            "tags": [chance.choice(_TAGS)] if chance.random() < 0.3 else [],
            "policy_id": terms.key,
            "segment": segment,
        }
        self._draft = new_draft(
            fields, policy_key=terms.key, priority=priority, by=SYSTEM, now=self._at
        )
        self._draft.emit(events.Created(category.value, priority.value))
        self._draft.finish()

    def _say(self, kind: str, text: str) -> None:
        if kind == "note":
            self._step(lambda draft: draft.add_entry(CommunicationType.INTERNAL_NOTE, text))
            return
        inbound = kind == "customer"

        def talk(draft: Draft) -> None:
            draft.add_entry(
                CommunicationType.CUSTOMER_RESPONSE,
                text,
                direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
            )
            draft.apply(EventType.CUSTOMER_REPLIED if inbound else EventType.RESPONDED)
            if kind == "ask":
                draft.apply(EventType.WAITING)

        self._step(talk, by=SYSTEM if inbound else self._somebody)

    def _step(self, act: Callable[[Draft], object], *, by: Actor | None = None) -> None:
        """Make one change, with everything that live work does around it."""
        draft = self._draft
        version = draft.ticket.version
        draft.at_time(self._at, by=by or self._somebody)
        draft.fire_passed()
        act(draft)
        draft.finish()
        draft.ticket.version = version + 1

    def _later(self, slower: float = 1.0) -> datetime:
        pause = 60 + self._chance.expovariate(1 / (self._pace * slower))
        self._at += timedelta(seconds=int(pause))
        return self._at
