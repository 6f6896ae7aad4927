"""The admin's dashboard: urgent tickets, system health, and recent changes of configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.clock import this_second
from helpdesk.health import engines_answer, queue_length
from theme.templatetags.desk import span
from tickets.presenters.mailboxes import problem_words
from tickets.presenters.rows import ticket_lines
from tickets.services.lists.counts import snapshot
from tickets.services.maintenance.health import Health, pulse
from tickets.services.maintenance.mail_health import MailboxHealth, mailbox_health

CHANGES_SHOWN = 12
NEXT_SHOWN = 8
OLD_EVENT = timedelta(minutes=2)
"""If an event waits longer than this, workers do not keep up."""

_CONFIGURATION = ("tickets", "accounts", "auth")
_NOT_CONFIGURATION = ("ticket", "bulk", "recalculation")


@dataclass(frozen=True)
class Tile:
    """A number with a link to the list behind it. `tone`: bad, warn, or empty."""

    label: str
    number: int
    url: str
    tone: str = ""


@dataclass(frozen=True)
class Sign:
    """A check of the system's health, and whether it is as it should be."""

    label: str
    value: str
    well: bool


@dataclass(frozen=True)
class Entry:
    """A change of configuration."""

    at: Any
    who: str
    what: str
    kind: str
    said: str
    url: str


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the dashboard shows; nothing for users who may not see it.

    Cost: seven SQL queries, five requests to DynamoDB and one for each mailbox that is fetched, two
    to Redis; with Redis away two seconds.
    """
    by = actor_of(request.user)
    if not by.supervises:
        return {}
    now = this_second()
    found = snapshot(by=by, now=now)
    return {
        "tiles": _tiles(found.all),
        "next_due": ticket_lines(found.due[:NEXT_SHOWN], now=now),
        "signs": _signs(by),
        "changes": _changes(),
        "now": now,
    }


def _tiles(counts: Any) -> list[Tile]:
    return [
        Tile(_("Overdue"), counts.overdue, _list(sla_status="overdue"), "bad"),
        Tile(_("At risk"), counts.at_risk, _list(sla_status="at risk"), "warn"),
        Tile(_("Escalated"), counts.escalated, _active(escalated="yes"), "warn"),
        Tile(_("Unassigned"), counts.unassigned, _active(assignee="none"), "warn"),
        Tile(_("Waiting for customer"), counts.waiting, _list(sla_status="waiting")),
        Tile(_("Active"), counts.active, _active()),
    ]


def _list(**filters: str) -> str:
    return f"{reverse('admin:tickets_ticket_changelist')}?{urlencode(filters)}"


def _active(**filters: str) -> str:
    return _list(status__in="Open,In Progress", **filters)


def _signs(by: Actor) -> list[Sign]:
    answers = engines_answer()
    words = {True: _("OK"), False: _("unavailable")}
    labels = {"database": _("Database"), "dynamodb": "DynamoDB", "redis": "Redis"}
    signs = [Sign(labels[name], words[well], well) for name, well in answers.items()]
    waiting = queue_length() if answers["redis"] else None
    signs.append(
        Sign(
            _("Queued tasks"),
            _("Unknown") if waiting is None else str(waiting),
            waiting is not None and waiting < settings.CROWDED_QUEUE,
        )
    )
    if answers["dynamodb"]:
        signs += _pulse_signs(pulse(by=by))
        signs += _mail_signs(mailbox_health(by=by))
    return signs


def _pulse_signs(found: Health) -> list[Sign]:
    late = timedelta(seconds=4 * settings.SLA_SWEEP_SECONDS)
    oldest = found.oldest_event_age
    return [
        Sign(
            _("Event backlog"),
            _("none") if oldest is None else _ago(oldest),
            oldest is None or oldest < OLD_EVENT,
        ),
        Sign(
            _("Failed events"),
            str(found.failed_events) if found.failed_events else _("none"),
            not found.failed_events,
        ),
        Sign(
            _("Last escalation check"),
            _("Unknown") if found.since_sweep is None else _ago(found.since_sweep),
            found.since_sweep is not None and found.since_sweep < late,
        ),
    ]


def _mail_signs(mailboxes: Sequence[MailboxHealth]) -> list[Sign]:
    """Return a sign for each mailbox that has a problem; one sign if none has."""
    wrong = []
    for mailbox in mailboxes:
        label = _("Mailbox %(name)s") % {"name": mailbox.name}
        if mailbox.problem:
            wrong.append(Sign(label, problem_words(mailbox.problem, mailbox.problem_detail), False))
        elif mailbox.fetch_is_late:
            since = mailbox.since_fetch
            fetched = _("never fetched") if since is None else _("last fetched %(span)s ago")
            wrong.append(Sign(label, fetched % {"span": span(since) if since else ""}, False))
        if mailbox.token_left is not None and mailbox.token_ends_soon:
            wrong.append(Sign(label, _token_words(mailbox.token_left), False))
    if wrong or not mailboxes:
        return wrong
    return [Sign(_("Mailboxes"), _("OK"), True)]


def _token_words(left: timedelta) -> str:
    if left <= timedelta(0):
        return _("The webhook token has expired. Create a new one.")
    words = _("The webhook token expires in %(span)s. Create a new one.")
    return words % {"span": span(left)}


def _ago(age: timedelta) -> str:
    return _("%(span)s ago") % {"span": span(age)}


def _changes() -> list[Entry]:
    found = (
        LogEntry.objects.filter(content_type__app_label__in=_CONFIGURATION)
        .exclude(content_type__model__in=_NOT_CONFIGURATION)
        .select_related("user", "content_type")
        .order_by("-action_time")[:CHANGES_SHOWN]
    )
    return [
        Entry(
            entry.action_time,
            getattr(entry.user, "display_name", str(entry.user)),
            entry.object_repr,
            str(entry.content_type.name) if entry.content_type else "",
            entry.get_change_message() or (_("deleted") if entry.is_deletion() else _("added")),
            _address(entry),
        )
        for entry in found
    ]


def _address(entry: LogEntry) -> str:
    return str(entry.get_admin_url() or "") if not entry.is_deletion() else ""
