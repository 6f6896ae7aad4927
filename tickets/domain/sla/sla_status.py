"""A ticket's SLA status, from its stored deadlines: no calendar arithmetic, so it is cheap in
lists.

The only place that decides between on track, at risk, overdue, waiting, met and breached.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tickets.domain.ticket import Status


class SlaStatus(StrEnum):
    ON_TRACK = "on track"
    AT_RISK = "at risk"
    OVERDUE = "overdue"
    WAITING = "waiting"
    MET = "met"
    BREACHED = "breached"


_URGENCY = {SlaStatus.OVERDUE: 3, SlaStatus.AT_RISK: 2, SlaStatus.ON_TRACK: 1, SlaStatus.WAITING: 0}


@dataclass(frozen=True, slots=True)
class SlaFacts:
    """What a ticket stores of its clocks. Deadlines are those of running clocks."""

    status: Status
    waiting: bool
    first_responded_at: datetime | None
    response_deadline: datetime | None
    response_at_risk_at: datetime | None
    response_breached_at: datetime | None
    resolved_at: datetime | None
    resolution_deadline: datetime | None
    resolution_at_risk_at: datetime | None
    resolution_breached_at: datetime | None
    next_response_deadline: datetime | None = None
    next_response_at_risk_at: datetime | None = None
    next_response_breached: bool = False
    """Whether any run was."""


def response_status(facts: SlaFacts, now: datetime) -> SlaStatus:
    """Return how the first-reply clock stands at `now`; without a deadline it has ended."""
    if facts.response_deadline is None:
        return SlaStatus.BREACHED if facts.response_breached_at else SlaStatus.MET
    return _running(facts.response_deadline, facts.response_at_risk_at, now)


def next_response_status(facts: SlaFacts, now: datetime) -> SlaStatus | None:
    """Return how the run of next response stands that goes on; without one whether any run was
    breached, and None if none was."""
    if facts.next_response_deadline is None:
        return SlaStatus.BREACHED if facts.next_response_breached else None
    return _running(facts.next_response_deadline, facts.next_response_at_risk_at, now)


def resolution_status(facts: SlaFacts, now: datetime) -> SlaStatus:
    """Return how the resolution clock stands at `now`. An active ticket without a deadline is
    waiting for the customer; a done one has met its target or breached it."""
    if not facts.status.active:
        return SlaStatus.BREACHED if facts.resolution_breached_at else SlaStatus.MET
    if facts.resolution_deadline is None:
        return SlaStatus.WAITING
    return _running(facts.resolution_deadline, facts.resolution_at_risk_at, now)


def ticket_status(facts: SlaFacts, now: datetime) -> SlaStatus:
    """Return the status of an active ticket's worst running clock, or whether a done
    one met all its targets."""
    if not facts.status.active:
        breaches = (facts.response_breached_at, facts.resolution_breached_at)
        kept = not (any(breaches) or facts.next_response_breached)
        return SlaStatus.MET if kept else SlaStatus.BREACHED
    live = [resolution_status(facts, now)]
    if facts.response_deadline is not None:
        live.append(response_status(facts, now))
    if facts.next_response_deadline is not None:
        live.append(_running(facts.next_response_deadline, facts.next_response_at_risk_at, now))
    return max(live, key=lambda status: _URGENCY[status])


def due(facts: SlaFacts) -> tuple[datetime, str] | None:
    """Return the next deadline of a running clock, and whether it is the response, the next
    response or the resolution."""
    deadlines = [
        (deadline, name)
        for deadline, name in (
            (facts.response_deadline, "response"),
            (facts.next_response_deadline, "next response"),
            (facts.resolution_deadline, "resolution"),
        )
        if deadline is not None
    ]
    return min(deadlines, default=None)


def breached_by(facts: SlaFacts, now: datetime) -> tuple[bool, bool]:
    """Return whether response and resolution are breached at `now`, whether or not a
    sweep has run."""
    return (
        bool(facts.response_breached_at) or _past(facts.response_deadline, now),
        bool(facts.resolution_breached_at) or _past(facts.resolution_deadline, now),
    )


def _running(deadline: datetime, at_risk_at: datetime | None, now: datetime) -> SlaStatus:
    if _past(deadline, now):
        return SlaStatus.OVERDUE
    return SlaStatus.AT_RISK if at_risk_at and at_risk_at <= now else SlaStatus.ON_TRACK


def _past(deadline: datetime | None, now: datetime) -> bool:
    return deadline is not None and deadline < now
