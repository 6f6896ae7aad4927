"""How a ticket is shown: its log with names in place of ids, and the state of its clocks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.services.read import customer_names
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import names_of
from helpdesk.custom_fields.defined import every_field
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.shown import shown
from helpdesk.custom_fields.values import PREFIX
from helpdesk.markdown import work
from tickets.domain import instant
from tickets.domain.cards import has_card_number
from tickets.domain.escalation import MANUAL
from tickets.domain.sla import sla_status
from tickets.domain.ticket import CommunicationType, Delivery, Direction, LogEvent
from tickets.presenters.labels import FIELDS, LOG_EVENTS, RULES, label
from tickets.presenters.mail import (
    EmailLine,
    Recipient,
    email_line,
    insiders,
    participants_of,
    recipients_of,
)
from tickets.services.conversation.attachments import is_picture
from tickets.services.read import TicketPage, sla_facts
from tickets.store.items import Attachment, Change, Communication
from tickets.store.ticket import Ticket

_DUE = re.compile(r"due (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", re.ASCII)


@dataclass(frozen=True)
class LogLine:
    """An entry of a ticket's log."""

    line_id: str
    kind: str
    direction: str
    author_name: str
    """Of an inbound message the customer, who wrote it."""
    logged_by: str
    """The colleague who recorded an inbound message; empty where it came by itself."""
    at: datetime
    content: str
    changes: list[dict[str, str]]
    sentence: str
    """The text of a System Update beside its changes."""
    rule: str
    reason: str
    """The reason of a manual escalation."""
    due_at: datetime | None
    """When a milestone was due that changed nothing and only notified."""
    files: list[dict[str, Any]]
    delivery: str
    delivery_at: datetime | None
    delivery_problem: str
    channel: str = ""
    """How a message came or went, in words; empty where that is unknown."""
    email: EmailLine | None = None
    """Its headers, where it came by email."""
    side_thread: str = ""
    """The number of the conversation with a third party that it belongs to."""
    recipients: Sequence[Recipient] = ()
    """The recipients of a reply, each with its delivery."""
    suggested: Sequence[str] = ()
    """Who else is in its conversation with a third party: whom the desk wrote to there, and whom
    the third party put in To or Cc."""
    occurred_at: datetime | None = None
    """When a call was, or a customer said what a colleague logged later, if that was told."""
    is_call: bool = False
    """Whether a colleague called the customer: an answer, of which nothing was sent."""
    stands_out: bool = False
    """Whether a System Update says what nobody may miss: an escalation, an assignment, a status."""
    formatted: bool = True
    """Whether a colleague's text is shown as Markdown: not where a page has too much to format."""

    @property
    def can_resend(self) -> bool:
        """Whether the email to some recipient failed, or may have been lost."""
        states = {self.delivery, *(one.state for one in self.recipients)}
        return bool(states & {Delivery.FAILED.value, Delivery.UNKNOWN.value})

    @property
    def as_written(self) -> bool:
        """Whether its text is shown as it came, and not as Markdown: a customer's message, and
        everybody's email."""
        return self.direction == Direction.INBOUND.value or self.email is not None

    @property
    def has_card_number(self) -> bool:
        """Whether its text has the number of a payment card, which should not be kept."""
        return has_card_number(self.content)

    @property
    def can_forward(self) -> bool:
        """Whether a colleague can start or continue a conversation with a third party about it."""
        return self.direction == "inbound" or bool(self.side_thread)

    @property
    def third_parties(self) -> str:
        """The third parties of a side thread, as a form has them."""
        if self.email and self.side_thread:
            return self.email.reply_to or self.email.sender
        return " ".join(one.address for one in self.recipients) if self.side_thread else ""


@dataclass(frozen=True)
class Fold:
    """Consecutive system updates, folded because they stand in the way of the conversation."""

    lines: list[LogLine]


FOLDED_FROM = 2
_TOLD = {"status", "assignedTo", "teamId", "escalationLevel"}
"""Fields whose change is never folded."""

MOST_WORK = 4_000
"""What may be formatted on one page, as `markdown.work` counts it: some 200 ms. Older messages are
then shown as written. Fifty ordinary ones are a tenth of it."""


def log_entries(lines: Sequence[LogLine]) -> list[LogLine | Fold]:
    """Return entries of a log; system updates in a row are folded, unless they stand out."""
    entries: list[LogLine | Fold] = []
    for folds, group in groupby(_within_work(lines), key=_folds):
        together = list(group)
        if folds and len(together) >= FOLDED_FROM:
            entries.append(Fold(together))
        else:
            entries += together
    return entries


def _folds(line: LogLine) -> bool:
    return line.kind == CommunicationType.SYSTEM_UPDATE.value and not line.stands_out


def _within_work(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the entries; after MOST_WORK, from the newest on, messages are not formatted."""
    done, kept = 0, []
    for line in reversed(lines):
        by_staff = line.kind != CommunicationType.SYSTEM_UPDATE.value and not line.as_written
        done += work(line.content) if by_staff else 0
        kept.append(line if done <= MOST_WORK else replace(line, formatted=False))
    return kept[::-1]


def ticket_context(page: TicketPage, *, now: datetime) -> dict[str, Any]:
    """Return what the ticket page shows, except its forms. Cost: one SQL query for users."""
    ticket = page.ticket
    people = names_of(
        [
            ticket.assigned_to,
            ticket.created_by,
            *(line.created_by for line in page.log),
            *_people_in(page.log),
        ]
    )
    teams = _teams([ticket.team_id, *_values_in(page.log, "teamId")])
    authors = _authors(page.log, page.customer)
    facts = sla_facts(ticket)
    due = sla_status.due(facts)
    facts_shown = {name: getattr(ticket, name) for name in Ticket.get_attributes()}
    facts_shown |= {
        "assignee_name": people.get(ticket.assigned_to or "", ""),
        "team_name": teams.get(f"team-{ticket.team_id}", ""),
        "created_by_name": people.get(ticket.created_by, ""),
        "sla_status": sla_status.ticket_status(facts, now),
        "due_at": due[0] if due else None,
        "due_clock": due[1] if due else "",
        "response_status": sla_status.response_status(facts, now),
        "response_deadline": facts.response_deadline,
        "first_responded_at": facts.first_responded_at,
        "resolution_status": sla_status.resolution_status(facts, now),
        "resolution_deadline": facts.resolution_deadline,
        "next_response_status": sla_status.next_response_status(facts, now),
        "next_response_deadline": facts.next_response_deadline,
    }
    return {
        "ticket": facts_shown,
        "participants": participants_of(ticket),
        "insiders": insiders(ticket, page.customer),
        "customer": page.customer,
        "vehicle": page.vehicle,
        "log": log_entries(
            _with_suggestions(
                [_log_line(ticket.ticket_id, line, people | teams, authors) for line in page.log]
            )
        ),
        "customers_others": page.customers_others,
        "vehicles_others": page.vehicles_others,
        "older_url": older_url(ticket.ticket_id, page.older),
        "now": now,
    }


def log_lines(ticket_id: str, lines: Sequence[Communication]) -> list[LogLine]:
    """Return entries of a log.

    Cost: one SQL query for users, one for teams if one is named, and a read of customers for
    inbound messages.
    """
    people = names_of([*(line.created_by for line in lines), *_people_in(lines)])
    named = people | _teams(_values_in(lines, "teamId"))
    authors = _authors(lines, None)
    return _with_suggestions([_log_line(ticket_id, line, named, authors) for line in lines])


def lines_of_tickets(lines: Sequence[Communication], customer: Customer) -> list[LogLine]:
    """Return entries of several tickets of a customer. One SQL query for users."""
    people, authors = names_of(line.created_by for line in lines), _authors(lines, customer)
    return [_log_line(line.ticket_id, line, people, authors) for line in lines]


def _authors(lines: Sequence[Communication], customer: Customer | None) -> dict[str, str]:
    """Return the names of the customers who wrote inbound messages; "" is the ticket's own.

    One read if another customer than `customer` wrote one, else none.
    """
    known = {"": customer.name, customer.customer_id: customer.name} if customer else {}
    return customer_names({line.author_id for line in lines if line.author_id} - {*known}) | known


def _log_line(
    ticket_id: str, line: Communication, names: dict[str, str], authors: dict[str, str]
) -> LogLine:
    changes = [_change(change, names) for change in line.changes or ()]
    writer = names.get(line.created_by, _("former colleague"))
    inbound = line.direction == Direction.INBOUND.value or _of_third_party(line)
    return LogLine(
        line_id=line.communication_id,
        kind=line.type,
        direction=line.direction or "",
        author_name=_author(line, authors) if inbound else writer,
        logged_by=writer if inbound and line.created_by != SYSTEM.user_id else "",
        at=line.created_at,
        content=line.content,
        changes=changes,
        rule=str(RULES.get(line.rule, line.rule)) if line.rule else "",
        sentence=_sentence(line),
        reason=_reason(line),
        due_at=_due_at(line),
        files=[
            _file(ticket_id, line, place, file) for place, file in enumerate(line.attachments or ())
        ],
        delivery=line.delivery or "",
        delivery_at=line.delivery_at,
        delivery_problem=str(line.delivery_problem or ""),
        channel=label(line.came_by) if line.came_by else "",
        email=email_line(ticket_id, line),
        side_thread=line.side_thread or "",
        recipients=recipients_of(line),
        occurred_at=line.occurred_at,
        is_call=line.is_call,
        stands_out=bool(line.rule) or bool(_TOLD & {one.field for one in line.changes or ()}),
    )


def _file(ticket_id: str, line: Communication, place: int, file: Attachment) -> dict[str, Any]:
    where = [ticket_id, line.communication_id, place]
    return {
        "name": file.name,
        "size": file.size,
        "url": reverse("ticket_file", args=where),
        "picture": reverse("ticket_picture", args=where) if is_picture(file) else "",
    }


def _with_suggestions(lines: list[LogLine]) -> list[LogLine]:
    """Offer on each message of a conversation with a third party everybody else who is in it."""
    people: dict[str, dict[str, None]] = {}
    for line in lines:
        if line.side_thread:
            named = (
                *(one.address for one in line.recipients),
                *(line.email.others if line.email else ()),
            )
            people.setdefault(line.side_thread, {}).update(dict.fromkeys(named))
    return [
        replace(
            line,
            suggested=[
                one for one in people[line.side_thread] if one not in line.third_parties.split()
            ],
        )
        if line.side_thread
        else line
        for line in lines
    ]


def _of_third_party(line: Communication) -> bool:
    """Return whether somebody outside wrote a note of a conversation with third parties."""
    return bool(line.side_thread) and line.email is not None


def _author(line: Communication, authors: dict[str, str]) -> str:
    """Return the author of a message: the customer, or another participant who writes by email."""
    if line.author_id is None and line.without_effect and line.email:
        return str(line.email.sender_name or line.email.sender) or _("unknown sender")
    return authors.get(line.author_id or "") or _("customer")


def _sentence(line: Communication) -> str:
    """Return the text of a System Update beside its changes; older entries have it stored."""
    if line.event is None or line.event == LogEvent.CHANGED:
        return "" if line.changes or line.rule else line.content
    if line.event == LogEvent.CREATED and line.reference:
        return _("Ticket imported. Its number there: %(number)s") % {"number": line.reference}
    return str(LOG_EVENTS[line.event]) if line.event in LOG_EVENTS else ""


def system_update(line: Communication, names: dict[str, str]) -> str:
    """Return a System Update as one line of text.

    `names` has users' names by id, and teams' by `team-<id>`.
    """
    changes = [_change(change, names) for change in line.changes or ()]
    told = [
        _sentence(line),
        str(RULES.get(line.rule, line.rule)) if line.rule else "",
        *(
            f"{one['label']}: " + " → ".join(filter(None, (one["before"], one["after"])))
            for one in changes
        ),
        _reason(line),
    ]
    return "; ".join(filter(None, told))


def _reason(line: Communication) -> str:
    """Return the reason of a manual escalation; earlier releases stored it within a
    sentence only."""
    if line.event is None and line.rule == MANUAL:
        return line.content.partition(": ")[2]
    return line.reason or ""


def _due_at(line: Communication) -> datetime | None:
    """Return when a milestone that changed nothing was due; older entries have it in a sentence
    only."""
    if not line.rule or line.changes:
        return None
    if line.event is None:
        told = _DUE.search(line.content)
        return instant.parse(told[1]) if told else None
    return line.due_at


def older_url(ticket_id: str, before: str | None) -> str | None:
    return f"{reverse('ticket_log', args=[ticket_id])}?before={before}" if before else None


def vehicle_choice(vehicle: Vehicle) -> dict[str, str]:
    parts = [vehicle.label, vehicle.vin or "", vehicle.shipment_status]
    return {"vehicle_id": vehicle.vehicle_id, "label": " · ".join(part for part in parts if part)}


def _people_in(lines: Sequence[Communication]) -> list[str | None]:
    return _values_in(lines, "assignedTo")


def _values_in(lines: Sequence[Communication], field: str) -> list[str | None]:
    """Return the old and new values of a field in some entries."""
    return [
        value
        for line in lines
        for change in line.changes or ()
        if change.field == field
        for value in (change.before, change.after)
    ]


def _teams(team_ids: Sequence[str | None]) -> dict[str, str]:
    """Return the names of teams by `team-<id>`. One SQL query, or none."""
    wanted = {team_id for team_id in team_ids if team_id}
    if not wanted:
        return {}
    found = Team.objects.filter(pk__in=[int(team_id) for team_id in wanted])
    return {f"team-{team.pk}": team.name for team in found}


def _change(change: Change, people: dict[str, str]) -> dict[str, str]:
    if change.field.startswith(PREFIX):
        return _custom_change(change)

    def words(value: str | None) -> str:
        if change.field == "description":
            return "…"
        if change.field == "assignedTo":
            return people.get(value or "", value) or _("Unassigned")
        if change.field == "teamId":
            return people.get(f"team-{value}", _("none"))
        return label(value) if value else _("nothing")

    return {
        "label": str(FIELDS.get(change.field, change.field)),
        "before": words(change.before) if change.before else "",
        "after": words(change.after),
    }


def _custom_change(change: Change) -> dict[str, str]:
    """Return a change of a custom field; a field that was deleted has its key as its label."""
    key = change.field.removeprefix(PREFIX)
    field = every_field(RecordKind.TICKET).get(key)
    return {
        "label": field.label if field else key,
        "before": shown(field, change.before) if change.before else "",
        "after": shown(field, change.after) if change.after else _("nothing"),
    }
