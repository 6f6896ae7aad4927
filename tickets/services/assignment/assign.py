"""Assign a ticket to a user, to a team, to nobody, or automatically."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.models import Membership, Team
from helpdesk.accounts.people import can_work_now
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from helpdesk.parsing import whole_number
from tickets.domain import events, routing
from tickets.domain.routing import Candidate
from tickets.models import RoutingRule
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import Checks
from tickets.store import queries, search
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

Choose = Callable[[Sequence[Candidate]], Candidate | None]

_CHOICE: Mapping[str, Choose] = {
    Team.Distribution.ROUND_ROBIN: routing.in_turn,
    Team.Distribution.LEAST_LOAD: routing.least_loaded,
}
_TRIES = 5


def assign(
    ticket_id: str,
    *,
    to: str | None,
    by: Actor,
    version: int | None = None,
    token: Token | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Assign a ticket to the user with the id `to`; None unassigns it.

    Raises Invalid if no user who works tickets has this id; NotFound, NotAllowed, StaleVersion,
    Busy.
    """
    require_ticket_work(by)
    if repeated := idempotency.ticket_before(token, by=by):
        return repeated
    checks = Checks()
    checks.assignee("assignedTo", to)
    checks.done()

    def hand_over(draft: Draft) -> None:
        set_assignee(draft, to)

    return change(ticket_id, hand_over, by=by, version=version, token=token, now=now)


def assign_team(
    ticket_id: str,
    *,
    team_id: str | None,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Assign a ticket to a team; None removes the team. The assignee stays if they are in the team.

    Raises Invalid for an unknown team; NotFound, NotAllowed, StaleVersion, Busy.
    """
    return change(ticket_id, to_team(team_id), by=by, version=version, now=now)


def to_team(team_id: str | None) -> Callable[[Draft], None]:
    """Return a function for `change` that assigns a draft to a team. Two SQL queries. Raises
    Invalid."""
    team = _team(team_id) if team_id else None
    members = {str(pk) for pk in team.members.values_list("pk", flat=True)} if team else set()

    def hand_over(draft: Draft) -> None:
        draft.ticket.team_id = str(team.pk) if team else None
        if team and draft.ticket.assigned_to not in members:
            set_assignee(draft, None)

    return hand_over


def assign_automatically(
    ticket_id: str,
    *,
    by: Actor,
    version: int | None = None,
    token: Token | None = None,
    besides: str | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Assign by routing: to the team that its rules name, unless the ticket has one, and a member.

    The member is never `besides`. Raises Invalid if no rule matches, or no member is available;
    NotFound, NotAllowed, StaleVersion, Busy.
    """
    require_ticket_work(by)
    if repeated := idempotency.ticket_before(token, by=by):
        return repeated
    ticket = queries.ticket(ticket_id)
    team_id = ticket.team_id if ticket else None
    if ticket and not team_id:
        segment = ticket.segment
        if segment is None:  # a ticket of an earlier release
            customer = get_customer(ticket.customer_id)
            segment = customer.segment if customer else ""
        team_id = team_for(
            category=ticket.category,
            segment=segment,
            priority=ticket.priority,
        )
        if team_id is None:
            raise Invalid(
                {"assignedTo": _("No routing rule matches this ticket. Select a person or a team.")}
            )
    at = now or this_second()
    chosen = next_of_team(team_id, now=at, always=True, besides=besides) if team_id else None
    if ticket and chosen is None:
        raise Invalid({"assignedTo": _("All team members are absent or at capacity.")})

    def hand_over(draft: Draft) -> None:
        draft.ticket.team_id = team_id
        set_assignee(draft, chosen)

    return change(ticket_id, hand_over, by=by, version=version, token=token, now=now)


def set_assignee(draft: Draft, to: str | None) -> None:
    """Change the assignee of a draft. This has no effect on the clocks."""
    if draft.ticket.assigned_to != to:
        draft.ticket.assigned_to = to
        if to:
            draft.ticket.first_assigned_at = draft.ticket.first_assigned_at or draft.at
        draft.emit(events.Assigned(to))


def team_for(*, category: str, segment: str, priority: str) -> str | None:
    """Return the team that routing rules name for such a ticket. One SQL query."""
    routes = [rule.as_route() for rule in RoutingRule.objects.all()]
    return routing.team_for(routes, category=category, segment=segment, priority=priority)


def next_of_team(
    team_id: str, *, now: datetime, always: bool = False, besides: str | None = None
) -> str | None:
    """Return the member who gets the team's next ticket; None if it assigns none or nobody is
    available.

    `always` also chooses for a team whose members pick tickets themselves. Loads come from the
    search index, which is a second late: for a moment a user may get one more than their capacity.
    Cost: four SQL queries.
    """
    team = _team(team_id)
    choose = _CHOICE.get(team.distribution, routing.least_loaded if always else None)
    if choose is None:
        return None
    day = timezone.localdate(now)
    for _try in range(_TRIES):
        members = [
            member
            for member in team.memberships.filter(user__is_active=True)
            .select_related("user")
            .order_by("pk")
            if str(member.user_id) != besides
        ]
        user_ids = [str(member.user_id) for member in members]
        loads = search.loads(now=now, user_ids=user_ids)
        present = can_work_now(user_ids, day=day)
        chosen = choose([_candidate(member, loads, present) for member in members])
        if chosen is None:
            return None
        # If another ticket is assigned to them at the same moment, choose again.
        mine = Membership.objects.filter(
            team=team, user_id=chosen.user_id, last_given_at=chosen.last_given_at
        ).update(last_given_at=timezone.now())
        if mine:
            return chosen.user_id
    log.warning("turn_contended", team=team.pk)
    return chosen.user_id if chosen else None


def _candidate(
    member: Membership, loads: Mapping[str, search.Load], present: set[str]
) -> Candidate:
    user_id = str(member.user_id)
    return Candidate(
        user_id=user_id,
        load=loads.get(user_id, search.NOTHING).active,
        capacity=member.user.capacity,
        away=user_id not in present,
        last_given_at=member.last_given_at,
    )


def _team(team_id: Any) -> Team:
    team = Team.objects.filter(pk=whole_number(str(team_id)) or 0).first()
    if team is None:
        raise Invalid({"team": _("Team not found.")})
    return team
