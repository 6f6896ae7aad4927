"""What pages show of tickets: names instead of ids, and how time stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.services.read import get_customers
from customers.store.items import Vehicle
from helpdesk.accounts.people import names_of
from tickets.domain.sla import standing
from tickets.domain.sla.standing import Standing
from tickets.services.read import TicketPage, sla_facts
from tickets.store.log import Change, Communication
from tickets.store.ticket import Ticket
from tickets.web.words import FIELDS, RULES, label


@dataclass(frozen=True)
class Line:
    """A ticket in a list."""

    ticket_id: str
    url: str
    subject: str
    customer_name: str
    customer_id: str
    category: str
    priority: str
    status: str
    assignee_name: str
    escalation_level: int
    standing: Standing
    due_at: datetime | None
    due_clock: str
    created_at: datetime
    updated_at: datetime
    tags: list[str]

    @property
    def at_risk(self) -> bool:
        return self.standing is Standing.AT_RISK


@dataclass(frozen=True)
class LogLine:
    """A line of a ticket's log."""

    kind: str
    direction: str
    author_name: str
    at: datetime
    content: str
    changes: list[dict[str, str]]
    rule: str


def ticket_lines(tickets: Sequence[Ticket], *, now: datetime) -> list[Line]:
    """Lines of a list. Cost: one SQL query for people, one read for customers."""
    people = names_of(ticket.assigned_to for ticket in tickets)
    customers = get_customers(ticket.customer_id for ticket in tickets)
    lines = []
    for ticket in tickets:
        facts = sla_facts(ticket)
        due = standing.due(facts)
        customer = customers.get(ticket.customer_id)
        lines.append(
            Line(
                ticket_id=ticket.ticket_id,
                url=reverse("ticket_detail", args=[ticket.ticket_id]),
                subject=ticket.subject,
                customer_name=customer.name if customer else _("unknown customer"),
                customer_id=ticket.customer_id,
                category=ticket.category,
                priority=ticket.priority,
                status=ticket.status,
                assignee_name=people.get(ticket.assigned_to or "", ""),
                escalation_level=int(ticket.escalation_level),
                standing=standing.ticket_standing(facts, now),
                due_at=due[0] if due else None,
                due_clock=due[1] if due else "",
                created_at=ticket.created_at,
                updated_at=ticket.updated_at,
                tags=list(ticket.tags),
            )
        )
    return lines


def ticket_context(page: TicketPage, *, now: datetime) -> dict[str, Any]:
    """What the ticket page shows, but for its forms. Cost: one SQL query for people."""
    ticket = page.ticket
    people = names_of(
        [
            ticket.assigned_to,
            ticket.created_by,
            *(line.created_by for line in page.log),
            *_people_in(page.log),
        ]
    )
    facts = sla_facts(ticket)
    due = standing.due(facts)
    shown = {
        name: getattr(ticket, name)
        for name in (
            "ticket_id",
            "subject",
            "description",
            "category",
            "priority",
            "status",
            "assigned_to",
            "created_at",
            "updated_at",
            "resolved_at",
            "closed_at",
            "waiting",
            "tags",
            "continues",
            "continued_by",
        )
    }
    shown |= {
        "version": int(ticket.version),
        "escalation_level": int(ticket.escalation_level),
        "assignee_name": people.get(ticket.assigned_to or "", ""),
        "created_by_name": people.get(ticket.created_by, ""),
        "standing": standing.ticket_standing(facts, now),
        "due_at": due[0] if due else None,
        "due_clock": due[1] if due else "",
        "response_standing": standing.response_standing(facts, now),
        "response_deadline": facts.response_deadline,
        "first_responded_at": facts.first_responded_at,
        "resolution_standing": standing.resolution_standing(facts, now),
        "resolution_deadline": facts.resolution_deadline,
    }
    return {
        "ticket": shown,
        "customer": page.customer,
        "vehicle": page.vehicle,
        "log": [log_line(line, people) for line in page.log],
        "older_url": older_url(ticket.ticket_id, page.older),
        "now": now,
    }


def log_lines(lines: Sequence[Communication]) -> list[LogLine]:
    """Lines of a log. Cost: one SQL query for people."""
    people = names_of([*(line.created_by for line in lines), *_people_in(lines)])
    return [log_line(line, people) for line in lines]


def log_line(line: Communication, people: dict[str, str]) -> LogLine:
    changes = [_change(change, people) for change in line.changes or ()]
    return LogLine(
        kind=line.type,
        direction=line.direction or "",
        author_name=people.get(line.created_by, _("somebody who left")),
        at=line.created_at,
        content=line.content,
        changes=changes,
        rule=str(RULES.get(line.rule, line.rule)) if line.rule else "",
    )


def older_url(ticket_id: str, before: str | None) -> str | None:
    return f"{reverse('ticket_log', args=[ticket_id])}?before={before}" if before else None


def vehicle_choice(vehicle: Vehicle) -> dict[str, str]:
    parts = [vehicle.label, vehicle.vin or "", vehicle.shipment_status]
    return {"vehicle_id": vehicle.vehicle_id, "label": " · ".join(part for part in parts if part)}


def _people_in(lines: Sequence[Communication]) -> list[str | None]:
    return [
        person
        for line in lines
        for change in line.changes or ()
        if change.field == "assignedTo"
        for person in (change.before, change.after)
    ]


def _change(change: Change, people: dict[str, str]) -> dict[str, str]:
    def words(value: str | None) -> str:
        if change.field == "description":
            return "…"
        if change.field == "assignedTo":
            return people.get(value or "", value) or _("nobody")
        return label(value) if value else _("nothing")

    return {
        "label": str(FIELDS.get(change.field, change.field)),
        "before": words(change.before),
        "after": words(change.after),
    }
