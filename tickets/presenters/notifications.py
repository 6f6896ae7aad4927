"""How notifications are shown: grouped by ticket, with the first words of a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.people import names_of
from helpdesk.short_text import one_line
from tickets.presenters.labels import IN_BROWSERS, NOTIFICATIONS, RULES
from tickets.services.delivery.notifications import Told, reasons_of
from tickets.store.notification import Notification

FIRST_WORDS = 140
"""Characters of a message."""


@dataclass(frozen=True)
class Entry:
    """A notification."""

    event_id: str
    what: str
    words: str
    """The first words of its message, or the reason of an escalation by hand."""
    at: datetime
    due_at: datetime | None
    level: int
    read: bool


@dataclass
class Group:
    """The notifications of a ticket, the newest first."""

    ticket_id: str
    subject: str
    customer_name: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def unread(self) -> list[str]:
        """The events of those that are unread."""
        return [entry.event_id for entry in self.entries if not entry.read]


def groups(told: Told) -> list[Group]:
    """Return notifications by ticket, the ticket with the newest one first. Cost: one SQL query for
    users, and at most one batch read for reasons."""
    names = names_of(one.told_by for one in told.notifications)
    reasons = reasons_of(told.notifications)
    found: dict[str, Group] = {}
    for one in told.notifications:
        ticket = told.tickets.get(one.ticket_id)
        group = found.setdefault(
            one.ticket_id,
            Group(
                one.ticket_id,
                ticket.subject if ticket else "",
                told.customers.get(ticket.customer_id, "") if ticket else "",
            ),
        )
        group.entries.append(_entry(one, told, names, reasons))
    return list(found.values())


def apart(told: Told) -> tuple[Sequence[Group], Sequence[Group]]:
    """Return what concerns the reader, and escalations."""
    escalations = [one for one in told.notifications if one.kind == "escalated"]
    mine = [one for one in told.notifications if one.kind != "escalated"]
    return groups(replace(told, notifications=mine)), groups(
        replace(told, notifications=escalations)
    )


@dataclass(frozen=True)
class News:
    """What a browser tells of an unread notification, without a name or a word that people wrote:
    it may be shown on a locked screen."""

    event_id: str
    ticket_id: str
    what: str


def for_browsers(found: Sequence[Notification]) -> list[News]:
    """Return what browsers tell of the unread among these notifications, in their order."""
    return [
        News(one.event_id, one.ticket_id, str(IN_BROWSERS.get(one.kind, _("Notification"))))
        for one in found
        if not one.read
    ]


def _entry(
    one: Notification, told: Told, names: Mapping[str, str], reasons: Mapping[str, str]
) -> Entry:
    message = told.messages.get(one.line or "")
    rules = [str(RULES.get(rule, rule)) for rule in one.rules.split()]
    words = NOTIFICATIONS.get(one.kind)
    name = names.get(one.told_by or "", "")
    said = one_line(message.content) if message else reasons.get(one.event_id, "")
    return Entry(
        event_id=one.event_id,
        what=words % {"name": name} if words else ", ".join(rules),
        words=f"{said[:FIRST_WORDS].rstrip()}…" if len(said) > FIRST_WORDS else said,
        at=one.at,
        due_at=one.due_at,
        level=one.level,
        read=bool(one.read),
    )
