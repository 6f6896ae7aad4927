"""Import another help desk's tickets, with their own times.

Each ticket is replayed on a Draft, as live work would have changed it, and written in as few
transactions as its length allows. The imported events are recorded in the same transactions, so an
import that is repeated, or was killed, continues where it stopped. Nothing is escalated and nobody
is notified; the milestones of a ticket that ends open count from now on.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

import structlog

from customers.domain import vin as vins
from customers.services.create import create_customer, create_vehicle
from customers.services.read import (
    customer_with_email,
    customer_with_external_id,
    vehicle_with_vin,
)
from customers.store.items import Customer
from helpdesk.accounts.actors import SYSTEM, Actor
from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from helpdesk.custom_fields import values
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.dynamo.transaction import Condition, ConditionFailed, Contended, Transaction, changes
from helpdesk.errors import Invalid
from helpdesk.mail.address import AddressRefused
from tickets.domain import events
from tickets.domain.errors import DomainError
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Category, CommunicationType, Direction, Priority, Status
from tickets.domain.ticket_import import (
    LONGEST_LINE,
    HistoryEvent,
    HistoryRefused,
    ImportEventKind,
    parse,
)
from tickets.domain.workflow import EventType
from tickets.services.assignment.assign import set_assignee
from tickets.services.delivery import outbox
from tickets.services.lifecycle.draft import Draft, copy_of, new_draft, write_beside
from tickets.services.lifecycle.validation import (
    LONGEST_CONTENT,
    LONGEST_DESCRIPTION,
    LONGEST_SUBJECT,
    Checks,
)
from tickets.services.sla import policies
from tickets.store import queries, ticket_numbers
from tickets.store.items import Imported, imported_pk
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

MOST_LINES = 60
"""Lines of a log in one transaction, which holds a hundred items."""

BATCH = 50
"""Tickets whose numbers and records are read together."""

_TICKET = re.compile(rb'"ticket"\s*:\s*"((?:[^"\\]|\\.){1,200})"')


@dataclass(frozen=True)
class Refused:
    """A line that was not imported, and why."""

    line: int
    reason: str


@dataclass
class Summary:
    """The result of an import: tickets created or continued, events imported and skipped, lines
    refused."""

    tickets: int = 0
    events: int = 0
    skipped: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: int


def import_history(
    path: Path,
    *,
    dry_run: bool = False,
    now: datetime | None = None,
    each: Callable[[int], object] = lambda lines: None,
) -> Summary:
    """Import a file of JSON Lines; call `each` with the number of lines done.

    A refused line stops its ticket, and nothing else. With `dry_run` nothing is written. Memory
    grows with the number of lines (16 bytes or so each), not with their length.
    """
    summary = Summary()
    work = _Import(dry_run=dry_run, now=now or this_second(), summary=summary)
    with path.open("rb") as file:
        lines, stops = _index(file, summary)
        tickets = iter(lines.items())
        while batch := list(islice(tickets, BATCH)):
            work.prepare([number for number, _lines in batch])
            for number, of_ticket in batch:
                work.ticket(number, of_ticket, file, stops.get(number))
                each(len(of_ticket))
    summary.refused.sort(key=lambda refused: refused.line)
    if not dry_run:
        outbox.wake_worker()
    return summary


def _index(file: IO[bytes], summary: Summary) -> tuple[dict[str, list[_Line]], dict[str, int]]:
    """Return the positions of each ticket's lines, and the first bad line of a ticket
    that has one."""
    lines: dict[str, list[_Line]] = {}
    stops: dict[str, int] = {}
    for number, start, line in _lines(file):
        if not line.strip():
            continue
        try:
            lines.setdefault(parse(line).ticket, []).append(_Line(number, start))
        except HistoryRefused as refused:
            summary.refused.append(Refused(number, str(refused)))
            if named := _TICKET.search(line):
                stops.setdefault(named[1].decode("utf-8", "replace"), number)
    return lines, stops


def _lines(file: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield each line with its number and position; only the beginning of a line that
    is too long."""
    number, start = 0, 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        yield number, start, line
        while not line.endswith(b"\n") and (line := file.readline(LONGEST_LINE + 1)):
            pass
        start = file.tell()


class _Import:
    """The state of a running import."""

    def __init__(self, *, dry_run: bool, now: datetime, summary: Summary) -> None:
        self.dry_run, self.now, self.summary = dry_run, now, summary
        self._people: dict[str, Actor] = {}
        self._customers: dict[str, Customer] = {}
        self._marks: dict[str, Imported] = {}
        self._numbers: Iterator[int] = iter(())

    def prepare(self, numbers: Sequence[str]) -> None:
        """Read what was imported of these tickets before, and reserve numbers for new ones."""
        self._marks = queries.imported(numbers)
        new = len(numbers) - len(self._marks)
        self._numbers = iter(
            ticket_numbers.take_numbers(new) if new and not self.dry_run else range(1, 99)
        )

    def ticket(
        self, number: str, lines: Sequence[_Line], file: IO[bytes], stop: int | None
    ) -> None:
        """Replay one ticket; stop at its first refused line."""
        mark = self._marks.get(number) or Imported(imported_pk(number), taken=[])
        replay = _Replay(self, mark)
        taken_before = set(mark.taken)
        seen: Counter[str] = Counter()
        for place, line in enumerate(lines):
            if stop is not None and line.number > stop:
                self.summary.skipped += len(lines) - place
                break
            event = _read(file, line)
            seen[event.key] += 1
            key = f"{event.key}-{seen[event.key]}"
            if key in taken_before:
                self.summary.skipped += 1
                continue
            try:
                replay.take(event, key)
            except (DomainError, Invalid) as refused:
                self.summary.refused.append(Refused(line.number, _reason(refused)))
                self.summary.skipped += len(lines) - place - 1
                break
        try:
            replay.finish()
        except (DomainError, Invalid) as refused:
            self.summary.refused.append(Refused(lines[-1].number, _reason(refused)))

    def next_number(self) -> str:
        return str(next(self._numbers))

    def person(self, username: str) -> Actor:
        """Return the user with this username; an unknown one is created as an inactive user."""
        known = self._people.get(username)
        if known is None:
            if self.dry_run:
                user = User.objects.filter(username=username).first() or User(username=username)
            else:
                user, _made = User.objects.get_or_create(
                    username=username, defaults={"is_active": False}
                )
            known = Actor(str(user.pk or "0"), user.display_name, works_tickets=True)
            self._people[username] = known
        return known

    def customer(self, event: HistoryEvent) -> Customer:
        """Return the customer with the external id or the email address, or create one."""
        external_id = event.customer["externalId"]
        known = self._customers.get(external_id) or customer_with_external_id(external_id)
        if known is None and (address := event.customer.get("email")):
            try:
                known = customer_with_email(address)
            except AddressRefused as refused:
                raise HistoryRefused(f"customer: {refused}") from refused
        if known is None:
            known = (
                Customer(customer_id="", segment="Individual")
                if self.dry_run
                else create_customer(
                    name=event.customer["name"],
                    email=event.customer.get("email"),
                    external_id=external_id,
                    by=SYSTEM,
                    now=event.at,
                )
            )
        self._customers[external_id] = known
        return known

    def vehicle(self, event: HistoryEvent, customer: Customer) -> str | None:
        """Return the vehicle with the VIN, whoever owns it by now, or create one for
        this customer."""
        if not event.vehicle:
            return None
        vin = vins.as_kept(event.vehicle["vin"])
        known = vehicle_with_vin(vin)
        if known is None and not self.dry_run:
            year = event.vehicle.get("year", "")
            known = create_vehicle(
                customer_id=customer.customer_id,
                vin=vin,
                make=event.vehicle.get("make", ""),
                model=event.vehicle.get("model", ""),
                year=year if year.isdecimal() else "",
                confirm_vin=True,  # the other system's number is accepted as it is
                by=SYSTEM,
            )
        return known.vehicle_id if known else None


class _Replay:
    """A ticket while its events are replayed."""

    def __init__(self, work: _Import, mark: Imported) -> None:
        self._work = work
        self._mark = mark
        self._stored: Ticket | None = None
        self._draft: Draft | None = None
        self._taken: list[str] = []

    def take(self, event: HistoryEvent, key: str) -> None:
        """Apply an event. Raises DomainError or Invalid, with the draft as it was before."""
        if event.at > self._work.now:
            raise HistoryRefused("it is in the future")
        if event.kind is ImportEventKind.CREATED:
            if self._draft or self._mark.ticket_id:
                raise HistoryRefused("the ticket was already created")
            self._draft = self._create(event)
            self._draft.finish_without_firing()
        else:
            draft = self._open(event)
            before, timeline = copy_of(draft.ticket), draft.timeline
            at, by, written = draft.at, draft.by, len(draft.communications)
            try:
                draft.at_time(event.at, by=self._work.person(event.by))
                self._apply(draft, event)
                draft.log_changes()
                draft.ticket.version = before.version + 1
            except (DomainError, Invalid):
                draft.ticket, draft.timeline, draft.at, draft.by = before, timeline, at, by
                del draft.communications[written:]
                raise
        self._taken.append(key)
        if self._draft and len(self._draft.communications) >= MOST_LINES:
            self._draft.finish_without_firing()
            self._write()

    def finish(self) -> None:
        """Write the rest, and plan the milestones."""
        if self._draft is None or not self._taken:
            return
        self._draft.finish_without_firing(until=self._work.now)
        self._write()
        self._work.summary.tickets += 1

    def _open(self, event: HistoryEvent) -> Draft:
        if self._draft is None:
            stored = queries.ticket(self._mark.ticket_id) if self._mark.ticket_id else None
            if stored is None:
                raise HistoryRefused("the ticket's events do not begin with created")
            self._stored = stored
            timeline = Timeline.load(stored.timeline)
            person = self._work.person(event.by)
            self._draft = Draft(copy_of(stored), timeline, by=person, now=stored.updated_at)
        return self._draft

    def _create(self, event: HistoryEvent) -> Draft:
        checks = Checks()
        texts = event.texts
        subject = checks.line("subject", texts["subject"], longest=LONGEST_SUBJECT)
        description = checks.text("description", texts["description"], longest=LONGEST_DESCRIPTION)
        checks.done()
        customer = self._work.customer(event)
        category, priority = Category(texts["category"]), Priority(texts["priority"])
        terms = policies.snapshot_for(category=category, segment=customer.segment)
        fields: dict[str, Any] = {
            "ticket_id": self._work.next_number(),
            "customer_id": customer.customer_id,
            "vehicle_id": self._work.vehicle(event, customer),
            "subject": subject,
            "description": description,
            "description_by_customer": True,  # the user who logged it
            "category": category.value,
            "priority": priority.value,
            "status": Status.OPEN.value,
            "tags": [],
            "policy_id": terms.key,
            "segment": customer.segment,
            # Of a past none is required.
            "custom_fields": values.changed(
                RecordKind.TICKET, None, event.fields, category=category
            )
            if event.fields
            else None,
        }
        return new_draft(
            fields,
            policy_key=terms.key,
            priority=priority,
            by=self._work.person(event.by),
            now=event.at,
            reference=event.ticket,
        )

    def _apply(self, draft: Draft, event: HistoryEvent) -> None:
        """Apply an event to the draft, as the use cases would."""
        match event.kind:
            case ImportEventKind.ASSIGNED:
                set_assignee(draft, self._work.person(event.texts["to"]).user_id)
            case ImportEventKind.NOTE:
                draft.add_entry(CommunicationType.INTERNAL_NOTE, _content(event))
            case ImportEventKind.RESPONDED:
                _message(draft, event, Direction.OUTBOUND)
                draft.apply(EventType.RESPONDED)
            case ImportEventKind.CUSTOMER_REPLIED:
                _message(draft, event, Direction.INBOUND)
                draft.apply(EventType.CUSTOMER_REPLIED)
            case ImportEventKind.PRIORITY:
                draft.apply(EventType.PRIORITY, priority=Priority(event.texts["value"]))
            case _:
                draft.apply(_STEPS[event.kind])

    def _write(self) -> None:
        """Write the ticket, its new entries and the ids of their events in one transaction."""
        work, draft = self._work, self._draft
        assert draft is not None  # noqa: S101 (for the type checker)
        if not work.dry_run:
            # One event in place of old ones makes consumers read the ticket.
            draft.events.clear()
            draft.emit(events.Imported())
            self._transact(draft)
        work.summary.events += len(self._taken)
        self._mark.ticket_id = draft.ticket.ticket_id
        self._taken = []
        self._stored = copy_of(draft.ticket)
        draft.communications, draft.events = [], []

    def _transact(self, draft: Draft) -> None:
        mark = self._mark
        mark_as_read: Condition = (
            Imported.taken == mark.taken if mark.taken else Imported.pk.does_not_exist()
        )
        ticket = draft.ticket
        written = Imported(mark.pk, ticket_id=ticket.ticket_id, taken=[*mark.taken, *self._taken])
        try:
            with Transaction() as transaction:
                if self._stored is None:
                    transaction.put(ticket, Ticket.pk.does_not_exist())
                else:
                    actions = changes(self._stored, ticket)
                    version = Ticket.version == self._stored.version
                    transaction.update(self._stored, actions, version)
                write_beside(transaction, draft)
                transaction.put(written, mark_as_read)
        except (ConditionFailed, Contended) as refused:
            raise HistoryRefused(
                "someone else is changing or importing this ticket; run the import again"
            ) from refused
        self._mark = written


_STEPS: Mapping[ImportEventKind, EventType] = {
    ImportEventKind.WAITING: EventType.WAITING,
    ImportEventKind.RESUMED: EventType.RESUMED,
    ImportEventKind.RESOLVED: EventType.RESOLVED,
    ImportEventKind.CLOSED: EventType.CLOSED,
    ImportEventKind.REOPENED: EventType.REOPENED,
}


def _reason(refused: DomainError | Invalid) -> str:
    if not isinstance(refused, Invalid):
        return str(refused)
    return "; ".join(
        f"{name.replace(values.PREFIX, 'fields.')}: {why}" if values.PREFIX in name else why
        for name, why in refused.errors.items()
    )


def _message(draft: Draft, event: HistoryEvent, direction: Direction) -> None:
    draft.add_entry(CommunicationType.CUSTOMER_RESPONSE, _content(event), direction=direction)


def _content(event: HistoryEvent) -> str:
    checks = Checks()
    content = checks.text("content", event.texts["content"], longest=LONGEST_CONTENT)
    checks.done()
    return content


def _read(file: IO[bytes], line: _Line) -> HistoryEvent:
    file.seek(line.start)
    return parse(file.readline(LONGEST_LINE + 1))
