"""Notify users in the app, and of escalations by email too.

A notification's key is its user and event, so a repeated event notifies nobody twice. The email is
queued in the same transaction; emails to one user that are due together become one, with a line for
each ticket.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.services.read import customer_names
from helpdesk import tracing
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import (
    can_work_now,
    people_to_mail,
    people_to_tell,
    supervisors_now,
    team_members,
    work_tickets,
)
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Invalid
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Reference, recipient
from helpdesk.mail.templates import composed
from tickets.domain.events import Assigned, Bounced, Changed, Communicated, Escalated, Raised
from tickets.domain.sla.milestones import Notify
from tickets.domain.ticket import Direction
from tickets.services.delivery import presence
from tickets.store import attention, queries
from tickets.store import notification as store
from tickets.store.events import OutboxEvent
from tickets.store.items import Communication, communication_sk, escalation_sk
from tickets.store.notification import Notification
from tickets.store.ticket import Ticket, ticket_pk

log = structlog.get_logger(__name__)

SHOWN = 50
"""Notifications on a user's page; the bell counts the unread among them."""

MOST_LINES = 200
"""Entries of a log that are looked through for who wrote to a third party."""

KIND = "escalations"

CAN_BE_MUTED = (
    *("replied", "answered", "mentioned", "assigned"),
    *("colleague-replied", "noted", "status", "escalated"),
)
"""Kinds that a user can do without. The others are what they have asked for themselves, and that a
reply of theirs was not delivered."""


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Store a notification for everybody concerned. A repeat changes nothing."""
    for event in events:
        match event.what:
            case Escalated() as escalated:
                with tracing.resumed(event.event_id):
                    _notify_of_escalation(event, escalated)
            case Assigned(to):
                _notify(event, "assigned", _working([to]))
            case Bounced(_, written_by, assigned_to):
                _notify(event, "bounced", _working({written_by, assigned_to}))
            case Communicated() as communicated:
                _notify(event, "mentioned", _working(communicated.mentions))
                if communicated.automatic:
                    continue
                if communicated.direction is Direction.INBOUND:
                    readers = _readers_of_reply(event, communicated) | _followers(event)
                    _notify(event, "replied", readers)
                elif communicated.side_thread:
                    readers = _readers_of_answer(event, communicated) | _followers(event)
                    _notify(event, "answered", readers)
                else:
                    answered = communicated.direction is Direction.OUTBOUND
                    kind = "colleague-replied" if answered else "noted"
                    _notify(event, kind, _followers(event))
            case Changed(fields) if "status" in fields:
                _notify(event, "status", _followers(event))


def store_own(user_id: str, ticket_id: str, event_id: str, kind: str, at: datetime) -> None:
    """Store a notification that a user has asked for, under an id; a repeat stores no other. A user
    who works no tickets any more gets none."""
    if not work_tickets([user_id]):
        return
    given = Notification(
        store.notification_pk(user_id),
        store.notification_sk(event_id),
        user_id=user_id,
        event_id=event_id,
        ticket_id=ticket_id,
        kind=kind,
        at=at,
    )
    _store(given, mail=False)


def muted(*, by: Actor) -> set[str]:
    """Return the kinds of notifications that the actor does not want. One SQL query."""
    return attention.muted_kinds(by.user_id)


def mute(kinds: Iterable[str], *, by: Actor) -> None:
    """Mute these kinds of notifications for the actor, and no others: there are none from now on,
    and no email. Raises NotAllowed, and Invalid for a kind that cannot be muted."""
    require_ticket_work(by)
    wanted = set(kinds)
    if not wanted <= set(CAN_BE_MUTED):
        raise Invalid({"kind": _("This kind can’t be muted.")})
    attention.mute(by.user_id, wanted)


def newest(*, by: Actor) -> list[Notification]:
    """Return the newest notifications of the actor. One query."""
    return store.notifications_of(by.user_id, limit=SHOWN)


def reasons_of(found: Iterable[Notification]) -> dict[str, str]:
    """Return the reasons of manual escalations in these notifications, by event. At most one batch
    read."""
    told = {
        (ticket_pk(one.ticket_id), str(one.record)): one.event_id for one in found if one.record
    }
    if not told:
        return {}
    records = queries.escalation_records(told)
    return {told[record.pk, record.sk]: record.reason for record in records if record.reason}


@dataclass(frozen=True)
class Told:
    """Notifications with what they are about, as it is now: what was erased is not here either."""

    notifications: Sequence[Notification]
    tickets: Mapping[str, Ticket]
    customers: Mapping[str, str]
    """Names, by id."""
    messages: Mapping[str, Communication]
    """By id."""


def with_texts(found: Sequence[Notification]) -> Told:
    """Return these notifications with their tickets, customers and messages. Three batch reads at
    most, or none."""
    tickets = queries.tickets({one.ticket_id for one in found}, consistent=False) if found else {}
    named = {
        (ticket_pk(one.ticket_id), communication_sk(str(one.line))) for one in found if one.line
    }
    lines = queries.lines(sorted(named)) if named else []
    return Told(
        found,
        tickets,
        customer_names({ticket.customer_id for ticket in tickets.values()}) if tickets else {},
        {line.communication_id: line for line in lines},
    )


def unread_mentions(found: Iterable[Notification]) -> list[Notification]:
    """Return those of these notifications that are unread mentions."""
    return [one for one in found if one.kind == "mentioned" and not one.read]


def unread_count(*, by: Actor) -> int:
    """Return how many of the newest SHOWN notifications are unread. One query."""
    return unread_among(newest(by=by))


def unread_among(found: Iterable[Notification]) -> int:
    """Return how many of these notifications are unread."""
    return sum(not one.read for one in found)


def mark_read(*, by: Actor, event_ids: Iterable[str] | None = None) -> None:
    """Mark some of the actor's notifications as read, or all that are shown."""
    wanted = set(event_ids) if event_ids is not None else None
    for found in newest(by=by):
        if not found.read and (wanted is None or found.event_id in wanted):
            found.update(actions=[Notification.read.set(True)], condition=Notification.pk.exists())


def mark_read_of(ticket_id: str, *, by: Actor) -> bool:
    """Mark the actor's notifications of a ticket as read, among the newest SHOWN.

    Returns whether any was unread. One query, and a write for each.
    """
    unread = [one for one in newest(by=by) if one.ticket_id == ticket_id and not one.read]
    mark_read(by=by, event_ids=[one.event_id for one in unread])
    return bool(unread)


def queued(user_id: str, event_id: str, *, at: datetime) -> queue.QueuedEmail:
    """Return the email for a notification, to be put into a transaction."""
    reference = {"userId": user_id, "eventId": event_id}
    return queue.queued(KIND, reference, group=user_id, key=event_id, at=at)


def _notify_of_escalation(event: OutboxEvent, escalated: Escalated) -> None:
    told: dict[str, list[Raised]] = {}
    for reason in escalated.reasons:
        for user_id in _recipients(
            [Notify(word) for word in reason.notify],
            assignee=escalated.assigned_to,
            team=escalated.team_id,
            day=timezone.localdate(event.at),
        ):
            told.setdefault(user_id, []).append(reason)
    muting = attention.who_mutes("escalated", told) if told else set()
    for user_id, reasons in told.items():
        if user_id in muting:
            continue
        given = _notification(user_id, event, "escalated")
        given.rules = " ".join(reason.rule for reason in reasons)
        given.level = escalated.level
        given.due_at = max((one.due_at for one in reasons if one.due_at), default=None)
        for record in (one.record for one in reasons if one.record):
            given.record = escalation_sk(event.reopen_cycle, record)
        _store(given, mail=True)


def _notify(event: OutboxEvent, kind: str, user_ids: Iterable[str | None]) -> None:
    """Store a notification for each of these users who wants this kind. Nobody is notified of their
    own actions."""
    others = {user_id for user_id in user_ids if user_id and user_id != event.by}
    muting = attention.who_mutes(kind, others) if others else set()
    for user_id in sorted(others - muting):
        _store(_notification(user_id, event, kind), mail=False)


def _working(user_ids: Iterable[str | None]) -> set[str]:
    """Return those who work here, absent or not: they see it when they are back."""
    wanted = [user_id for user_id in user_ids if user_id]
    return work_tickets(wanted)


def _followers(event: OutboxEvent) -> set[str]:
    return _working(attention.followers(int(event.ticket_id)))


def _readers_of_reply(event: OutboxEvent, what: Communicated) -> set[str]:
    """Return who is notified of a customer's reply: the assignee.

    If the assignee cannot work now, also their team, or supervisors if there is none.
    """
    if not what.assigned_to:
        return set()  # it is in the unassigned queue
    own = _working([what.assigned_to])
    day = timezone.localdate(event.at)
    return own | _recipients(
        [Notify.ASSIGNEE], assignee=what.assigned_to, team=what.team_id, day=day
    )


def _readers_of_answer(event: OutboxEvent, what: Communicated) -> set[str]:
    """Return who is notified of a third party's message: the assignee, and who wrote to them.

    If none of them can work now, also the team, or supervisors if there is none. One query of
    the log.
    """
    log = queries.ticket_with_log(event.ticket_id, limit=MOST_LINES)
    asked = {
        line.created_by
        for line in (log.log if log else ())
        if line.side_thread == what.side_thread and line.communication_id != what.communication_id
    }
    own = _working({what.assigned_to, *asked})
    day = timezone.localdate(event.at)
    if can_work_now(own, day=day):
        return own
    members = team_members(what.team_id) if what.team_id else set()
    return own | (can_work_now(members, day=day) or supervisors_now(day=day))


def _recipients(
    wanted: list[Notify], *, assignee: str | None, team: str | None, day: date
) -> set[str]:
    """Return those who can work now: the assignee, else the team, else supervisors."""
    told: set[str] = set()
    reached = can_work_now([assignee], day=day) if assignee else set()
    if Notify.ASSIGNEE in wanted:
        told |= reached
    to_team = Notify.TEAM in wanted and not reached
    if to_team or (Notify.ASSIGNEE in wanted and assignee and not reached):
        members = team_members(team) if team else set()
        if to_team and not team and not assignee:
            members = people_to_tell(supervisors=False)
        told |= can_work_now(members, day=day) or supervisors_now(day=day)
    if Notify.SUPERVISORS in wanted:
        told |= supervisors_now(day=day)
    return told


def _notification(user_id: str, event: OutboxEvent, kind: str) -> Notification:
    return Notification(
        store.notification_pk(user_id),
        store.notification_sk(event.event_id),
        user_id=user_id,
        event_id=event.event_id,
        ticket_id=event.ticket_id,
        kind=kind,
        told_by=event.by,
        at=event.at,
        line=event.what.communication_id if isinstance(event.what, Communicated) else None,
    )


def _store(given: Notification, *, mail: bool) -> None:
    try:
        with Transaction() as transaction:
            transaction.put(given, Notification.pk.does_not_exist())
            if mail:
                transaction.put(queued(given.user_id, given.event_id, at=given.at))
    except ConditionFailed:
        log.info("notification_was_stored", user_id=given.user_id)
    presence.tell(given.user_id, given.event_id)


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return one email to a user about all these notifications; None if they get none any more."""
    found = [
        told for named in about if (told := store.notification(named["userId"], named["eventId"]))
    ]
    person = people_to_mail().filter(pk=int(about[0]["userId"])).first()
    if person is None or not found:
        return None
    tickets = {told.ticket_id for told in found}
    reasons = reasons_of(found)
    context = {
        "only": tickets.pop() if len(tickets) == 1 else "",
        "count": len(tickets),
        "notifications": [(told, reasons.get(told.event_id, "")) for told in found],
        "person": person,
        "desk": settings.DESK_URL,
    }
    with translation.override(person.mail_language):
        return composed(KIND, context, to=[recipient(person.email)])


EMAIL = MailKind(_compose)
