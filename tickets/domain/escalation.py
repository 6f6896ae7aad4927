"""The effect of an escalation rule on a ticket (SLA.md, "Milestones and escalation"), and how a
manual escalation is told from a rule's."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tickets.domain.sla.milestones import Notify, Rule

MANUAL = "manual"
"""In place of a rule's key, for a manual escalation."""

_MANUAL_KEY = re.compile(rf"{MANUAL}-[0-9A-HJKMNP-TV-Z]{{26}}")


def manual_key(communication_id: str) -> str:
    """Return the key of a manual escalation's record: that of its log entry, since a user can
    escalate a ticket more than once."""
    return f"{MANUAL}-{communication_id}"


def is_manual(key: str) -> bool:
    """Return whether the record with this key is of a manual escalation.

    Exact: rules are named freely, and `manual-review` is a rule.
    """
    return _MANUAL_KEY.fullmatch(key) is not None


def rule_of(key: str) -> str:
    """Return the rule of a record with this key, or MANUAL. On next response a rule has a record
    for each run, whose number follows a dot."""
    return MANUAL if is_manual(key) else key.partition(".")[0]


def is_free(key: str) -> bool:
    """Return whether a rule may have this key: not one that says a user escalated."""
    return key != MANUAL and not is_manual(key)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The ticket's level, assignee and team after a rule fired, and who is notified."""

    level: int
    assigned_to: str | None
    team_id: str | None
    notify: frozenset[Notify]
    reassigned: bool = True
    """False if the rule names a user who cannot work tickets now: the ticket is not reassigned, and
    its assignee is notified, else the team, else supervisors."""


def outcome(
    rule: Rule,
    *,
    level: int,
    assigned_to: str | None,
    team_id: str | None,
    can_work: Callable[[str], bool],
) -> Outcome:
    """Return the effect of `rule` on a ticket with this level, assignee and team.

    A level is only ever raised. `can_work` says whether a user can work tickets now; it is called
    for the user that the rule names, if it names one.
    """
    raised = max(level, rule.level)
    if rule.reassign_to:
        if not can_work(rule.reassign_to):
            told = rule.notify | {Notify.ASSIGNEE, Notify.TEAM}
            return Outcome(raised, assigned_to, team_id, told, reassigned=False)
        return Outcome(raised, rule.reassign_to, team_id, rule.notify)
    if rule.reassign_to_team:
        return Outcome(raised, None, rule.reassign_to_team, rule.notify)
    return Outcome(raised, assigned_to, team_id, rule.notify)
