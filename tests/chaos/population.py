"""Run inside a desk's own process: open tickets whose milestones are past or about to pass."""

import json
import os
import random
import sys
import time

import django

django.setup()

from datetime import timedelta  # noqa: E402

from customers.services.create import create_customer  # noqa: E402
from helpdesk.accounts.actors import SYSTEM  # noqa: E402
from helpdesk.accounts.demo import make_demo_accounts  # noqa: E402
from helpdesk.accounts.models import User  # noqa: E402
from helpdesk.clock import this_second  # noqa: E402
from helpdesk.mail import delivery, queue  # noqa: E402
from tickets.domain.sla import clock, milestones  # noqa: E402
from tickets.domain.sla.timeline import Timeline  # noqa: E402
from tickets.services.lifecycle.create import create_ticket  # noqa: E402
from tickets.services.sla import policies  # noqa: E402
from tickets.store import events, queries, ticket_numbers  # noqa: E402
from tickets.store.items import COMMUNICATION, ESCALATION, Communication, Escalation  # noqa: E402
from tickets.store.notification import notifications_of  # noqa: E402
from tickets.store.ticket import ticket_pk  # noqa: E402

SUBJECT = "Nobody looks at it"
HOUR = 3_600
AHEAD = int(os.environ.get("MILESTONES_AHEAD", "15"))  # seconds
# Medium: 75 % and 100 % of 8 h, 75 %, 100 % and 150 % of 72 h.
MILESTONES = [6 * HOUR, 8 * HOUR, 54 * HOUR, 72 * HOUR, 108 * HOUR]
MOST_SWEEPS = 100


def populate(count: int) -> None:
    make_demo_accounts()
    rep = User.objects.get(username="rep")
    chance = random.Random(3)
    customer = create_customer(name="Chaos", by=SYSTEM, now=this_second())
    last = this_second()
    for _ in range(count):
        # A milestone passes in the next seconds, and perhaps others long ago.
        ahead = chance.randint(-5, AHEAD)
        age = chance.choice(MILESTONES) - ahead
        last = max(last, this_second() + timedelta(seconds=ahead))
        create_ticket(
            customer_id=customer.customer_id,
            subject=SUBJECT,
            description="x",
            category="General",
            priority="Medium",
            assigned_to=str(rep.pk),
            by=SYSTEM,
            now=this_second() - timedelta(seconds=age),
        )
    print(last.timestamp())  # by then the last of these milestones has passed


def settle(until: float) -> None:
    """Wait until everything is done or the time is past, and print what is left to be done.

    Due tickets, events, mails that no worker has taken. A mail whose worker died while it sent
    stays claimed for ten minutes: `inspect` looks at those.
    """
    while any((left := _left()).values()) and time.time() < until:
        time.sleep(0.5)
    print(json.dumps(left))


def _left() -> dict[str, int]:
    return {
        "due": len(queries.due_tickets(this_second(), limit=5_000)),
        "events": len(list(events.waiting(limit=5_000))),
        "mails": len(queue.due(this_second(), limit=5_000)),
    }


def inspect() -> None:
    """Everything that is wrong with tickets, records, logs and notifications."""
    wrong = []
    fired_in_all = 0
    people = {name: str(User.objects.get(username=name).pk) for name in ("rep", "supervisor")}
    notifications = {name: notifications_of(pk, limit=100_000) for name, pk in people.items()}
    told = {}
    for name, given in notifications.items():
        for one in given:
            for rule in one.rules.split():
                told[name, one.ticket_id, rule] = told.get((name, one.ticket_id, rule), 0) + 1
    for number in range(1, ticket_numbers.last_ticket_number() + 1):
        ticket = queries.ticket(str(number))
        if ticket is None or ticket.subject != SUBJECT:
            continue
        timeline = Timeline.load(ticket.timeline)
        reading = clock.read(timeline, policies.POLICY_SNAPSHOTS, now=this_second())
        planned = milestones.plan(timeline, reading, policies.rules(), fired=())
        passed = milestones.passed(planned, this_second())
        expected = sorted(found.rule.key for found in passed)
        fired_in_all += len(expected)
        pk = ticket_pk(ticket.ticket_id)
        records = [
            record.rule for record in Escalation.query(pk, Escalation.sk.startswith(ESCALATION))
        ]
        lines = [
            line.rule
            for line in Communication.query(pk, Communication.sk.startswith(COMMUNICATION))
            if line.rule
        ]
        level = max([found.rule.level for found in passed], default=0)
        for what, found in (
            ("records", sorted(records)),
            ("log", sorted(lines)),
            ("firedRules", sorted(ticket.fired_rules)),
        ):
            if found != expected:
                wrong.append(f"ticket {number}: {what} {found}, expected {expected}")
        if int(ticket.escalation_level) != level:
            wrong.append(f"ticket {number}: level {ticket.escalation_level}, expected {level}")
        for found in passed:
            for name, notified in (("rep", "assignee"), ("supervisor", "supervisors")):
                times = told.get((name, ticket.ticket_id, found.rule.key), 0)
                if times != int(notified in found.rule.notify):
                    wrong.append(f"ticket {number}: {name} told {times} times of {found.rule.key}")
    later = this_second() + 2 * queue.LOST_AFTER
    for _ in range(MOST_SWEEPS):  # each takes a bounded number of mails
        if queue.due(later, limit=1):
            delivery.send_due(now=later)
    wrong += [f"mail {mail.sk} is stuck" for mail in queue.due(later, limit=5_000)]
    print(json.dumps({"wrong": wrong[:20], "fired": fired_in_all}))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    command, *words = sys.argv[1:]
    {
        "populate": lambda: populate(int(os.environ["TICKETS"])),
        "settle": lambda: settle(float(words[0])),
        "inspect": inspect,
    }[command]()
