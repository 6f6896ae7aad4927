"""Fire milestones: raise the level, reassign, add log entries and events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.people import can_work_now
from tickets.domain import events, instant
from tickets.domain.escalation import outcome
from tickets.domain.sla.milestones import Milestone
from tickets.domain.ticket import CommunicationType, LogEvent
from tickets.services.lifecycle.log_entries import text_of
from tickets.store.items import Change

if TYPE_CHECKING:
    from tickets.services.lifecycle.draft import Draft


def fire(draft: "Draft", passed: Sequence[Milestone]) -> None:
    """Fire milestones on a draft, each at most once until the ticket is reopened, those of next
    response once for each run.

    Cost: one SQL query for each rule that names a person.
    """
    raised = [_fire(draft, milestone) for milestone in passed]
    if raised:
        draft.emit_escalated(raised)


def _fire(draft: "Draft", milestone: Milestone) -> events.Raised:
    ticket, rule = draft.ticket, milestone.rule
    day = timezone.localdate(draft.at)
    becomes = outcome(
        rule,
        level=ticket.escalation_level,
        assigned_to=ticket.assigned_to,
        team_id=ticket.team_id,
        can_work=lambda user_id: bool(can_work_now([user_id], day=day)),
    )
    changed = [
        Change(field=field, before=text_of(was), after=text_of(new))
        for field, was, new in (
            ("assignedTo", ticket.assigned_to, becomes.assigned_to),
            ("teamId", ticket.team_id, becomes.team_id),
        )
        if was != new
    ]
    level = ticket.escalation_level
    if becomes.level != level:
        changed.append(Change(field="escalationLevel", before=str(level), after=str(becomes.level)))
    if becomes.assigned_to != ticket.assigned_to:
        draft.emit(events.Assigned(becomes.assigned_to))
    ticket.assigned_to, ticket.team_id = becomes.assigned_to, becomes.team_id
    ticket.fired_rules = [*ticket.fired_rules, milestone.key]
    draft.escalate(
        key=milestone.key, level=rule.level, due_at=milestone.due_at, by=SYSTEM, reason=None
    )
    draft.add_entry(
        CommunicationType.SYSTEM_UPDATE,
        f"Escalation {rule.key}, due {instant.text(milestone.due_at)}",
        event=LogEvent.ESCALATED,
        changes=changed,
        rule=rule.key,
        due_at=milestone.due_at,
        by=SYSTEM,
    )
    if not becomes.reassigned:
        draft.add_entry(
            CommunicationType.SYSTEM_UPDATE,
            f"Not reassigned: the person that {rule.key} names can't work tickets now",
            event=LogEvent.NOT_REASSIGNED,
            rule=rule.key,
            by=SYSTEM,
        )
    draft.is_logged("assigned_to", "team_id")
    return events.Raised(
        rule=rule.key,
        level=rule.level,
        notify=tuple(sorted(becomes.notify)),
        due_at=milestone.due_at,
    )
