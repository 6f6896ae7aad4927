"""Mail answers to customers, each once.

An answer is written with its delivery `pending`; the outbox makes a letter of it. Whoever sends the
letter first claims it by turning the delivery to `sending`, under a condition, so two workers never
send it twice. A worker that dies while it sends leaves it there: nobody can know whether the mail
went out, so the page says just that, and a person decides about sending it again.

Receiving mail would begin where this ends: an answer to `message_id()` names the ticket.
"""

import json
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr

import structlog
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound
from helpdesk.markdown import to_html
from helpdesk.moments import this_second
from tickets.domain.ticket import Delivery
from tickets.services import attachments
from tickets.store import access
from tickets.store import letter as store
from tickets.store.letter import Letter
from tickets.store.log import Communication, OutboxEvent
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

BATCH = 100
PAUSES = (60, 300, 1_800, 7_200)
"""Seconds between tries while the mail server does not take it; after them it has failed."""

LOST_AFTER = timedelta(minutes=10)
"""A delivery that has been `sending` for so long has lost its worker."""


def take(events: Sequence[OutboxEvent]) -> None:
    """Make a letter of each answer to a customer. A repeat makes none."""
    for event in events:
        if event.kind != "communication":
            continue
        data = json.loads(event.data)
        if data.get("deliver"):
            store.new_letter(event.ticket_id, data["communicationId"], not_before=event.at).save()


def send_due(*, now: datetime | None = None) -> int:
    """Send the letters whose time has come; return how many mails went out."""
    at = now or this_second()
    return sum(
        _send(letter, at) for letter in store.letters(limit=BATCH) if letter.not_before <= at
    )


def send_again(
    ticket_id: str, communication_id: str, *, by: Actor, now: datetime | None = None
) -> None:
    """Try a mail again that failed, or may have got lost.

    Raises Invalid when it is on its way or was sent; NotFound, NotAllowed.
    """
    require_ticket_work(by)
    line = access.communication(ticket_id, communication_id)
    if line is None:
        raise NotFound(_("There is no such message."))
    at = now or this_second()
    hopeless = Communication.delivery.is_in(Delivery.FAILED.value, Delivery.UNKNOWN.value)
    actions: list[Action] = [
        Communication.delivery.set(Delivery.PENDING.value),
        Communication.delivery_at.set(at),
        Communication.delivery_problem.remove(),
    ]
    try:
        with Transaction() as transaction:
            transaction.update(line, actions, hopeless)
            transaction.put(store.new_letter(ticket_id, communication_id, not_before=at))
    except ConditionFailed as refused:
        raise Invalid({"delivery": _("This mail was sent, or is on its way.")}) from refused
    current_app.send_task("tickets.send_letters")


def message_id(ticket_id: str, communication_id: str = "") -> str:
    """What mail programs thread by; without a line's id, the root of the ticket's thread."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    part = f".{communication_id.lower()}" if communication_id else ""
    return f"<ticket-{ticket_id}{part}@{domain}>"


def _send(letter: Letter, now: datetime) -> bool:
    line = access.communication(letter.ticket_id, letter.communication_id)
    ticket = access.ticket(letter.ticket_id)
    if line is None or ticket is None:
        letter.delete()
        return False
    if not _move(line, Delivery.PENDING, Delivery.SENDING, now):
        lost = line.delivery_at is None or now - line.delivery_at >= LOST_AFTER
        if line.delivery == Delivery.SENDING.value and not lost:
            return False  # somebody is at it
        problem = _("The worker stopped while it was sending: it may or may not have gone out.")
        _move(line, Delivery.SENDING, Delivery.UNKNOWN, now, problem)
        letter.delete()
        return False
    customer = get_customer(ticket.customer_id)
    if customer is None or not customer.email:
        return _give_up(letter, line, now, _("The customer has no e-mail address."))
    try:
        _mail(ticket, line, customer.email).send()
    except smtplib.SMTPRecipientsRefused:
        return _give_up(letter, line, now, _("The mail server refused the customer's address."))
    except (smtplib.SMTPException, OSError) as error:
        log.warning("letter_refused", ticket_id=letter.ticket_id, reason=type(error).__name__)
        if int(letter.tries) >= len(PAUSES):
            return _give_up(letter, line, now, _("The mail server did not take it."))
        _move(line, Delivery.SENDING, Delivery.PENDING, now, _("The mail server did not take it."))
        pause = timedelta(seconds=PAUSES[int(letter.tries)])
        letter.update(actions=[Letter.tries.add(1), Letter.not_before.set(now + pause)])
        return False
    _move(line, Delivery.SENDING, Delivery.SENT, now)
    letter.delete()
    log.info("letter_sent", ticket_id=letter.ticket_id, communication_id=letter.communication_id)
    return True


def _mail(ticket: Ticket, line: Communication, address: str) -> EmailMultiAlternatives:
    root = message_id(ticket.ticket_id)
    mail = EmailMultiAlternatives(
        subject=f"[#{ticket.ticket_id}] {ticket.subject}",
        body=line.content,
        to=[address],
        headers={
            "Message-ID": message_id(ticket.ticket_id, line.communication_id),
            "In-Reply-To": root,
            "References": root,
        },
    )
    mail.attach_alternative(str(to_html(line.content)), "text/html")
    for attached in line.attachments or ():
        with attachments.opened(attached) as file:
            mail.attach(attached.name, file.read(), attachments.content_type(attached.name))
    return mail


def _give_up(letter: Letter, line: Communication, now: datetime, problem: str) -> bool:
    _move(line, Delivery.SENDING, Delivery.FAILED, now, problem)
    letter.delete()
    return False


def _move(
    line: Communication, was: Delivery, becomes: Delivery, now: datetime, problem: str = ""
) -> bool:
    """Change how a delivery stands, if it stands as `was`; say whether it did."""
    actions: list[Action] = [
        Communication.delivery.set(becomes.value),
        Communication.delivery_at.set(now),
    ]
    if problem:
        actions.append(Communication.delivery_problem.set(problem))
    try:
        line.update(actions=actions, condition=Communication.delivery == was.value)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
