"""What some filters mean: as a condition of the search index, and of a ticket as it is stored."""

from django.db.models import Q

from tickets.domain.sla import sla_status
from tickets.domain.sla.sla_status import SlaStatus
from tickets.models.search import EntryTag
from tickets.services.lists.filter_definition import Now
from tickets.services.read import sla_facts
from tickets.store.ticket import Ticket


def late(now: Now) -> Q:
    return Q(due_at__isnull=False, due_at__lt=now.second)


def at_risk(now: Now) -> Q:
    return Q(risk_at__isnull=False, risk_at__lte=now.second, due_at__gte=now.second)


def stands(ticket: Ticket, now: Now, status: SlaStatus) -> bool:
    return sla_status.ticket_status(sla_facts(ticket), now.at) is status


def tagged(tags: frozenset[str], now: Now) -> Q:
    every = Q()
    for tag in sorted(tags):
        every &= Q(number__in=EntryTag.objects.filter(tag=tag).values("entry"))
    return every
