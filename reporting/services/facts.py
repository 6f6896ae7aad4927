"""Keep the facts of tickets in line with the tickets, each once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b

import structlog

from customers.services.read import get_customers
from customers.store.items import Customer
from helpdesk import wake
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Busy
from reporting.domain.facts import Dimensions, Escalated, Fact, FactKind, facts_of
from reporting.store import queries
from reporting.store.items import DayFacts, TicketFacts, dirty, facts_pk, ticket_pk
from tickets.domain import instant
from tickets.domain.escalation import rule_of
from tickets.domain.sla.timeline import Timeline
from tickets.services.read import escalations_of, get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS
from tickets.store.events import OutboxEvent
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

CONSUMER = "reports"
"""The name of `handle_events` in OUTBOX_CONSUMERS."""

ATTEMPTS = 5
MOST_DAYS = 40
"""Days of a ticket that one transaction writes."""

DEBOUNCE = 1
"""Seconds in which many changes ask for rollups once."""


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Update facts after events. Tickets are read anew, so a repeat changes nothing."""
    if update_facts({event.ticket_id for event in events}):
        wake_worker()


def update_facts(ticket_ids: Iterable[str]) -> int:
    """Write the facts of these tickets that differ; return of how many tickets.

    The stored facts are read before the ticket, so a writer that read an older ticket finds that
    they have been written since, and fails. Cost for a batch: a few batch reads, a query for each
    ticket that was ever escalated, and a transaction for each whose facts changed. Raises Busy.
    """
    wanted = set(ticket_ids)
    known = queries.facts_of_tickets(wanted)
    tickets = get_tickets(wanted)
    people = get_customers(ticket.customer_id for ticket in tickets.values())
    changed = 0
    for ticket in tickets.values():
        customer = people.get(ticket.customer_id)
        segment = _segment(ticket, customer)
        written = known.get(ticket.ticket_id)
        for attempt in range(ATTEMPTS):
            if attempt:
                written = queries.facts_of_tickets([ticket.ticket_id]).get(ticket.ticket_id)
                ticket = get_tickets([ticket.ticket_id]).get(ticket.ticket_id, ticket)
            try:
                changed += _write(ticket, segment, written)
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
    """Return the tickets whose stored facts differ, with the days of UTC that do.

    Under "" are all days on which any of these tickets has facts. Cost: a few batch reads, and a
    query for each ticket that was ever escalated.
    """
    wanted = set(ticket_ids)
    known = queries.facts_of_tickets(wanted)
    tickets = get_tickets(wanted)
    people = get_customers(ticket.customer_id for ticket in tickets.values())
    stored = queries.day_facts((day, number) for number, one in known.items() for day in one.days)
    found: dict[str, set[str]] = {"": set()}
    for number, ticket in tickets.items():
        customer = people.get(ticket.customer_id)
        items = _items(ticket, _segment(ticket, customer))
        due = {str(day): _digest(item) for day, item in items.items()}
        told = dict(known[number].days) if number in known else {}
        written = {day: _digest(stored[day, number]) for day in told if (day, number) in stored}
        days = {
            day
            for day in {*due, *told}
            if due.get(day) != told.get(day) or due.get(day) != written.get(day)
        }
        if days:
            found[number] = days
        found[""] |= {*due, *told}
    return found


def read_day(item: DayFacts) -> tuple[Dimensions, list[Fact]]:
    """Return the facts that `_items` wrote."""
    return Dimensions(*item.about), [_load(line) for line in item.facts]


def _write(ticket: Ticket, segment: str, written: TicketFacts | None) -> bool:
    items = {str(day): item for day, item in _items(ticket, segment).items()}
    digests = {day: _digest(item) for day, item in items.items()}
    held: dict[str, str] = dict(written.days) if written else {}
    days = sorted(day for day in {*held, *digests} if held.get(day) != digests.get(day))
    revision = written.revision if written else 0
    for at in range(0, len(days), MOST_DAYS):
        with Transaction() as transaction:
            for day in days[at : at + MOST_DAYS]:
                transaction.put(dirty(day, ticket.ticket_id, new_ulid()))
                if day in items:
                    transaction.put(items[day])
                    held[day] = digests[day]
                else:
                    transaction.delete(DayFacts(facts_pk(day, ticket.ticket_id), ticket.ticket_id))
                    del held[day]
            kept = TicketFacts(
                ticket_pk(ticket.ticket_id),
                ticket_id=ticket.ticket_id,
                days=held,
                revision=revision + 1,
            )
            unchanged = (
                TicketFacts.revision == revision if revision else TicketFacts.pk.does_not_exist()
            )
            transaction.put(kept, unchanged)
        revision += 1
    return bool(days)


def _segment(ticket: Ticket, customer: Customer | None) -> str:
    """Return the customer's segment; of a deleted ticket the one that its customer had."""
    return customer.segment if customer else ticket.segment or ""


def _items(ticket: Ticket, segment: str) -> dict[date, DayFacts]:
    """Return the facts of a ticket by their day of UTC."""
    timeline = Timeline.load(ticket.timeline)
    days: dict[date, list[Fact]] = defaultdict(list)
    for fact in facts_of(timeline, POLICY_SNAPSHOTS, _escalated(ticket)):
        days[fact.at.date()].append(fact)
    about = [
        ticket.priority,
        ticket.category,
        ticket.assigned_to or "",
        ticket.team_id or "",
        segment,
    ]
    # Absent where nothing is known, so that older tickets have the facts that they had.
    if ticket.merged_into or ticket.channel:
        about.append(ticket.merged_into or "")
    if ticket.channel:
        about.append(ticket.channel)
    return {
        day: DayFacts(
            facts_pk(str(day), ticket.ticket_id),
            ticket.ticket_id,
            about=about,
            facts=[_dump(fact) for fact in facts],
        )
        for day, facts in days.items()
    }


def _escalated(ticket: Ticket) -> Iterable[Escalated]:
    if not ticket.fired_rules and not ticket.escalation_level and ticket.reopen_cycle == 1:
        return []
    return [
        Escalated(record.fired_at, rule_of(record.rule), record.level)
        for record in escalations_of(ticket.ticket_id)
    ]


def _dump(fact: Fact) -> str:
    words = [instant.text(fact.at), fact.kind.value]
    if fact.kind in (FactKind.RESPONSE, FactKind.RESOLUTION):
        words += [str(fact.seconds), "met" if fact.met else "late"]
    if fact.kind is FactKind.ESCALATED:
        words += [str(fact.level), fact.rule]
    return " ".join(words)


def _load(line: str) -> Fact:
    at, kind, *rest = line.split(" ", 3)
    fact = Fact(instant.parse(at), FactKind(kind))
    if fact.kind in (FactKind.RESPONSE, FactKind.RESOLUTION):
        return Fact(fact.at, fact.kind, seconds=int(rest[0]), met=rest[1] == "met")
    if fact.kind is FactKind.ESCALATED:
        return Fact(fact.at, fact.kind, level=int(rest[0]), rule=rest[1])
    return fact


def _digest(item: DayFacts) -> str:
    said = json.dumps([list(item.about), list(item.facts)])
    return blake2b(said.encode(), digest_size=8).hexdigest()
