"""Who has how many active tickets. From the search index: a second late."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import absent_on, assignable_users
from helpdesk.moments import this_second
from tickets.store import search


@dataclass(frozen=True)
class Share:
    """What somebody has."""

    user_id: str
    name: str
    teams: list[str]
    load: int
    overdue: int
    capacity: int | None
    away: bool

    @property
    def full(self) -> bool:
        return self.capacity is not None and self.load >= self.capacity


@dataclass(frozen=True)
class Workload:
    """Everybody who works tickets, the most loaded first."""

    people: list[Share]


def workload(*, by: Actor, now: datetime | None = None) -> Workload:
    """Cost: four SQL queries. Raises NotAllowed."""
    require_ticket_work(by)
    at = now or this_second()
    loads = search.loads(now=at)
    away = absent_on(timezone.localdate(at))
    people = [
        Share(
            user_id=str(user.pk),
            name=user.display_name,
            teams=[team.name for team in user.teams.all()],
            load=held.active,
            overdue=held.overdue,
            capacity=user.capacity,
            away=str(user.pk) in away,
        )
        for user in assignable_users().prefetch_related("teams")
        for held in [loads.get(str(user.pk), search.NOTHING)]
    ]
    return Workload(sorted(people, key=lambda person: -person.load))
