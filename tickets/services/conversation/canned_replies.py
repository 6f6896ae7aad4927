"""Canned replies, with their placeholders filled in for a ticket."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.services.read import get_customer, get_vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.errors import NotFound
from tickets.models import CannedReply
from tickets.store import queries


def canned_replies(*, by: Actor) -> QuerySet[CannedReply]:
    """Return the canned replies of everybody and of the actor's teams, by name: to customers and to
    third parties. Two SQL queries."""
    require_ticket_work(by)
    teams = [team.pk for team in teams_of(by.user_id)]
    return CannedReply.objects.filter(Q(team=None) | Q(team__in=teams))


def filled_in(reply_id: int, ticket_id: str, *, by: Actor) -> str:
    """Return a canned reply with its placeholders filled in; unknown placeholders stay.

    Raises NotFound, NotAllowed.
    """
    reply = canned_replies(by=by).filter(pk=reply_id).first()
    ticket = queries.ticket(ticket_id)
    if reply is None or ticket is None:
        raise NotFound(_("Canned reply not found."))
    customer = get_customer(ticket.customer_id)
    vehicle = get_vehicle(ticket.customer_id, ticket.vehicle_id) if ticket.vehicle_id else None
    name = customer.name if customer else ""
    values = {
        "customer": name,
        "first_name": name.partition(" ")[0],
        "ticket": f"#{ticket.ticket_id}",
        "subject": ticket.subject,
        "vehicle": vehicle.label if vehicle else "",
        "vin": (vehicle.vin or "") if vehicle else "",
        "me": by.name,
    }
    text = reply.text
    for placeholder, value in values.items():
        text = text.replace(f"{{{placeholder}}}", value)
    return text
