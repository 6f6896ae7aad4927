"""How tickets are shown in lists."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from ulid import ULID

from customers.services.read import customer_names
from helpdesk.accounts.people import every_team, names_of
from helpdesk.custom_fields.definition import Definition
from helpdesk.custom_fields.shown import shown
from tickets.domain.sla import sla_status
from tickets.domain.sla.sla_status import SlaStatus
from tickets.domain.ticket import BY_CUSTOMER, Status
from tickets.services.lists.search import MARK_END, MARK_START, mark_hits
from tickets.services.read import sla_facts
from tickets.store.search_fields import values_written
from tickets.store.ticket import Ticket


@dataclass(frozen=True)
class Line:
    """A ticket in a list."""

    ticket_id: str
    subject: str
    subject_marked: SafeString | None
    customer_name: str
    customer_id: str
    category: str
    priority: str
    status: Status
    assignee_name: str
    escalation_level: int
    sla_status: SlaStatus
    due_at: datetime | None
    due_clock: str
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    team_name: str
    needs_reply_since: datetime | None
    last_message: str | None
    last_author_name: str
    snippet: SafeString | None
    news: str
    """Of an unread ticket, who wrote its last message: "customer" or "colleague"; else empty."""
    fields: tuple[str, ...]
    """Its values of the custom fields that are columns, as they are shown."""

    @property
    def last_message_at(self) -> datetime | None:
        """When the last message was written: its id begins with that."""
        return ULID.from_str(self.last_message).datetime if self.last_message else None


def ticket_lines(
    tickets: Sequence[Ticket],
    *,
    now: datetime,
    words: Sequence[str] = (),
    snippets: Mapping[str, str] | None = None,
    with_teams: bool = False,
    unread: Container[str] = (),
    fields: Sequence[Definition] = (),
) -> list[Line]:
    """Return rows of a list, with their values of some custom fields: these are of the search
    index, since those of DynamoDB have no room for them.

    Cost: one SQL query for users, one more `with_teams` and with `fields`, and one read for
    customers.
    """
    numbers = [int(ticket.ticket_id) for ticket in tickets]
    keys = [field.key for field in fields]
    written = values_written(numbers, keys) if keys and numbers else {}
    teams = {str(team.pk): team.name for team in every_team()} if with_teams else {}
    people = names_of(
        person for ticket in tickets for person in (ticket.assigned_to, ticket.sla.last_author)
    )
    people[BY_CUSTOMER] = _("Customer")
    customers = customer_names(ticket.customer_id for ticket in tickets)
    lines = []
    for ticket in tickets:
        facts = sla_facts(ticket)
        due = sla_status.due(facts)
        lines.append(
            Line(
                ticket_id=ticket.ticket_id,
                subject=ticket.subject,
                subject_marked=marked(mark_hits(ticket.subject, words)) if words else None,
                customer_name=customers.get(ticket.customer_id) or _("unknown customer"),
                customer_id=ticket.customer_id,
                category=ticket.category,
                priority=ticket.priority,
                status=ticket.status,
                assignee_name=people.get(ticket.assigned_to or "", ""),
                escalation_level=ticket.escalation_level,
                sla_status=sla_status.ticket_status(facts, now),
                due_at=due[0] if due else None,
                due_clock=due[1] if due else "",
                created_at=ticket.created_at,
                updated_at=ticket.updated_at,
                tags=tuple(ticket.tags),
                needs_reply_since=ticket.sla.needs_reply_since,
                last_message=ticket.sla.last_message,
                last_author_name=people.get(ticket.sla.last_author or "", ""),
                team_name=teams.get(ticket.team_id or "", ""),
                snippet=marked((snippets or {}).get(ticket.ticket_id, "")),
                news=_news(ticket) if ticket.ticket_id in unread else "",
                fields=_values(fields, written.get(int(ticket.ticket_id), {})),
            )
        )
    return lines


def _values(fields: Sequence[Definition], written: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        shown(field, written[field.key]) if written.get(field.key) else "" for field in fields
    )


def _news(ticket: Ticket) -> str:
    return BY_CUSTOMER if ticket.sla.last_author == BY_CUSTOMER else "colleague"


def marked(snippet: str) -> SafeString | None:
    """Return a snippet with its hits marked."""
    if not snippet:
        return None
    safe = escape(snippet).replace(MARK_START, "<mark>").replace(MARK_END, "</mark>")
    return mark_safe(safe)  # noqa: S308 (escaped, but for the marks)
