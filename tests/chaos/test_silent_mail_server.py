"""A mail server that accepts and says nothing holds up no escalation, on a running desk."""

import time

import pytest

from tests.chaos.desk import RunningDesk
from tests.mail import smtp_server

SWEEP = 5  # seconds
SILENT_MAILS = 20

pytestmark = pytest.mark.timeout(200)

ANSWERS = f"""
from helpdesk.accounts.models import User
from helpdesk.accounts.actors import actor_of
from customers.services.read import find_customers
from tickets.services.lifecycle.create import create_ticket
from tickets.services.conversation.communicate import respond
by = actor_of(User.objects.get(username="rep"))
customer = find_customers("giulia")[0].customer_id
for _ in range({SILENT_MAILS}):
    ticket = create_ticket(customer_id=customer, subject="Answered", description="x",
                           category="Customs", priority="Low", by=by)
    respond(ticket.ticket_id, content="Here it is.", by=by)
"""

LAGS = """
import time
from datetime import timedelta
from helpdesk.accounts.actors import SYSTEM
from helpdesk.clock import this_second
from customers.services.read import find_customers
from tickets.services.lifecycle.create import create_ticket
from tickets.store import queries
customer = find_customers("giulia")[0].customer_id
for _ in range(3):
    number = create_ticket(customer_id=customer, subject="Forgotten", description="x",
                           category="Customs", priority="High", by=SYSTEM,
                           now=this_second() - timedelta(hours=5)).ticket_id
    began = time.monotonic()
    while "response-breached" not in queries.ticket(number).fired_rules:
        assert time.monotonic() - began < 30, "nothing fires any more"
        time.sleep(0.05)
    print("lag", time.monotonic() - began)
"""


def test_milestones_fire_within_two_sweeps_while_the_mail_server_says_nothing(
    tmp_path, with_demo_data
):
    with smtp_server.running() as mail_server:
        mail_server.silent.set()
        desk = RunningDesk(
            with_demo_data(tmp_path),
            SLA_SWEEP_SECONDS=str(SWEEP),
            DJANGO_SETTINGS_MODULE="tests.chaos.smtp_settings",
            MAIL_PORT=str(mail_server.port),
        )
        desk.start()
        try:
            desk.manage("shell", "-c", ANSWERS)
            deadline = time.monotonic() + 60
            while not mail_server.connections:  # somebody waits for it by now
                assert time.monotonic() < deadline, "nobody tried to send a mail"
                time.sleep(0.05)

            said = desk.manage("shell", "-c", LAGS).splitlines()
            lags = [float(line.split()[1]) for line in said if line.startswith("lag ")]
        finally:
            desk.kill()
    assert len(lags) == 3
    assert max(lags) < 2 * SWEEP, lags
    print(f"silent mail server: lags={[round(lag, 1) for lag in lags]}")
