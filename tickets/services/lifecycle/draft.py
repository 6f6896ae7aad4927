"""A ticket while a change to it is prepared, and what is written beside it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Unpack

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid
from tickets.domain import events, instant
from tickets.domain.errors import TimeRunsBackwards
from tickets.domain.events import Event
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.clock import Reading
from tickets.domain.sla.milestones import Milestone
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import CommunicationType, LogEvent, Priority
from tickets.domain.workflow import Event as ClockEvent
from tickets.domain.workflow import EventType
from tickets.services.lifecycle import log_entries, records
from tickets.services.lifecycle.firing import fire
from tickets.services.sla import policies
from tickets.store.events import OutboxEvent
from tickets.store.items import Communication, Escalation
from tickets.store.keys import set_keys
from tickets.store.ticket import Sla, Ticket, ticket_pk

LONGEST_TIMELINE = 3_000
"""Clock events of one ticket; beyond it the item would near DynamoDB's 400 KB."""


class Draft:
    """A ticket while a change to it is prepared, with everything that has to be written.

    A decision changes `ticket`, applies clock events, adds entries and events. `finish` then
    updates everything that follows; until then, deadlines and index keys are the old ones.
    """

    def __init__(self, ticket: Ticket, timeline: Timeline, *, by: Actor, now: datetime) -> None:
        """Prepare a change of `ticket`, which is changed in place: pass a copy."""
        self.ticket = ticket
        self.timeline = timeline
        self.by = by
        self.rules = policies.rules()
        # Machines' clocks differ, and a write waits for others: a ticket's own time never runs
        # backwards, so what was written first also happened first.
        self.at = max(now, timeline.last_at, ticket.updated_at)
        self.communications: list[Communication] = []
        self.escalations: list[Escalation] = []
        self.events: list[OutboxEvent] = []
        self.checks: list[Callable[[Transaction], None]] = []
        """What has to hold elsewhere for the draft to be written."""
        self._logged = log_entries.logged_values(ticket)

    def at_time(self, at: datetime, *, by: Actor) -> None:
        """Continue at a time in the past, as another actor: for imported events.

        Raises TimeRunsBackwards.
        """
        if at < self.at:
            raise TimeRunsBackwards(at, self.at)
        self.at, self.by = at, by
        self.ticket.updated_at = at

    def apply(
        self, kind: EventType, *, priority: Priority | None = None, policy_key: str | None = None
    ) -> None:
        """Apply an event to the clocks, and to the status that follows from it.

        Raises EventRefused if the workflow has no such step.
        """
        event = ClockEvent(self.at, kind, priority=priority, policy_key=policy_key)
        reopen_within = timedelta(days=settings.REOPEN_WITHIN_DAYS)
        self._set_timeline(self.timeline.then(event, reopen_within=reopen_within))
        if len(self.timeline.events) > LONGEST_TIMELINE:
            raise Invalid({"status": _("This ticket has too many changes. Create a new ticket.")})
        if self.timeline.reopen_cycle != self.ticket.reopen_cycle:
            self.ticket.reopen_cycle = self.timeline.reopen_cycle
            self.ticket.escalation_level = 0
            self.ticket.fired_rules = []
            self.emit(events.Reopened())

    def withdraw(self, kind: EventType) -> None:
        """Undo the last event of this kind, as if it had never happened."""
        self._set_timeline(self.timeline.without_last(kind))

    def fire_passed(self) -> None:
        """Fire every milestone that has passed before anything is decided.

        Reads the clock only if something can have passed: the stored deadlines are those of the
        same timeline.
        """
        sla = self.ticket.sla
        first = (sla.response_at_risk_at, sla.response_deadline)
        following = (sla.next_response_at_risk_at, sla.next_response_deadline)
        last = (sla.resolution_at_risk_at, sla.resolution_deadline)
        reached = (*first, *following, *last)
        if milestones.may_have_passed(self.timeline.priority, reached, self.at):
            planned = self._plan(self._read())
            fire(self, milestones.passed(planned, self.at))

    def finish(self) -> None:
        """Log what changed, fire what passed, and set everything that follows from timeline and
        clock.

        Reads the clock once.
        """
        self.log_changes()
        reading = self._read()
        planned = self._plan(reading)
        passed = milestones.passed(planned, self.at)
        fire(self, passed)
        self._set_sla(reading, to_come=[one for one in planned if one not in passed])

    def finish_without_firing(self, *, until: datetime | None = None) -> None:
        """Set everything that follows from timeline and clock, and fire nothing: for imported
        events.

        Milestones that have passed at `until` count as fired.
        """
        reading = self._read()
        planned = self._plan(reading)
        passed = milestones.passed(planned, until) if until else ()
        fired = (one.key for one in passed)
        self.ticket.fired_rules = [*self.ticket.fired_rules, *fired]
        self._set_sla(reading, to_come=[one for one in planned if one not in passed])

    def log_changes(self, event: LogEvent = LogEvent.CHANGED) -> None:
        """Add a System Update with the old and new values of what changed since the last one."""
        changed = log_entries.differences(self._logged, self.ticket)
        if not changed:
            return
        self._logged = log_entries.logged_values(self.ticket)
        self.add_entry(
            CommunicationType.SYSTEM_UPDATE,
            log_entries.summary(changed),
            event=event,
            changes=changed,
        )
        # Texts are only in the ticket and its log: events are copied to many places.
        self.emit(
            events.Changed(
                {
                    one.field: None if log_entries.is_text(one.field) else one.after
                    for one in changed
                }
            )
        )

    def is_logged(self, *names: str) -> None:
        """Note that the current values of these attributes have an entry of their own."""
        self._logged |= {name: getattr(self.ticket, name) for name in names}

    def add_entry(
        self,
        kind: CommunicationType,
        content: str,
        *,
        by: Actor | None = None,
        **facts: Unpack[records.EntryFacts],
    ) -> Communication:
        """Add an entry to the log and return it.

        `content` of a System Update is plain English for programs; pages build their text from the
        other arguments.
        """
        entry = records.log_entry(
            self.ticket, self._next_id(), kind, content, at=self.at, by=by or self.by, **facts
        )
        self.communications.append(entry)
        return entry

    def emit(self, event: Event) -> None:
        """Add an event to the outbox."""
        self.events.append(
            records.outbox_event(self.ticket, self._next_id(), event, at=self.at, by=self.by)
        )

    def emit_escalated(self, reasons: Iterable[events.Raised]) -> None:
        """Add the event of an escalation, whoever or whatever caused it."""
        ticket = self.ticket
        level = ticket.escalation_level
        self.emit(events.Escalated(tuple(reasons), level, ticket.assigned_to, ticket.team_id))

    def escalate(
        self, *, key: str, level: int, due_at: datetime, by: Actor, reason: str | None
    ) -> None:
        """Raise the level, and add the record whose key makes this happen only once."""
        self.ticket.escalation_level = max(self.ticket.escalation_level, level)
        self.escalations.append(
            records.escalation(self.ticket, key, due_at=due_at, at=self.at, by=by, reason=reason)
        )

    def _set_timeline(self, timeline: Timeline) -> None:
        """Set the timeline, and everything that follows from it without reading the clock."""
        self.timeline = timeline
        ticket = self.ticket
        ticket.status = timeline.status
        ticket.waiting = timeline.waiting
        ticket.priority = timeline.priority
        ticket.policy_id = timeline.policy_key
        ticket.resolved_at = timeline.resolved_at
        ticket.closed_at = timeline.closed_at

    def _set_sla(self, reading: Reading, *, to_come: Iterable[Milestone]) -> None:
        ticket = self.ticket
        self._set_timeline(self.timeline)
        ticket.sla_deadline = reading.sla_deadline
        message = log_entries.last_message(self.communications)
        following = reading.next_response
        breached = (run.breached_at for run in reading.exchanges)
        breaches = [instant.text(at) for at in breached if at]
        ticket.sla = Sla(
            response_deadline=reading.response.deadline,
            response_at_risk_at=reading.response.at_risk_at,
            response_breached_at=reading.response.breached_at,
            first_responded_at=reading.first_responded_at,
            resolution_deadline=reading.resolution.deadline,
            resolution_at_risk_at=reading.resolution.at_risk_at,
            resolution_breached_at=reading.resolution.breached_at,
            needs_reply_since=self.timeline.needs_reply_since,
            last_message=message.communication_id if message else ticket.sla.last_message,
            last_author=log_entries.author_of(message) if message else ticket.sla.last_author,
            next_response_deadline=following.deadline if following else None,
            next_response_at_risk_at=following.at_risk_at if following else None,
            next_response_breaches=breaches or None,
        )
        ticket.timeline = self.timeline.dump()
        set_keys(ticket, next_sla_at=milestones.next_at(to_come))

    def _read(self) -> Reading:
        return clock.read(self.timeline, policies.POLICY_SNAPSHOTS, now=self.at)

    def _plan(self, reading: Reading) -> tuple[Milestone, ...]:
        fired = frozenset(self.ticket.fired_rules)
        return milestones.plan(self.timeline, reading, self.rules, fired=fired)

    def _next_id(self) -> str:
        self.ticket.last_id = new_ulid(after=self.ticket.last_id, at=self.at)
        return self.ticket.last_id


def write_beside(transaction: Transaction, draft: Draft) -> None:
    """Add to `transaction` everything that a draft writes beside its ticket."""
    for line in draft.communications:
        transaction.put(line)
    for event in draft.events:
        # Events of all tickets share a partition: one must never overwrite another.
        transaction.put(event, OutboxEvent.sk.does_not_exist())
    for escalation in draft.escalations:
        # The guard of "at most once", should ever two writers agree on a version.
        transaction.put(escalation, Escalation.sk.does_not_exist())
    for check in draft.checks:
        check(transaction)


def new_draft(
    fields: Mapping[str, Any],
    *,
    policy_key: str,
    priority: Priority,
    by: Actor,
    now: datetime,
    reference: str | None = None,
) -> Draft:
    """Return a draft of a new ticket, with the entry that it was created.

    `reference` is the number of an imported ticket in the other system.
    """
    ticket = Ticket(
        ticket_pk(fields["ticket_id"]),
        created_by=by.user_id,
        created_at=now,
        updated_at=now,
        first_assigned_at=now if fields.get("assigned_to") else None,
        **fields,
    )
    draft = Draft(ticket, Timeline.begin(now, priority, policy_key), by=by, now=now)
    category = fields["category"]
    words = f"Ticket created: category {category}, priority {priority}"
    draft.add_entry(
        CommunicationType.SYSTEM_UPDATE,
        f"{words}; imported, there {reference}" if reference else words,
        event=LogEvent.CREATED,
        reference=reference,
    )
    return draft


def copy_of(ticket: Ticket) -> Ticket:
    """Return a copy of a ticket that can be changed independently."""
    return Ticket.from_raw_data(ticket.serialize())
