"""A ticket on its way from what is stored to what will be, and what is written beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import SYSTEM, Actor
from helpdesk.accounts.people import can_work_now, names_of
from helpdesk.dynamo.transaction import Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid
from tickets.domain import events, instant
from tickets.domain.errors import TimeRunsBackwards
from tickets.domain.events import Event
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import Milestone, Rule
from tickets.domain.sla.timeline import Event as ClockEvent
from tickets.domain.sla.timeline import EventType, Timeline
from tickets.domain.ticket import ERASED, CommunicationType, Delivery, Direction, Priority
from tickets.services.delivery import outbox
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

# What a System Update names when it changes, by attribute; in this order.
_LOGGED = (
    "status",
    "waiting",
    "priority",
    "category",
    "assigned_to",
    "team_id",
    "subject",
    "description",
    "customer_id",
    "vehicle_id",
    "tags",
    "continued_by",
    "merged_into",
    "duplicates",
    "related",
)

TEXTS = frozenset({"subject", "description", "tags"})
"""Fields of a ticket that hold people's words, as the log names them."""


class Draft:
    """A ticket on its way from what is stored to what will be, with all that is to be written."""

    def __init__(self, ticket: Ticket, timeline: Timeline, *, by: Actor, now: datetime) -> None:
        """`ticket` is changed in place: hand over a copy."""
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

    def at_time(self, at: datetime, *, by: Actor) -> None:
        """Go on at a time of the past, as somebody else: for what happened elsewhere.

        Raises TimeRunsBackwards.
        """
        if at < self.at:
            raise TimeRunsBackwards(at, self.at)
        self.at, self.by = at, by
        self.ticket.updated_at = at

    def plan_from_now(self, now: datetime) -> None:
        """Let what has passed pass without an escalation, and plan what is to come."""
        passed = milestones.passed(self._plan(), now)
        self.ticket.fired_rules = [*self.ticket.fired_rules, *(one.rule.key for one in passed)]
        self.follow_clock()

    def happen(
        self, kind: EventType, *, priority: Priority | None = None, terms_key: str | None = None
    ) -> None:
        """Let the clock know. Raises EventRefused where the workflow has no such step."""
        event = ClockEvent(self.at, kind, priority=priority, terms_key=terms_key)
        reopen_within = timedelta(days=settings.REOPEN_WITHIN_DAYS)
        self.timeline = self.timeline.then(event, reopen_within=reopen_within)
        if len(self.timeline.events) > LONGEST_TIMELINE:
            raise Invalid({"status": _("This ticket has too many changes. Create a new ticket.")})
        if self.timeline.life != self.ticket.life:
            self.ticket.life = self.timeline.life
            self.ticket.escalation_level = 0
            self.ticket.fired_rules = []
            self.emit(events.Reopened())
        self.follow_clock()

    def take_back(self, kind: EventType) -> None:
        """Let the clocks go on as if the last event of this kind had never happened."""
        self.timeline = self.timeline.without_last(kind)
        self.follow_clock()

    def follow_clock(self) -> None:
        """Bring everything that the clock decides in line with the timeline."""
        ticket, timeline = self.ticket, self.timeline
        reading = clock.read(timeline, policies.KNOWN_TERMS, now=self.at)
        ticket.status = timeline.status.value
        ticket.waiting = timeline.waiting
        ticket.priority = timeline.priority.value
        ticket.policy_id = timeline.terms_key
        ticket.resolved_at = timeline.resolved_at
        ticket.closed_at = timeline.closed_at
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
        ticket.timeline = timeline.dump()
        set_keys(ticket, next_sla_at=milestones.next_at(self._plan()))

    def fire_passed(self) -> list[Milestone]:
        """Fire every milestone that has passed; each at most once until the ticket is reopened."""
        fired = list(milestones.passed(self._plan(), self.at))
        for milestone in fired:
            self._fire(milestone)
        if fired:
            self.emit_escalated(
                events.Raised(
                    rule=milestone.rule.key,
                    level=milestone.rule.level,
                    notify=tuple(sorted(milestone.rule.notify)),
                    due_at=milestone.due_at,
                )
                for milestone in fired
            )
        self.follow_clock()
        return fired

    def say(
        self,
        kind: CommunicationType,
        content: str,
        *,
        direction: Direction | None = None,
        changed: list[Change] | None = None,
        rule: str | None = None,
        by: Actor | None = None,
        attachments: Sequence[Attachment] = (),
        delivery: Delivery | None = None,
    ) -> Communication:
        """Add a line to the log."""
        line_id = self._next_id()
        line = Communication(
            self.ticket.pk,
            communication_sk(line_id),
            communication_id=line_id,
            ticket_id=self.ticket.ticket_id,
            type=kind.value,
            content=content,
            direction=direction.value if direction else None,
            author_id=self.ticket.customer_id if direction is Direction.INBOUND else None,
            changes=changed,
            rule=rule,
            attachments=list(attachments) or None,
            delivery=delivery.value if delivery else None,
            created_by=(by or self.by).user_id,
            created_at=self.at,
        )
        set_record_keys(line)
        self.communications.append(line)
        return line

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
                life=self.ticket.life,
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
        """Raise the level and keep the record whose key makes it happen once."""
        ticket = self.ticket
        ticket.escalation_level = max(ticket.escalation_level, level)
        record = Escalation(
            ticket.pk,
            escalation_sk(ticket.life, key),
            ticket_id=ticket.ticket_id,
            life=ticket.life,
            rule=key,
            level=ticket.escalation_level,
            due_at=due_at,
            fired_at=self.at,
            reason=reason,
            escalated_by=by.user_id,
        )
        set_record_keys(record)
        self.escalations.append(record)

    def log_changes(self, before: Ticket) -> None:
        """One System Update that says what changed from what to what."""
        changed = _differences(before, self.ticket)
        if not changed:
            return
        self.say(CommunicationType.SYSTEM_UPDATE, _in_words(changed), changed=changed)
        # Words stand in the ticket and its log alone: an event goes far, and stays long.
        told = {one.field: None if one.field in TEXTS else one.after for one in changed}
        self.emit(events.Changed(told))

    def _plan(self) -> tuple[Milestone, ...]:
        return milestones.plan(
            self.timeline,
            policies.KNOWN_TERMS,
            self.rules,
            fired=frozenset(self.ticket.fired_rules),
        )

    def _fire(self, milestone: Milestone) -> None:
        rule = milestone.rule
        was = self.ticket.escalation_level
        reached = self._reassign(rule)
        self.ticket.fired_rules = [*self.ticket.fired_rules, rule.key]
        self.escalate(
            key=rule.key, level=rule.level, due_at=milestone.due_at, by=SYSTEM, reason=None
        )
        level = self.ticket.escalation_level
        words = f"Escalation {rule.key}, due {instant.text(milestone.due_at)}"
        changed = None
        if level != was:
            changed = [Change(field="escalationLevel", before=str(was), after=str(level))]
            words += f": level {was} → {level}"
        self.say(CommunicationType.SYSTEM_UPDATE, words, changed=changed, rule=rule.key, by=SYSTEM)
        if not reached:
            words = f"Not reassigned: the person that {rule.key} names cannot work tickets now"
            self.say(CommunicationType.SYSTEM_UPDATE, words, by=SYSTEM)

    def _reassign(self, rule: Rule) -> bool:
        """Give the ticket to whom the rule names; return False if that person cannot work now."""
        ticket, was = self.ticket, self.ticket.assigned_to
        if rule.reassign_to:
            if not can_work_now([rule.reassign_to], day=timezone.localdate(self.at)):
                return False  # the ticket stays where it is
            ticket.assigned_to = rule.reassign_to
        elif rule.reassign_to_team:
            ticket.team_id, ticket.assigned_to = rule.reassign_to_team, None
        if ticket.assigned_to != was:
            self.emit(events.Assigned(ticket.assigned_to))
        return True

    def _next_id(self) -> str:
        self.ticket.last_id = new_ulid(after=self.ticket.last_id, at=self.at)
        return self.ticket.last_id


def write_beside(transaction: Transaction, draft: Draft) -> None:
    """Add to `transaction` all that a draft writes beside its ticket."""
    for line in draft.communications:
        transaction.put(line)
    for event in draft.events:
        # Events of all tickets stand side by side: one must never take another's place.
        transaction.put(event, OutboxEvent.sk.does_not_exist())
    for escalation in draft.escalations:
        # The guard of "at most once", should ever two writers agree on a version.
        transaction.put(escalation, Escalation.sk.does_not_exist())
    for check in draft.checks:
        check(transaction)


def new_draft(
    fields: Mapping[str, Any], *, terms_key: str, priority: Priority, by: Actor, now: datetime
) -> Draft:
    """A draft of a ticket that does not exist yet."""
    ticket_id = fields["ticket_id"]
    ticket = Ticket(
        ticket_pk(ticket_id),
        created_by=by.user_id,
        created_at=now,
        updated_at=now,
        **fields,
    )
    draft = Draft(ticket, Timeline.begin(now, priority, terms_key), by=by, now=now)
    draft.follow_clock()
    return draft


def copy_of(ticket: Ticket) -> Ticket:
    """The same ticket, to be changed without the other."""
    return Ticket.from_raw_data(ticket.serialize())


def _differences(before: Ticket, after: Ticket) -> list[Change]:
    changed = []
    for name in _LOGGED:
        was, becomes = getattr(before, name), getattr(after, name)
        if was != becomes:
            field = Ticket.get_attributes()[name].attr_name
            if field in TEXTS and after.subject == ERASED:
                was = becomes = ERASED  # what is to be forgotten leaves no trace
            changed.append(Change(field=field, before=text_of(was), after=text_of(becomes)))
    return changed


def text_of(value: Any) -> str | None:
    """A value as the log writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or None
    return str(value) if value else None


def _in_words(changed: list[Change]) -> str:
    """The log's own English; pages say it in the reader's language from `changes`."""
    people = {
        person
        for change in changed
        if change.field == "assignedTo"
        for person in (change.before, change.after)
    }
    names = names_of(people)
    parts = []
    for change in changed:
        if change.field == "description":
            parts.append("description changed")
            continue
        was, becomes = (
            (names.get(value or "", value) or "nothing" for value in (change.before, change.after))
            if change.field == "assignedTo"
            else (change.before or "nothing", change.after or "nothing")
        )
        parts.append(f"{change.field}: {was} → {becomes}")
    return "; ".join(parts)
