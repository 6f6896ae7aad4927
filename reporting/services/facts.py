"""Keep the facts of tickets in line with the tickets, each once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple

import structlog

from customers.services.read import get_customers, get_vehicles
from helpdesk import wake
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Busy
from reporting.domain.facts import Dimensions, Escalated, Fact, FactKind, Measure, facts_of
from reporting.domain.figures import TIMED
from reporting.domain.spans import quarter_of
from reporting.services import generations
from reporting.store import queries
from reporting.store.items import (
    Change,
    QuarterFacts,
    TicketFacts,
    changes_pk,
    facts_key,
    ticket_pk,
)
from tickets.domain import instant
from tickets.domain.escalation import rule_of
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import no_customer_of
from tickets.services.read import escalations_of, get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.events import OutboxEvent
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

CONSUMER = "reports"
"""The name of `handle_events` in OUTBOX_CONSUMERS."""

ATTEMPTS = 5
MOST_QUARTERS = 40
"""Quarter hours of a ticket that one transaction writes."""

DEBOUNCE = 1
"""Seconds in which many changes ask for rollups once."""

Lines = list[list[str]]
"""A ticket's dimensions, and its facts as lines."""

Quarters = dict[str, Lines]
"""What is counted of a ticket, by quarter hour."""


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Update facts after events. Tickets are read anew, so a repeat changes nothing."""
    if update_facts({event.ticket_id for event in events}):
        wake_worker()


def update_facts(ticket_ids: Iterable[str]) -> int:
    """Write the facts of these tickets that differ; return of how many tickets.

    In the same transaction is the change that rows have to count. The stored facts are read before
    the ticket, so a writer that read an older ticket finds that they have been written since, and
    fails. Cost for a batch: a few batch reads, a query for each ticket that was ever escalated, and
    a transaction for each whose facts changed, whatever else is counted. Raises Busy.
    """
    wanted = set(ticket_ids)
    # Before the tickets: what a rebuild that begins later reads is at least as new.
    generation = generations.growing().number
    known = queries.facts_of_tickets(generation, wanted)
    tickets = get_tickets(wanted)
    abouts = _dimensions(tickets.values())
    changed = 0
    for ticket in tickets.values():
        about = abouts[ticket.ticket_id]
        written = known.get(ticket.ticket_id)
        for attempt in range(ATTEMPTS):
            if attempt:
                written = queries.facts_of_tickets(generation, [ticket.ticket_id]).get(
                    ticket.ticket_id
                )
                ticket = get_tickets([ticket.ticket_id]).get(ticket.ticket_id, ticket)
                about = _dimensions([ticket])[ticket.ticket_id]
            try:
                changed += _write(generation, ticket, about, written)
            except (ConditionFailed, Contended):
                continue
            break
        else:
            raise Busy(f"The facts of ticket {ticket.ticket_id} are being written by others.")
    return changed


def wake_worker() -> None:
    """Enqueue the rollups. Never raises: a sweep does it anyway."""
    wake.send_once("reporting:asked", DEBOUNCE, "reporting.roll_up", countdown=DEBOUNCE)


def differ(ticket_ids: Iterable[str]) -> dict[str, set[str]]:
    """Return the tickets whose stored facts differ, with the quarter hours that do.

    Under "" are all quarter hours in which any of these tickets has facts. Cost: a few batch reads,
    and a query for each ticket that was ever escalated.
    """
    wanted = set(ticket_ids)
    generation = generations.growing().number
    known = queries.facts_of_tickets(generation, wanted)
    tickets = get_tickets(wanted)
    abouts = _dimensions(tickets.values())
    stored = queries.facts_in_quarters(
        generation, ((quarter, number) for number, one in known.items() for quarter in one.quarters)
    )
    found: dict[str, set[str]] = {"": set()}
    for number, ticket in tickets.items():
        due = _quarters(ticket, abouts[number])
        held: Quarters = dict(known[number].quarters) if number in known else {}
        written = {
            quarter: [list(item.about), list(item.facts)]
            for quarter in held
            if (item := stored.get((quarter, number)))
        }
        wrong = {
            quarter
            for quarter in {*due, *held}
            if not due.get(quarter) == held.get(quarter) == written.get(quarter)
        }
        if wrong:
            found[number] = wrong
        found[""] |= {*due, *held}
    return found


def read(item: QuarterFacts) -> tuple[Dimensions, list[Fact]]:
    """Return a ticket's dimensions, and its facts in a quarter hour."""
    return load([item.about, item.facts])


def dump(about: Dimensions, happened: Iterable[Fact]) -> Lines:
    """Return dimensions and facts in the form in which they are stored."""
    return [[*astuple(about)], [_dump(fact) for fact in happened]]


def load(lines: Sequence[Sequence[str]]) -> tuple[Dimensions, list[Fact]]:
    """Return dimensions and facts from the form in which they are stored."""
    about, facts = lines
    return Dimensions(*about), [_load(line) for line in facts]


def _write(generation: int, ticket: Ticket, about: Dimensions, written: TicketFacts | None) -> bool:
    due = _quarters(ticket, about)
    held: Quarters = dict(written.quarters) if written else {}
    revision = written.revision if written else 0
    changed = sorted(one for one in {*held, *due} if held.get(one) != due.get(one))
    for at in range(0, len(changed), MOST_QUARTERS):
        with Transaction() as transaction:
            added, taken = [], []
            for quarter in changed[at : at + MOST_QUARTERS]:
                key = facts_key(generation, quarter, ticket.ticket_id)
                if quarter in held:
                    taken.append(held.pop(quarter))
                if quarter in due:
                    held[quarter] = due[quarter]
                    added.append(due[quarter])
                    lines = due[quarter]
                    transaction.put(QuarterFacts(*key, about=lines[0], facts=lines[1]))
                else:
                    transaction.delete(QuarterFacts(*key))
            transaction.put(_change(generation, ticket.ticket_id, added, taken))
            kept = TicketFacts(
                ticket_pk(generation, ticket.ticket_id),
                ticket_id=ticket.ticket_id,
                quarters=held,
                revision=revision + 1,
            )
            unchanged = (
                TicketFacts.revision == revision if revision else TicketFacts.pk.does_not_exist()
            )
            transaction.put(kept, unchanged)
        revision += 1
    return bool(changed)


def _change(generation: int, ticket_id: str, added: list[Lines], taken: list[Lines]) -> Change:
    """Return the change of a ticket's facts; its key begins with the earliest instant in it."""
    since = min(line.partition(" ")[0] for _about, lines in (*added, *taken) for line in lines)
    return Change(
        shard_key(changes_pk(generation), ticket_id),
        f"{since}#{new_ulid()}",
        added=added,
        taken=taken,
    )


def _dimensions(tickets: Iterable[Ticket]) -> dict[str, Dimensions]:
    """Return what figures of tickets are grouped by. Two batch reads at most."""
    tickets = list(tickets)
    people = get_customers(ticket.customer_id for ticket in tickets)
    vehicles = get_vehicles(
        (ticket.customer_id, ticket.vehicle_id) for ticket in tickets if ticket.vehicle_id
    )
    found = {}
    for ticket in tickets:
        customer = people.get(ticket.customer_id)
        vehicle = vehicles.get(ticket.vehicle_id or "")
        found[ticket.ticket_id] = Dimensions(
            ticket.priority,
            ticket.category,
            ticket.assigned_to or "",
            ticket.team_id or "",
            # Of a deleted ticket segment and make are those that its records had.
            (customer.segment if customer else ticket.segment) or "",
            ticket.merged_into or "",
            ticket.channel or "",
            (vehicle.make if vehicle else ticket.vehicle_make) or "",
            "" if ticket.customer_id == no_customer_of(ticket.ticket_id) else ticket.customer_id,
            "\n".join(ticket.tags),
        )
    return found


def _quarters(ticket: Ticket, about: Dimensions) -> Quarters:
    """Return what is to be counted of a ticket, in the form in which it is stored."""
    timeline = Timeline.load(ticket.timeline)
    found: dict[str, list[Fact]] = defaultdict(list)
    returned = [one.partition(" ")[2] for one in ticket.returned_replies or ()]
    for fact in facts_of(
        timeline,
        POLICY_SNAPSHOTS,
        _escalated(ticket),
        assigned_at=ticket.first_assigned_at,
        returned=map(instant.parse, returned),
    ):
        found[quarter_of(fact.at)].append(fact)
    return {quarter: dump(about, happened) for quarter, happened in found.items()}


def _escalated(ticket: Ticket) -> Iterable[Escalated]:
    if not ticket.fired_rules and not ticket.escalation_level and ticket.reopen_cycle == 1:
        return []
    return [
        Escalated(record.fired_at, rule_of(record.rule), record.level)
        for record in escalations_of(ticket.ticket_id)
    ]


def _dump(fact: Fact) -> str:
    words = [instant.text(fact.at), fact.kind.value]
    if fact.kind in TIMED:
        words += [str(fact.seconds), "met" if fact.met else "late"]
        words += [f"{measure}={number}" for measure, number in fact.measures]
    if fact.kind is FactKind.ESCALATED:
        words += [str(fact.level), fact.rule]
    return " ".join(words)


def _load(line: str) -> Fact:
    at, word, *rest = line.split(" ", 3)
    moment, kind = instant.parse(at), FactKind(word)
    if kind in TIMED:
        met, *measures = rest[1].split(" ")
        return Fact(
            moment,
            kind,
            seconds=int(rest[0]),
            met=met == "met",
            measures=tuple(_measures(measures)),
        )
    if kind is FactKind.ESCALATED:
        return Fact(moment, kind, level=int(rest[0]), rule=rest[1])
    return Fact(moment, kind)


def _measures(words: Iterable[str]) -> Iterator[tuple[Measure, int]]:
    for word in words:
        name, _equals, number = word.partition("=")
        yield Measure(name), int(number)
