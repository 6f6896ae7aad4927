"""Which team a new ticket goes to, and which of its members."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Route:
    """Sends matching tickets to a team; None matches everything."""

    team: str
    category: str | None = None
    segment: str | None = None
    priority: str | None = None

    def fits(self, *, category: str, segment: str, priority: str) -> bool:
        """Return whether a new ticket meets every condition of the rule that is set."""
        asked = ((self.category, category), (self.segment, segment), (self.priority, priority))
        return all(wanted is None or wanted == given for wanted, given in asked)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user who could be assigned a ticket. `load` counts active tickets."""

    user_id: str
    load: int
    capacity: int | None = None
    away: bool = False
    last_given_at: datetime | None = None

    @property
    def free(self) -> bool:
        """Whether automatic assignment may choose this member: not away, below their capacity."""
        return not self.away and (self.capacity is None or self.load < self.capacity)


def team_for(routes: Iterable[Route], *, category: str, segment: str, priority: str) -> str | None:
    """Return the team of the first route that matches; None if none does."""
    return next(
        (
            route.team
            for route in routes
            if route.fits(category=category, segment=segment, priority=priority)
        ),
        None,
    )


def in_turn(candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the available candidate whose last assignment is the longest ago."""
    return min((found for found in candidates if found.free), key=_turn, default=None)


def least_loaded(candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the available candidate with the fewest active tickets; round robin among equals."""
    free = (found for found in candidates if found.free)
    return min(free, key=lambda found: (found.load, *_turn(found)), default=None)


def _turn(candidate: Candidate) -> tuple[datetime, int]:
    return candidate.last_given_at or _NEVER, int(candidate.user_id)
