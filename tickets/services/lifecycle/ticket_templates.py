"""Templates of tickets, for whoever creates one."""

from django.db.models import Q, QuerySet

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import teams_of
from tickets.models import TicketTemplate


def ticket_templates(*, by: Actor) -> QuerySet[TicketTemplate]:
    """Return the templates of everybody and of the actor's teams, by name. Two SQL queries."""
    require_ticket_work(by)
    teams = [team.pk for team in teams_of(by.user_id)]
    return TicketTemplate.objects.filter(Q(team=None) | Q(team__in=teams))
