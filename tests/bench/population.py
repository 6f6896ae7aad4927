"""Many open tickets, quickly: what a service makes of one, copied under other numbers."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from helpdesk.accounts.actors import SYSTEM
from helpdesk.dynamo.table import client
from reporting.domain import spans
from reporting.domain.facts import Dimensions, Fact, FactKind
from reporting.domain.rows import ALL
from reporting.services import facts, generations, rollups
from reporting.store import rows
from reporting.store.items import QuarterFacts, facts_key
from reporting.store.rows import Deltas
from tickets.domain.ticket import Category, CommunicationType, Priority
from tickets.domain.workflow import EventType
from tickets.services.lifecycle.draft import Draft, new_draft
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.items import COUNTER, Counter
from tickets.store.ticket import Ticket

BATCH = 25
_WORDS = ["Rotterdam", "Lagos", "Santos", "Yokohama", "Tema", "Piraeus", "Baltimore", "Gdynia"]


def open_tickets(
    first: int,
    count: int,
    *,
    customer_id: str,
    created: datetime,
    assignee: str | None = None,
    spread: timedelta = timedelta(0),
    fired: tuple[str, ...] = (),
    mixed: bool = False,
) -> None:
    """Store `count` tickets, each hundredth with a log of five, created over `spread` from `created` on.

    They are open and Medium; or `mixed`: of every priority and category, and three of five closed.
    """
    POLICY_SNAPSHOTS["default-1"]  # the threads below then need no database

    def items() -> Any:
        for number in range(first, first + count):
            at = created + spread * ((number - first) / max(count, 1))
            at = at.replace(microsecond=0)
            yield from _items(number, customer_id, at, assignee, fired, mixed)

    source = items()
    with ThreadPoolExecutor(4) as pool:
        while batches := list(islice(iter(lambda: list(islice(source, BATCH)), []), 200)):
            list(pool.map(_write, batches))
    counter = Counter(f"{COUNTER}#tickets", COUNTER)
    counter.update(actions=[Counter.last.set(first + count)])


def _items(
    number: int,
    customer_id: str,
    at: datetime,
    assignee: str | None,
    fired: tuple[str, ...],
    mixed: bool,
) -> Any:
    draft = _draft(number, customer_id, at, assignee, mixed)
    draft.ticket.fired_rules = list(fired)
    draft.finish_without_firing()
    yield draft.ticket.serialize()
    if number % 100:
        return
    for _ in range(5):
        yield draft.add_entry(
            CommunicationType.INTERNAL_NOTE, "Asked the port again. " * 8
        ).serialize()


def _draft(number: int, customer_id: str, at: datetime, assignee: str | None, mixed: bool) -> Draft:
    priority = list(Priority)[number % 4] if mixed else Priority.MEDIUM
    category = list(Category)[number % 6] if mixed else Category.SHIPPING
    fields = {
        "ticket_id": str(number),
        "customer_id": customer_id,
        "subject": f"Where is the car of booking {number}? {_WORDS[number % len(_WORDS)]}",
        "description": "It should have arrived on Friday, and nobody answers the phone. " * 6,
        "category": category.value,
        "priority": priority.value,
        "tags": ["broker"] if mixed and number % 50 == 0 else [],
        "status": "Open",
        "assigned_to": assignee,
        "policy_id": "default-1",
    }
    draft = new_draft(fields, policy_key="default-1", priority=priority, by=SYSTEM, now=at)
    if mixed and number % 5 < 3:
        draft.apply(EventType.CLOSED)
    return draft


def _write(batch: list[dict[str, Any]]) -> None:
    todo = {str(Ticket.Meta.table_name): [{"PutRequest": {"Item": item}} for item in batch]}
    while todo:
        todo = client().batch_write_item(RequestItems=todo).get("UnprocessedItems") or {}


def report_year(tickets: int, times: int) -> None:
    """The rows of the months of 2025, each of `times` as many tickets over the cells of forty
    people, and those of its days that charts of all tickets read."""
    chance = random.Random(1)
    generation = generations.growing()
    cells = [
        Dimensions(priority.value, category.value, str(person), "", "VIP")
        for priority in Priority
        for category in Category
        for person in range(40)
    ]
    for month in range(1, 13):
        deltas: Deltas = {}
        for number in range(tickets):
            about = cells[number * 7 % len(cells)]
            at = datetime(2025, month, 1 + number % 28, 12, tzinfo=UTC)
            happened = [Fact(at, FactKind.CREATED)]
            for kind in (FactKind.RESPONSE, FactKind.RESOLUTION):
                seconds = int(chance.lognormvariate(9, 1.5))
                happened.append(Fact(at, kind, seconds=seconds, met=chance.random() < 0.9))
            lines = facts.dump(about, happened)
            rollups.add_facts(deltas, lines, generation, sign=times)
        read = {
            key: numbers
            for key, numbers in deltas.items()
            if rows.level_of(key) == rows.MONTHS
            or (rows.level_of(key) == rows.DAYS and rows.group_of(key) == ALL)
        }
        rows.write(read, batch=month)


def busy_day(day: datetime, count: int, *, with_facts: int) -> None:
    """A day of `count` facts over all rows and quarter hours, `with_facts` of them as items."""
    chance = random.Random(3)
    generation = generations.growing()
    sample = min(count, 3_000)
    deltas: Deltas = {}
    items: list[QuarterFacts] = []
    for number in range(sample):
        about = Dimensions(
            chance.choice([*Priority]).value,
            chance.choice([*Category]).value,
            str(chance.randrange(40)),
            str(chance.randrange(5)),
            chance.choice(["Individual", "VIP"]),
            channel=chance.choice(["email", "phone", "web"]),
            make=chance.choice(["BMW", "Fiat", "Volvo"]),
        )
        at = day + timedelta(minutes=15 * chance.randrange(96))
        kind = chance.choice([FactKind.CREATED, FactKind.RESPONSE, FactKind.RESOLUTION])
        seconds = int(chance.lognormvariate(9, 1.5)) if kind is not FactKind.CREATED else 0
        fact = Fact(at, kind, seconds=seconds, met=chance.random() < 0.9)
        lines = facts.dump(about, [fact])
        rollups.add_facts(deltas, lines, generation, sign=count // sample)
        for copy in range(max(with_facts // sample, 1)):
            ticket_id = str(10_000_000 + number * 1_000 + copy)
            key = facts_key(generation.number, spans.quarter_of(at), ticket_id)
            items.append(QuarterFacts(*key, about=lines[0], facts=lines[1]))
    rows.write(deltas, batch=1)
    with QuarterFacts.batch_write() as batch:
        for item in items:
            batch.save(item)
