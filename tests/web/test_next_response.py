"""Next replies on the pages of a ticket, and in the admin's form."""

from datetime import timedelta

import pytest

from helpdesk.clock import this_second
from tickets.domain.ticket import CommunicationType, Direction, Priority
from tickets.models import Policy
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.sla.configure import save_policy

FIELDS = [f"{priority.value.lower()}_next_response" for priority in Priority]


@pytest.fixture
def ticket(desk):
    """A ticket whose customer wrote ten minutes ago, after the first reply."""
    policy = Policy.objects.get(is_default=True)
    for field in FIELDS:
        setattr(policy, field, "2h")
    save_policy(policy)
    then = this_second() - timedelta(minutes=10)
    number = desk.ticket(now=then).ticket_id
    respond(number, content="Soon.", by=desk.rep, now=then)
    ticket, _line = communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="When?",
        by=desk.rep,
        now=then,
    )
    return ticket


def test_the_panel_and_the_explanation_have_the_third_clock(rep_client, desk, ticket):
    address = f"/tickets/{ticket.ticket_id}/"
    page = rep_client.get(address)
    assert page.context["ticket"]["next_response_deadline"] == ticket.sla_deadline
    assert page.context["ticket"]["due_clock"] == "next response"
    assert page.content.decode().count("Next reply") == 2, "in the head, and in the panel"

    why = rep_client.get(f"{address}why/")
    assert [str(clock["name"]) for clock in why.context["clocks"]] == [
        *("First reply", "Next reply", "Resolution"),
    ]
    assert "Customer wrote" in why.content.decode()

    respond(ticket.ticket_id, content="Now.", by=desk.rep)
    assert "Next reply" not in rep_client.get(address).content.decode()
    assert "Customer wrote" in rep_client.get(f"{address}why/").content.decode()


def test_without_the_target_nothing_of_it_is_shown(rep_client, desk):
    number = desk.ticket(now=this_second()).ticket_id
    for address in (f"/tickets/{number}/", f"/tickets/{number}/why/"):
        assert "Next repl" not in rep_client.get(address).content.decode()
