"""A ticket while a change to it is prepared, and what is written beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid
from tickets.domain import events
from tickets.domain.errors import TimeRunsBackwards
from tickets.domain.events import Event
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.clock import Reading
from tickets.domain.sla.milestones import Milestone
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import (
    CommunicationType,
    Delivery,
    Direction,
    LogEvent,
    Priority,
)
from tickets.domain.workflow import Event as ClockEvent
from tickets.domain.workflow import EventType
from tickets.services.delivery import outbox
from tickets.services.lifecycle import log_entries
from tickets.services.lifecycle.firing import fire
from tickets.services.sla import policies
from tickets.store.events import OutboxEvent
from tickets.store.items import (
    Attachment,
    Change,
    Communication,
    Escalation,
    communication_sk,
    escalation_sk,
)
from tickets.store.keys import set_keys, set_record_keys
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
        if not self._nothing_reached():
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
        fired = (one.rule.key for one in passed)
        self.ticket.fired_rules = [*self.ticket.fired_rules, *fired]
        self._set_sla(reading, to_come=[one for one in planned if one not in passed])

    def log_changes(self) -> None:
        """Add a System Update with the old and new values of what changed since the last one."""
        changed = log_entries.differences(self._logged, self.ticket)
        if not changed:
            return
        self._logged = log_entries.logged_values(self.ticket)
        self.add_entry(
            CommunicationType.SYSTEM_UPDATE,
            log_entries.summary(changed),
            event=LogEvent.CHANGED,
            changes=changed,
        )
        # Texts are only in the ticket and its log: events are copied to many places.
        self.emit(
            events.Changed(
                {
                    one.field: None if one.field in log_entries.TEXTS else one.after
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
        event: LogEvent | None = None,
        direction: Direction | None = None,
        changes: Sequence[Change] = (),
        rule: str | None = None,
        due_at: datetime | None = None,
        reason: str | None = None,
        reference: str | None = None,
        by: Actor | None = None,
        attachments: Sequence[Attachment] = (),
        delivery: Delivery | None = None,
    ) -> Communication:
        """Add an entry to the log and return it.

        `content` of a System Update is plain English for programs; pages build their text from the
        other arguments.
        """
        entry_id = self._next_id()
        entry = Communication(
            self.ticket.pk,
            communication_sk(entry_id),
            communication_id=entry_id,
            ticket_id=self.ticket.ticket_id,
            type=kind.value,
            content=content,
            event=event.value if event else None,
            direction=direction.value if direction else None,
            author_id=self.ticket.customer_id if direction is Direction.INBOUND else None,
            changes=list(changes) or None,
            rule=rule,
            due_at=due_at,
            reason=reason,
            reference=reference,
            attachments=list(attachments) or None,
            delivery=delivery.value if delivery else None,
            created_by=(by or self.by).user_id,
            created_at=self.at,
        )
        set_record_keys(entry)
        self.communications.append(entry)
        return entry

    def emit(self, event: Event) -> None:
        """Add an event to the outbox."""
        event_id = self._next_id()
        context = structlog.contextvars.get_contextvars()
        self.events.append(
            OutboxEvent(
                outbox.partition(self.ticket.ticket_id),
                event_id,
                event_id=event_id,
                kind=events.kind_of(event),
                ticket_id=self.ticket.ticket_id,
                at=self.at,
                by=self.by.user_id,
                reopen_cycle=self.ticket.reopen_cycle,
                data=events.dump(event),
                request_id=context.get("request_id"),
            )
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
        ticket = self.ticket
        ticket.escalation_level = max(ticket.escalation_level, level)
        record = Escalation(
            ticket.pk,
            escalation_sk(ticket.reopen_cycle, key),
            ticket_id=ticket.ticket_id,
            reopen_cycle=ticket.reopen_cycle,
            rule=key,
            level=ticket.escalation_level,
            due_at=due_at,
            fired_at=self.at,
            reason=reason,
            escalated_by=by.user_id,
        )
        set_record_keys(record)
        self.escalations.append(record)

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
        ticket.sla = Sla(
            response_deadline=reading.response.deadline,
            response_at_risk_at=reading.response.at_risk_at,
            response_breached_at=reading.response.breached_at,
            first_responded_at=reading.first_responded_at,
            resolution_deadline=reading.resolution.deadline,
            resolution_at_risk_at=reading.resolution.at_risk_at,
            resolution_breached_at=reading.resolution.breached_at,
        )
        ticket.timeline = self.timeline.dump()
        set_keys(ticket, next_sla_at=milestones.next_at(to_come))

    def _read(self) -> Reading:
        return clock.read(self.timeline, policies.POLICY_SNAPSHOTS, now=self.at)

    def _plan(self, reading: Reading) -> tuple[Milestone, ...]:
        fired = frozenset(self.ticket.fired_rules)
        return milestones.plan(self.timeline, reading, self.rules, fired=fired)

    def _nothing_reached(self) -> bool:
        """Return whether no rule can have passed.

        That is so if no clock has reached the smallest share of its target, and the ticket is not
        Critical.
        """
        sla = self.ticket.sla
        if self.timeline.priority is Priority.CRITICAL:
            return False
        return all(
            reached is None or reached >= self.at
            for reached in (
                sla.response_at_risk_at,
                sla.response_deadline,
                sla.resolution_at_risk_at,
                sla.resolution_deadline,
            )
        )

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
