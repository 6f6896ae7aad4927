"""What a fired escalation rule makes of a ticket (SLA.md, "Milestones and escalation")."""

from collections.abc import Callable
from dataclasses import dataclass

from tickets.domain.sla.milestones import Rule


@dataclass(frozen=True, slots=True)
class Outcome:
    """The ticket's level, assignee and team after a rule fired."""

    level: int
    assigned_to: str | None
    team_id: str | None
    reassigned: bool
    """False where the rule names a person who cannot work tickets now: the ticket stays."""


def outcome(
    rule: Rule,
    *,
    level: int,
    assigned_to: str | None,
    team_id: str | None,
    can_work: Callable[[str], bool],
) -> Outcome:
    """Return what `rule` makes of a ticket at this level, with this assignee and team.

    A level is only ever raised. `can_work` says whether a user can work tickets now; it is asked
    for the person that the rule names, if it names one.
    """
    raised = max(level, rule.level)
    if rule.reassign_to:
        if not can_work(rule.reassign_to):
            return Outcome(raised, assigned_to, team_id, reassigned=False)
        return Outcome(raised, rule.reassign_to, team_id, reassigned=True)
    if rule.reassign_to_team:
        return Outcome(raised, None, rule.reassign_to_team, reassigned=True)
    return Outcome(raised, assigned_to, team_id, reassigned=True)
