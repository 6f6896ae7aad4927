"""Mail answers to customers, each once.

An answer is written with its delivery `pending`; the outbox makes a letter of it. Whoever sends the
letter first claims it by turning the delivery to `sending`, under a condition, so two workers never
send it twice. A worker that dies while it sends leaves it there: nobody can know whether the mail
went out, so the page says just that, and a person decides about sending it again.

A letter is there exactly as long as its delivery is `pending` or `sending`: it comes and goes under
conditions on the answer.

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
from tickets.store.log import Communication, OutboxEvent, communication_sk
from tickets.store.ticket import Ticket, ticket_pk

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
            _write_letter(event.ticket_id, data["communicationId"], event.at)


def send_due(*, now: datetime | None = None) -> int:
    """Send the letters whose time has come; return how many mails went out.

    One that fails in a way that nobody thought of holds up no other.
    """
    at = now or this_second()
    sent = 0
    for letter in store.letters(limit=BATCH):
        if letter.not_before > at:
            continue
        try:
            sent += _send(letter, at)
        except Exception as error:
            log.exception(
                "letter_not_sent", ticket_id=letter.ticket_id, reason=type(error).__name__
            )
    return sent


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
    try:
        with Transaction() as transaction:
            transaction.update(line, _standing(Delivery.PENDING, at, ""), hopeless)
            transaction.put(store.new_letter(ticket_id, communication_id, not_before=at))
    except ConditionFailed as refused:
        raise Invalid({"delivery": _("This mail was sent, or is on its way.")}) from refused
    current_app.send_task("tickets.send_letters")


def message_id(ticket_id: str, communication_id: str = "") -> str:
    """What mail programs thread by; without a line's id, the root of the ticket's thread."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    part = f".{communication_id.lower()}" if communication_id else ""
    return f"<ticket-{ticket_id}{part}@{domain}>"


def _write_letter(ticket_id: str, communication_id: str, not_before: datetime) -> None:
    letter = store.new_letter(ticket_id, communication_id, not_before=not_before)
    try:
        with Transaction() as transaction:
            transaction.check(
                Communication,
                ticket_pk(ticket_id),
                communication_sk(communication_id),
                Communication.delivery == Delivery.PENDING.value,
            )
            transaction.put(letter, Letter.pk.does_not_exist())
    except ConditionFailed:
        return  # written, or even sent, already


def _send(letter: Letter, now: datetime) -> bool:
    line = access.communication(letter.ticket_id, letter.communication_id)
    ticket = access.ticket(letter.ticket_id)
    if line is None or ticket is None:
        letter.delete()
        return False
    if not _move(line, Delivery.PENDING, Delivery.SENDING, now):
        _look_after_the_lost(letter, now)
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
        _try_later(letter, line, now)
        return False
    # It went out, whatever somebody made of the long silence meanwhile.
    _end(letter, line, (Delivery.SENDING, Delivery.UNKNOWN), Delivery.SENT, now)
    log.info("letter_sent", ticket_id=letter.ticket_id, communication_id=letter.communication_id)
    return True


def _look_after_the_lost(letter: Letter, now: datetime) -> None:
    """Somebody else claimed the letter: if that was long ago, say that its fate is not known."""
    line = access.communication(letter.ticket_id, letter.communication_id)
    if line is None or line.delivery != Delivery.SENDING.value or line.delivery_at is None:
        return
    if now - line.delivery_at >= LOST_AFTER:
        problem = _("The worker stopped while it was sending: it may or may not have gone out.")
        _end(letter, line, (Delivery.SENDING,), Delivery.UNKNOWN, now, problem)


def _give_up(letter: Letter, line: Communication, now: datetime, problem: str) -> bool:
    _end(letter, line, (Delivery.SENDING,), Delivery.FAILED, now, problem)
    return False


def _try_later(letter: Letter, line: Communication, now: datetime) -> None:
    problem = _("The mail server did not take it.")
    if _move(line, Delivery.SENDING, Delivery.PENDING, now, problem):
        pause = timedelta(seconds=PAUSES[int(letter.tries)])
        later: list[Action] = [Letter.tries.add(1), Letter.not_before.set(now + pause)]
        letter.update(actions=later, condition=Letter.pk.exists())


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


def _move(
    line: Communication, was: Delivery, becomes: Delivery, now: datetime, problem: str = ""
) -> bool:
    """Change how a delivery stands, if it stands as `was`; say whether it did."""
    try:
        line.update(
            actions=_standing(becomes, now, problem), condition=Communication.delivery == was.value
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _end(
    letter: Letter,
    line: Communication,
    was: tuple[Delivery, ...],
    becomes: Delivery,
    now: datetime,
    problem: str = "",
) -> None:
    """Close a delivery that stands as one of `was`, and take its letter away with it."""
    try:
        with Transaction() as transaction:
            transaction.update(
                line,
                _standing(becomes, now, problem),
                Communication.delivery.is_in(*(one.value for one in was)),
            )
            transaction.delete(letter)
    except ConditionFailed:
        log.info("letter_ended_elsewhere", ticket_id=letter.ticket_id)


def _standing(delivery: Delivery, now: datetime, problem: str) -> list[Action]:
    return [
        Communication.delivery.set(delivery.value),
        Communication.delivery_at.set(now),
        Communication.delivery_problem.set(problem)
        if problem
        else Communication.delivery_problem.remove(),
    ]
