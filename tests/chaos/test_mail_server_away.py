"""A mail server that is away, comes back, and refuses one recipient: each mail arrives once.

On a running desk, away for MAIL_OUTAGE minutes and with the pauses of production between tries;
tests/mail/test_delivery.py is the short form.
"""

import json
import os
import time
from collections import Counter

import pytest

from helpdesk.engines import ports
from tests.chaos.desk import Browser, RunningDesk
from tests.mail import smtp_server

GONE = "gone@posta.example"
REFUSAL = "550 5.1.1 no such user here"
MINUTES = float(os.environ.get("MAIL_OUTAGE", "0"))
PATIENCE = 1_800
"""Seconds until the longest pause after such an outage is over."""

pytestmark = [
    pytest.mark.timeout(7_200),
    pytest.mark.skipif(not MINUTES, reason="a long form: make thorough"),
]

MAILS = f"""
from datetime import timedelta
from customers.services.create import create_customer
from helpdesk.accounts.actors import SYSTEM, actor_of
from helpdesk.accounts.demo import make_demo_accounts
from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from reporting.tasks import send_weekly
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.create import create_ticket

make_demo_accounts()
User.objects.filter(username="supervisor").update(weekly_report=True)
rep = User.objects.get(username="rep")
about = {{"description": "x", "category": "Customs", "by": SYSTEM}}
for name, email in (("Giulia", "giulia@posta.example"), ("Gone", "{GONE}")):
    customer = create_customer(name=name, email=email, by=SYSTEM, now=this_second()).customer_id
    number = create_ticket(
        customer_id=customer, subject=f"Asked by {{name}}", priority="Low", **about
    ).ticket_id
    respond(number, content="Here it is.", by=actor_of(rep))
create_ticket(
    customer_id=customer, subject="Forgotten", priority="High", assigned_to=str(rep.pk),
    now=this_second() - timedelta(hours=5), **about,
)
for _ in range(3):
    send_weekly.delay()
"""

QUEUE = """
import json
from datetime import timedelta
from helpdesk.clock import this_second
from helpdesk.mail import queue
waiting = queue.due(this_second() + timedelta(days=3), limit=1_000)
print(json.dumps({
    "kinds": sorted({mail.kind for mail in waiting}),
    "tries": max([int(mail.tries) for mail in waiting], default=0),
    "waiting": len(waiting),
    "listed": [[one.result, one.problem_detail] for one in queue.undelivered(limit=100)],
}))
"""


def queued(desk):
    return json.loads(desk.manage("shell", "-v0", "-c", QUEUE).splitlines()[-1])


def wait_until(look, is_so):
    """What `look` finds, once it is as wanted."""
    until = time.monotonic() + PATIENCE
    while not is_so(found := look()):
        assert time.monotonic() < until, found
        time.sleep(15)  # each look is a process of its own
    return found


def test_all_mail_of_an_outage_arrives_once_and_one_refusal_is_listed(tmp_path, looked_at):
    port = ports.free_port()  # nobody listens: connections are refused
    desk = RunningDesk(
        tmp_path,
        SLA_SWEEP_SECONDS="2",
        DJANGO_SETTINGS_MODULE="tests.chaos.mail_settings",
        MAIL_PORT=str(port),
        MAIL_OUTAGE=str(MINUTES),
    )
    desk.start()
    try:
        desk.manage("shell", "-v0", "-c", MAILS)
        began = time.monotonic()
        away = wait_until(
            lambda: queued(desk),
            lambda found: len(found["kinds"]) == 3 and time.monotonic() - began > MINUTES * 60,
        )
        assert away["tries"] >= 2, "it was not tried meanwhile"
        assert away["listed"] == [], "given up while the server was away"

        with smtp_server.running(port) as server:
            server.refused[GONE] = REFUSAL
            back = wait_until(lambda: queued(desk), lambda found: not found["waiting"])
            desk.manage("shell", "-v0", "-c", "from reporting.tasks import send_weekly as s; s()")
            assert queued(desk)["waiting"] == 0, "the report was queued twice"
            page = Browser(desk, "supervisor").get("/mail/undelivered/")
    finally:
        desk.kill()

    arrived = Counter(
        (recipient, str(message["Subject"]).replace("\n", ""))
        for recipients, message in server.taken
        for recipient in recipients
    )
    assert set(arrived.values()) == {1}, arrived
    to = Counter(recipient for recipient, _subject in arrived)
    assert to["giulia@posta.example"] == 1, "the answer"
    assert to["rep@helpdesk.example"] >= 1, "the escalation"
    assert to["supervisor@helpdesk.example"] >= 2, "the escalation, and the weekly report"
    assert GONE not in to
    [[result, reason]] = back["listed"]
    assert (result, REFUSAL in reason) == ("failed", True), reason
    assert REFUSAL in page
    assert "/tickets/2/" in page
    looked_at(
        f"away for {MINUTES:.0f} minutes, tried {away['tries']} times meanwhile; "
        f"{arrived.total()} mails, each once"
    )
