"""What tests of figures share: a busy desk, made-up histories, rollups that are done."""

import json
import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from customers.domain.choices import Segment
from customers.services.create import create_customer
from reporting.domain.days import Range
from reporting.services import facts, generations, report, rollups
from reporting.services.query import ReportQuery
from reporting.store.items import Leaders, Row, TicketFacts
from tests.world import NOON, after, settle, team
from tickets.domain import instant
from tickets.domain.errors import DomainError
from tickets.domain.ticket import Category, CommunicationType, Direction, Priority
from tickets.models import Policy
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lifecycle.status import change_status, wait
from tickets.services.sla.configure import save_policy

ALL = Range(date(2026, 10, 1), date(2027, 1, 1))
ZONES = ["UTC", "America/New_York", "Pacific/Apia"]


def rolled():
    """Let worker and rollups do all they have to."""
    settle()
    while rollups.roll_up():
        pass


def everything():
    """Every figure that is stored, by what it is of, without the versions."""
    found = {}
    generation = generations.current().number
    for item in Row.scan(Row.pk.startswith(f"{generation}#ROWS#")):
        if any(item.data):
            found[item.pk.partition("#")[2], item.sk] = item.data
    for item in Leaders.scan(Leaders.pk.startswith(f"{generation}#LEADERS#")):
        found[item.pk.partition("#")[2], item.sk] = json.dumps(item.created, sort_keys=True)
    for item in TicketFacts.scan(TicketFacts.pk.startswith(f"{generation}#TICKET#")):
        found[item.pk.partition("#")[2], item.sk] = json.dumps(item.quarters, sort_keys=True)
    return found


def total(asked=None, **more):
    return report.report(asked or ReportQuery(ALL, **more)).row


def busy(desk):
    """Some tickets to which everything happens."""
    first = desk.ticket(priority="Critical", category="Customs")
    respond(first.ticket_id, content="x", by=desk.rep, now=after(hours=1))
    change_status(first.ticket_id, to="Resolved", by=desk.rep, now=after(hours=30))
    change_status(first.ticket_id, to="In Progress", by=desk.rep, now=after(hours=31))
    change_status(first.ticket_id, to="Resolved", by=desk.rep, now=after(hours=40))
    change_status(first.ticket_id, to="Closed", by=desk.rep, now=after(hours=90))
    second = desk.ticket(now=after(days=1), assigned_to=desk.rep2.user_id)
    escalate(second.ticket_id, reason="x", by=desk.rep, now=after(days=1, hours=1))
    wait(second.ticket_id, by=desk.rep, now=after(days=1, hours=2))
    change_status(second.ticket_id, to="Closed", by=desk.rep, now=after(days=5))
    third = desk.ticket(now=after(days=2), priority="Low")
    sweep(now=after(days=30))
    edit(third.ticket_id, priority="High", category="Billing", by=desk.rep, now=after(days=31))
    return first.ticket_id, second.ticket_id, third.ticket_id


def random_history(desk, seed, tickets=14, begins=0):
    """Tickets of two teams, of customers of every segment, to which anything may happen that the
    desk does not refuse, from `begins` minutes after NOON on. Some are merged into their
    customer's first one."""
    chance = random.Random(seed)
    policy = Policy.objects.get(is_default=True)
    for priority in Priority:
        setattr(policy, f"{priority.value.lower()}_next_response", "4h")
    save_policy(policy)
    teams = [None, *(str(team(name, desk.rep_user).pk) for name in ("Day", "Night"))]
    customers = [
        create_customer(
            name=word, email=f"{word}@x.example", segment=word, by=desk.rep, now=NOON
        ).customer_id
        for word in Segment
    ]
    firsts = {}
    for _number in range(tickets):
        minutes = begins + chance.randrange(24_000)
        customer = chance.choice(customers)
        number = desk.ticket(
            now=after(minutes=minutes),
            priority=chance.choice([*Priority]).value,
            category=chance.choice([*Category]).value,
            customer_id=customer,
            assigned_to=chance.choice([None, desk.rep.user_id, desk.rep2.user_id]),
        ).ticket_id
        first = firsts.setdefault(customer, number)
        if of := chance.choice(teams):
            assign_team(number, team_id=of, by=desk.rep, now=after(minutes=minutes))
        for share, step, more in (
            (0.3, escalate, {"reason": "x"}),
            (0.5, assign, {"to": desk.rep2.user_id}),
            (0.7, respond, {"content": "x"}),
            (0.3, comes_back, {}),
            (0.3, wait, {}),
            (0.5, customer_writes, {}),
            (0.6, respond, {"content": "y"}),
            (0.7, change_status, {"to": "Resolved"}),
            (0.4, change_status, {"to": "In Progress"}),
            (0.5, change_status, {"to": "Closed"}),
            (0.3, merge, {"into": first}),
        ):
            minutes += chance.randrange(1, chance.choice((90, 3_600)))
            if chance.random() < share:
                with suppress(DomainError):
                    step(number, **more, by=desk.rep, now=after(minutes=minutes))
    sweep(now=after(days=29))


def comes_back(number, *, by, now):
    """A mail server reports that the last reply reached nobody."""

    def note(draft):
        line = f"{draft.ticket.sla.last_message} {instant.text(draft.at)}"
        draft.ticket.returned_replies = [*(draft.ticket.returned_replies or ()), line]

    change(number, note, by=by, now=now)
    facts.update_facts([number])


def customer_writes(number, *, by, now):
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="And now?",
        by=by,
        now=now,
    )


def made_up(path, seed=11, tickets=120):
    """A history that looks like the real one, for machines that do not have it."""
    chance = random.Random(seed)
    lines = []
    for number in range(tickets):
        at = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(24 * 400))

        def write(event, hours, at=at, number=number, **more):
            moment = at + timedelta(seconds=int(hours * 3600))
            text = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
            lines.append(
                {"ticket": f"M-{number}", "at": text, "event": event, "by": "agent01", **more}
            )

        write(
            "created",
            0,
            subject="x",
            description="y",
            priority=chance.choice(["Critical", "High", "Medium", "Low"]),
            category=chance.choice(["General", "Customs", "Billing"]),
            customer={"externalId": f"C-{number % 9}", "name": f"N {number % 9}"},
        )
        if chance.random() < 0.8:
            write("assigned", 0.1, to=chance.choice(["agent01", "agent02"]))
        if chance.random() < 0.8:
            write("responded", chance.uniform(0.2, 20), content="z")
        if chance.random() < 0.3:
            write("waiting", 21)
            write("customer_replied", 21 + chance.uniform(1, 30), content="w")
        if chance.random() < 0.9:
            write("resolved", chance.uniform(60, 200))
            if chance.random() < 0.3:
                write("reopened", 210)
                write("resolved", 220)
            if chance.random() < 0.8:
                write("closed", 300)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
