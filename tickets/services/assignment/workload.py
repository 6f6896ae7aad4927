"""How many active tickets each user has. From the search index: a second late."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import prefetch_related_objects
from django.utils import timezone

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import away_on
from helpdesk.clock import this_second
from tickets.services.assignment.assignable import people_in_lists
from tickets.store import search


@dataclass(frozen=True)
class Share:
    """The active tickets of one user."""

    user_id: str
    name: str
    assignable: bool
    teams: list[str]
    load: int
    overdue: int
    capacity: int | None
    away: bool
    away_until: date | None
    """None also for somebody whom the identity provider refuses."""

    @property
    def full(self) -> bool:
        """Whether automatic assignment skips them, since they reached their capacity."""
        return self.capacity is not None and self.load >= self.capacity


@dataclass(frozen=True)
class Workload:
    """Everybody who works or holds tickets, the most loaded first."""

    people: list[Share]


def workload(*, by: Actor, now: datetime | None = None) -> Workload:
    """Return the workload. Cost: four SQL queries. Raises NotAllowed."""
    require_ticket_work(by)
    at = now or this_second()
    loads = search.loads(now=at)
    known = people_in_lists()
    prefetch_related_objects([one.user for one in known], "teams")
    away = away_on(timezone.localdate(at))
    people = [
        Share(
            user_id=one.user_id,
            name=one.label,
            assignable=one.assignable,
            teams=[team.name for team in one.user.teams.all()],
            load=held.active,
            overdue=held.overdue,
            capacity=one.user.capacity,
            away=one.assignable and one.user_id in away,
            away_until=one.away_until if one.assignable else None,
        )
        for one in known
        for held in [loads.get(one.user_id, search.NOTHING)]
    ]
    return Workload(sorted(people, key=lambda person: -person.load))
