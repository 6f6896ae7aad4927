"""Replay each ticket's log, and compare it with the ticket and everything derived from it.

A ticket is recorded in three ways: its log, the timeline of its clocks, and the ticket itself with
its indexes. They are written together, so any difference is a fault. The log has changes only: if
the only change of a field is missing from it, that cannot be noticed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from helpdesk.accounts.actors import SYSTEM
from tickets.domain import instant
from tickets.domain.escalation import is_manual
from tickets.domain.mail.outcome import Outcome
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import ERASED, CommunicationType, Direction, LogEvent, Status
from tickets.services.conversation import attachments
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.draft import Draft, copy_of
from tickets.services.lifecycle.log_entries import author_of, last_message_of, text_in
from tickets.store import mail, queries, search, ticket_numbers
from tickets.store.items import Communication, Escalation
from tickets.store.ticket import Ticket

MOST_LINES = 100_000
ATTEMPTS = 5
_IN_LOGS = (Outcome.TICKET, Outcome.REPLY, Outcome.BOUNCE, Outcome.AUTO_REPLY)
"""What became of an email that is in a ticket's log."""


@dataclass(frozen=True)
class Drift:
    """A difference between two records that should agree."""

    ticket_id: str
    what: str


class NotCompared(Exception):
    """Derived data was not compared, because changes to it are still being processed."""


def verify(
    ticket_ids: Sequence[str] = (),
    each: Callable[[], object] = lambda: None,
    not_compared: Callable[[str], object] = lambda _what: None,
) -> Iterator[Drift]:
    """Yield every drift of these tickets, or of all.

    Calls `each` after each ticket, and `not_compared` with a sentence if derived data was left out.
    Users and workers may continue meanwhile, and indexes are late: what differs is read again at
    the end, until nobody has changed the ticket in between. Cost for each ticket: its item
    collection, a query for each index, a row of SQL, and for email a batch read.
    """
    numbers = set()
    again: list[str] = []
    for ticket, log in _some(ticket_ids) if ticket_ids else queries.every_ticket():
        numbers.add(int(ticket.ticket_id))
        if any(_drifts(ticket, log)):
            again.append(ticket.ticket_id)
        each()
    missing = {int(number) for number in ticket_ids if number.isdecimal()} - numbers
    yield from (Drift(str(number), "there is no such ticket") for number in sorted(missing))
    for ticket_id in again:
        yield from _drifts_at_rest(ticket_id)
    if not ticket_ids:
        yield from _counter_drifts(numbers)
    for path in settings.TICKET_VERIFIERS:
        try:
            following = (str(number) for number in sorted(numbers))
            yield from import_string(path)(following, every=not ticket_ids)
        except NotCompared as left_out:
            not_compared(str(left_out))


def _drifts_at_rest(ticket_id: str) -> list[Drift]:
    """Return the drifts of a ticket, read until nobody has changed it in between."""
    found: list[Drift] = []
    for _attempt in range(ATTEMPTS):
        ticket = queries.ticket(ticket_id)
        if ticket is None:
            return [Drift(ticket_id, "the ticket has gone")]
        found = list(_drifts(ticket, queries.whole_log(ticket_id, most=MOST_LINES)))
        after = queries.ticket(ticket_id)
        if not found or (after and after.version == ticket.version):
            break
    return found


def _some(ticket_ids: Iterable[str]) -> Iterator[tuple[Ticket, list[Communication]]]:
    for ticket in queries.tickets(ticket_ids).values():
        yield ticket, queries.whole_log(ticket.ticket_id, most=MOST_LINES)


def _drifts(ticket: Ticket, log: Sequence[Communication]) -> Iterator[Drift]:
    for what in (
        *_check_log(ticket, log),
        *_check_timeline(ticket),
        *_check_customers_timeline(ticket, log),
        *_lost_files(log),
        *_check_emails(log),
        *_check_escalations(ticket, queries.escalations(ticket.ticket_id)),
        *_check_indexes(ticket),
        *_check_search(ticket),
    ):
        yield Drift(ticket.ticket_id, what)


@dataclass
class _LogReplay:
    """The values that follow from a log's entries."""

    values: dict[str, str | None] = field(
        default_factory=lambda: {"status": Status.OPEN.value, "waiting": "no"}
    )
    reopen_cycle: int = 1
    first_responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    needs_reply_since: datetime | None = None
    breaks: list[str] = field(default_factory=list)
    before_merge: "_LogReplay | None" = None
    """The log's values when the ticket was merged; unmerging restores them."""
    before_close: "_LogReplay | None" = None
    """Those when it was last closed, for a closing that is undone."""

    def add(self, line: Communication) -> None:
        outbound = line.direction == Direction.OUTBOUND.value
        said_at = line.counted_at or line.occurred_at or line.created_at
        if line.type == CommunicationType.CUSTOMER_RESPONSE.value and outbound:
            self.first_responded_at = self.first_responded_at or said_at
            self.needs_reply_since = None
        elif line.direction == Direction.INBOUND.value and not line.without_effect:
            self.needs_reply_since = self.needs_reply_since or said_at
        merging = next((one for one in line.changes or () if one.field == "mergedInto"), None)
        if merging and merging.after:
            self.before_merge = self._snapshot()
        if any(one.field == "status" and one.after == Status.CLOSED for one in line.changes or ()):
            self.before_close = self._snapshot()
        for change in line.changes or ():
            was = self.values.get(change.field, change.before)
            if was != change.before:
                self.breaks.append(
                    f"log: {change.field} is changed from {change.before}, but was {was}"
                )
            self.values[change.field] = change.after
            if change.field == "status":
                self._step(str(change.before), str(change.after), line.created_at)
            if change.field == "waiting" and change.after == "yes":
                self.needs_reply_since = None
        if merging and not merging.after and self.before_merge:
            self._restore(self.before_merge)
        if line.event == LogEvent.CLOSING_UNDONE.value and self.before_close:
            self._restore(self.before_close)

    def _snapshot(self) -> "_LogReplay":
        return replace(self, values=dict(self.values), before_merge=None, before_close=None)

    def _restore(self, before: "_LogReplay") -> None:
        self.reopen_cycle = before.reopen_cycle
        self.first_responded_at = before.first_responded_at
        self.resolved_at, self.closed_at = before.resolved_at, before.closed_at
        self.needs_reply_since = before.needs_reply_since
        if "escalationLevel" in before.values:
            self.values["escalationLevel"] = before.values["escalationLevel"]
        else:
            self.values.pop("escalationLevel", None)

    def _step(self, before: str, after: str, at: datetime) -> None:
        done_before, done = not Status(before).active, not Status(after).active
        if done and not done_before:
            self.resolved_at = at
            self.first_responded_at = self.first_responded_at or at
        if done:
            self.needs_reply_since = None
        if done_before and not done:
            self.reopen_cycle += 1
            self.resolved_at = None
            self.values["escalationLevel"] = "0"  # each reopen cycle begins without
        self.closed_at = at if after == Status.CLOSED.value else None


def _check_log(ticket: Ticket, log: Sequence[Communication]) -> Iterator[str]:
    replay = _LogReplay(needs_reply_since=ticket.created_at)
    for line in log:
        replay.add(line)
    yield from replay.breaks
    for name, value in replay.values.items():
        stored = text_in(ticket, name)
        if stored is None and value == ERASED:
            continue  # of an erased customer lists are empty, whatever stood there
        if stored != value:
            yield f"{name}: the log says {value}, the ticket {stored}"
    for name, at, stored_at in (
        ("firstRespondedAt", replay.first_responded_at, ticket.sla.first_responded_at),
        ("resolvedAt", replay.resolved_at, ticket.resolved_at),
        ("closedAt", replay.closed_at, ticket.closed_at),
        ("needsReplySince", replay.needs_reply_since, ticket.sla.needs_reply_since),
    ):
        if stored_at != at:
            yield f"{name}: the log says {_text(at)}, the ticket {_text(stored_at)}"
    if replay.reopen_cycle != ticket.reopen_cycle:
        yield f"reopen cycle: the log says {replay.reopen_cycle}, the ticket {ticket.reopen_cycle}"
    yield from _check_last_message(ticket, log)
    if log and log[-1].communication_id > (ticket.last_id or ""):
        yield "lastId: the log goes on beyond it"


def _check_last_message(ticket: Ticket, log: Sequence[Communication]) -> Iterator[str]:
    message = last_message_of(log)
    said = (message.communication_id, author_of(message)) if message else (None, None)
    stored = (ticket.sla.last_message, ticket.sla.last_author)
    if stored != said:
        yield f"lastMessage: the log says {said}, the ticket {stored}"


def _check_timeline(ticket: Ticket) -> Iterator[str]:
    """Replay the timeline, and compare everything that the clock decides."""
    timeline = Timeline.load(ticket.timeline)
    draft = Draft(copy_of(ticket), timeline, by=SYSTEM, now=ticket.updated_at)
    draft.finish_without_firing()
    stored, replayed = ticket.serialize(), draft.ticket.serialize()
    for name in sorted({*stored, *replayed}):
        if stored.get(name) != replayed.get(name):
            yield f"{name}: stored {stored.get(name)}, the clock says {replayed.get(name)}"
    if timeline.reopen_cycle != ticket.reopen_cycle:
        counted, stored_as = timeline.reopen_cycle, ticket.reopen_cycle
        yield f"reopen cycle: the timeline says {counted}, the ticket {stored_as}"


def _check_customers_timeline(ticket: Ticket, log: Sequence[Communication]) -> Iterator[str]:
    """Hold the entries that are in a customer's timeline against the ticket's customer.

    Entries of an earlier release are in none until `upgrade_data` has run.
    """
    for line in log:
        if line.customer_id and line.customer_id != ticket.customer_id:
            yield f"timeline: {line.communication_id} is in that of another customer"


def _check_escalations(ticket: Ticket, records: Sequence[Escalation]) -> Iterator[str]:
    present = [record for record in records if record.reopen_cycle == ticket.reopen_cycle]
    level = max((record.level for record in present), default=0)
    if level != ticket.escalation_level:
        yield f"escalationLevel: the records say {level}, the ticket {ticket.escalation_level}"
    for record in present:
        if not is_manual(record.rule) and record.rule not in ticket.fired_rules:
            yield f"firedRules: {record.rule} has a record, and is not among them"


def _lost_files(log: Sequence[Communication]) -> Iterator[str]:
    for line in log:
        for attachment in line.attachments or ():
            if not attachments.is_there(attachment):
                yield f"attachments: the file {attachment.file_id} is not there"
        if line.email and line.email.sha256 and not raw_messages.is_there(line.email.sha256):
            yield f"email: the original of {line.communication_id} is not there"


def _check_emails(log: Sequence[Communication]) -> Iterator[str]:
    """Hold each message that came by email against the record of the email."""
    came = {str(line.email.key): line for line in log if line.email and line.email.key}
    records = mail.emails(list(came)) if came else {}
    ids = {line.communication_id for line in log}
    for key, line in came.items():
        record = records.get(key)
        if record is None:
            yield f"email: {line.communication_id} came by one that is not recorded"
        elif record.outcome not in _IN_LOGS:
            yield f"email: {line.communication_id} came by one whose outcome is {record.state}"
        elif record.ticket_id == line.ticket_id and record.communication_id not in ids:
            yield f"email: that of {line.communication_id} names a message that is not there"


def _check_indexes(ticket: Ticket) -> Iterator[str]:
    whole = ticket.serialize()
    for index, row in queries.index_rows(ticket):
        if row is None:
            yield f"{index}: the ticket is not in it"
            continue
        for name, value in row.items():
            if whole.get(name) != value:
                yield f"{index}: {name} is {value}, the ticket says {whole.get(name)}"


def _check_search(ticket: Ticket) -> Iterator[str]:
    return (f"search: {what}" for what in search.differences(ticket))


def _counter_drifts(numbers: set[int]) -> Iterator[Drift]:
    last = ticket_numbers.last_ticket_number()
    if numbers and max(numbers) > last:
        yield Drift(str(max(numbers)), f"the counter of ticket numbers is at {last}")
    for stray in sorted(search.numbers() - numbers):
        if queries.ticket(str(stray)) is None:
            yield Drift(str(stray), "search: it names a ticket that is not there")


def _text(at: datetime | None) -> str:
    return instant.text(at) if at else "nothing"
