"""Tell people what concerns them: in the desk; of escalations by mail too.

A notice is keyed by person and event, so an event that arrives twice tells nobody twice. With it a
pending mail is written, in one transaction. Whoever mails deletes the pending mails first, under
a condition, then sends one mail a person with a line for each ticket. A worker that dies in between
leaves a notice without a mail, and never two mails: the desk's own notice is what counts.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from pynamodb.exceptions import DeleteError

from helpdesk.accounts.actors import Actor
from helpdesk.accounts.models import User
from helpdesk.accounts.people import people_to_tell, team_members
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from tickets.domain import instant
from tickets.domain.sla.milestones import Notify
from tickets.domain.ticket import Direction
from tickets.store import notice as store
from tickets.store.log import OutboxEvent
from tickets.store.notice import Notice, PendingMail

log = structlog.get_logger(__name__)

SHOWN = 50
"""Notices on a person's page; the bell counts the unread among them."""

MAIL_BATCH = 500


def take(events: Sequence[OutboxEvent]) -> None:
    """Give everybody concerned a notice. A repeat changes nothing."""
    for event in events:
        data = json.loads(event.data)
        if event.kind == "escalated":
            _tell_of_escalation(event, data)
        elif event.kind == "assigned":
            _tell(event, "assigned", [data["to"]])
        elif event.kind == "communication":
            _tell(event, "mentioned", data.get("mentions", []))
            if data["direction"] == Direction.INBOUND.value:
                _tell(event, "replied", [data.get("assignedTo")])


def notices(*, by: Actor) -> list[Notice]:
    """The newest notices of the actor. One query."""
    return store.notices_of(by.user_id, limit=SHOWN)


def unread_count(*, by: Actor) -> int:
    """How many of the newest SHOWN notices are unread. One query."""
    return sum(not found.read for found in notices(by=by))


def mark_read(*, by: Actor, event_ids: Iterable[str] | None = None) -> None:
    """Mark some of the actor's notices as read, or all that are shown."""
    wanted = set(event_ids) if event_ids is not None else None
    for found in notices(by=by):
        if not found.read and (wanted is None or found.event_id in wanted):
            found.update(actions=[Notice.read.set(True)], condition=Notice.pk.exists())


def mail_pending() -> int:
    """Send what is to be mailed, one mail a person; return how many mails went out."""
    sent = 0
    pending = store.pending_mails(limit=MAIL_BATCH)
    for user_id, mails in groupby(pending, key=lambda mail: mail.user_id):
        events = [mail.event_id for mail in mails if _claimed(mail)]
        found = [told for event_id in events if (told := store.notice(user_id, event_id))]
        sent += int(bool(found) and _mail(user_id, found))
    return sent


def _tell_of_escalation(event: OutboxEvent, data: dict[str, Any]) -> None:
    told: dict[str, list[dict[str, Any]]] = {}
    for milestone in data["milestones"]:
        wanted = [Notify(word) for word in milestone["notify"]]
        for user_id in _recipients(wanted, assignee=data["assignedTo"], team=data.get("team")):
            told.setdefault(user_id, []).append(milestone)
    for user_id, milestones in told.items():
        due = [instant.parse(found["dueAt"]) for found in milestones if "dueAt" in found]
        given = _notice(user_id, event, "escalated")
        given.rules = " ".join(milestone["rule"] for milestone in milestones)
        given.level = data["level"]
        given.due_at = max(due) if due else None
        given.reason = data.get("reason")
        _give(given, mail=True)


def _tell(event: OutboxEvent, kind: str, user_ids: Iterable[str | None]) -> None:
    """Nobody is told of what they did themselves."""
    for user_id in user_ids:
        if user_id and user_id != event.by:
            _give(_notice(user_id, event, kind), mail=False)


def _recipients(wanted: list[Notify], *, assignee: str | None, team: str | None) -> set[str]:
    told: set[str] = set()
    if Notify.ASSIGNEE in wanted and assignee:
        told.add(assignee)
    if Notify.TEAM in wanted and not assignee:
        told |= team_members(team) if team else people_to_tell(supervisors=False)
    if Notify.SUPERVISORS in wanted:
        told |= people_to_tell(supervisors=True)
    return told


def _notice(user_id: str, event: OutboxEvent, kind: str) -> Notice:
    return Notice(
        store.notice_pk(user_id),
        store.notice_sk(event.event_id),
        user_id=user_id,
        event_id=event.event_id,
        ticket_id=event.ticket_id,
        kind=kind,
        told_by=event.by,
        at=event.at,
    )


def _give(given: Notice, *, mail: bool) -> None:
    try:
        with Transaction() as transaction:
            transaction.put(given, Notice.pk.does_not_exist())
            if mail:
                transaction.put(store.new_pending_mail(given.user_id, given.event_id))
    except ConditionFailed:
        log.info("notice_was_given", user_id=given.user_id)


def _claimed(mail: PendingMail) -> bool:
    try:
        mail.delete(condition=PendingMail.pk.exists())
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _mail(user_id: str, found: list[Notice]) -> bool:
    person = User.objects.filter(pk=int(user_id), is_active=True).exclude(email="").first()
    if person is None:
        return False
    tickets = {told.ticket_id for told in found}
    if len(tickets) == 1:
        subject = _("Ticket %(id)s was escalated") % {"id": tickets.pop()}
    else:
        subject = _("%(count)s tickets were escalated") % {"count": len(tickets)}
    body = render_to_string("mail/escalations.txt", {"notices": found, "person": person})
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email])
    log.info("mail_sent", user_id=user_id, notices=len(found))
    return True
