"""Supervisors and administrators at their desks."""

import pytest

from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from tests.world import settle
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status


@pytest.fixture
def supervisor(desk, client):
    client.force_login(desk.supervisor_user)
    return client


@pytest.fixture
def administrator(desk):
    """A browser without a screen in which a superuser is signed in."""
    from django.test import Client

    user = User.objects.create_superuser("ada", "ada@helpdesk.example", "demo", first_name="Ada")
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def root(desk, client):
    client.force_login(User.objects.create_superuser("root", "root@helpdesk.example", "demo"))
    return client


@pytest.fixture
def tickets(desk):
    """Six tickets, each another case."""
    now = this_second()
    made = {
        "plain": desk.ticket(now=now),
        "high": desk.ticket(
            now=now, priority="High", category="Customs", assigned_to=desk.rep.user_id
        ),
        "late": desk.ticket(),
        "raised": desk.ticket(now=now, subject="Scratched door"),
        "resolved": desk.ticket(now=now),
        "closed": desk.ticket(now=now),
    }
    escalate(made["raised"].ticket_id, reason="angry", by=desk.rep)
    change_status(made["resolved"].ticket_id, to="Resolved", by=desk.rep)
    change_status(made["closed"].ticket_id, to="Closed", by=desk.rep)
    settle()
    return {name: ticket.ticket_id for name, ticket in made.items()}
