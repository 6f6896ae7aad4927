"""Emails with replies to customers.

A reply is written with the delivery `pending`. The outbox queues the mail and sets the delivery to
`sending`, in one transaction, so that a repeat queues no second one. Each recipient gets a mail of
their own. The result for each is stored with the reply: sent, failed, or unknown; a person decides
on unknown ones.
"""

from collections.abc import Sequence
from datetime import datetime
from email import encoders
from email.mime.base import MIMEBase
from typing import Any

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk import tracing
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action, Condition, ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail import queue
from helpdesk.mail.delivery import send_soon
from helpdesk.mail.kinds import MailKind, Reference, Result, Undeliverable, recipient
from helpdesk.mail.problems import MailProblem, ProblemCode
from helpdesk.mail.queue import UndeliveredEmail
from tickets.domain.events import Communicated
from tickets.domain.ticket import Delivery
from tickets.services.conversation import attachments
from tickets.services.email.replies import outgoing
from tickets.services.email.replies.recipients import email_of, recipients_of
from tickets.store import queries
from tickets.store.events import OutboxEvent
from tickets.store.items import Attachment, Communication, RecipientDelivery

KIND = "reply"
_HOPELESS = (Delivery.FAILED, Delivery.UNKNOWN)


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Queue the mails of each reply to a customer. A repeat queues none.

    Cost: one read of all replies, and a transaction for each.
    """
    replies = [
        (event, event.what.communication_id)
        for event in events
        if isinstance(event.what, Communicated) and event.what.deliver
    ]
    lines = queries.communications((event.ticket_id, line_id) for event, line_id in replies)
    for event, line_id in replies:
        if line := lines.get(line_id):
            with tracing.resumed(event.event_id):
                _queue(line, at=event.at)


def send_again(
    ticket_id: str, communication_id: str, *, by: Actor, now: datetime | None = None
) -> None:
    """Send those mails of a reply again that failed or may be lost.

    Raises Invalid if all were sent or are being sent; NotFound, NotAllowed.
    """
    require_ticket_work(by)
    line = queries.communication(ticket_id, communication_id)
    ticket = queries.ticket(ticket_id)
    if line is None or ticket is None:
        raise NotFound(_("Message not found."))
    if line.deliveries and (owner := line.deliveries[0].customer_id):
        line.deliveries[0].address = email_of(get_customer(owner))  # it may have been corrected
    at = now or this_second()
    again = [
        place for place, one in enumerate(line.deliveries or ()) if Delivery(one.state) in _HOPELESS
    ]
    if line.deliveries is None:
        again = [0]
    try:
        with Transaction() as transaction:
            actions: list[Action] = []
            condition: Condition | None = None
            for place in again:
                actions += _delivery(line, place, Delivery.SENDING, None, at)
                hopeless = _state(line, place).is_in(*_HOPELESS)
                condition = hopeless if condition is None else condition & hopeless
                transaction.put(queued(ticket_id, communication_id, place, at=at))
                transaction.delete(_listed(line, place))
            if not actions:
                raise Invalid({"delivery": _("This email was already sent or is being sent.")})
            transaction.update(line, actions, condition)
    except ConditionFailed as refused:
        raise Invalid({"delivery": _("This email was already sent or is being sent.")}) from refused
    send_soon()


def queued(
    ticket_id: str, communication_id: str, place: int = 0, *, at: datetime
) -> queue.QueuedEmail:
    """Return the mail of a reply to one of its recipients, to be put into a transaction."""
    reference = {"ticketId": ticket_id, "communicationId": communication_id}
    if place:
        reference["place"] = str(place)
    return queue.queued(KIND, reference, group=_group(communication_id, place), at=at)


def bounced(
    transaction: Transaction, line: Communication, recipient: str, words: str, now: datetime
) -> None:
    """Add to a transaction that the mail to a recipient bounced, and list it as undelivered.

    A mail of an earlier release, which names no recipients, was sent to the customer.
    """
    addresses = [one.address for one in line.deliveries or ()]
    place = addresses.index(recipient) if recipient in addresses else 0
    problem = MailProblem(ProblemCode.RETURNED, words)
    transaction.update(
        line, _delivery(line, place, Delivery.FAILED, problem, now), Communication.pk.exists()
    )
    mail = queued(line.ticket_id, line.communication_id, place, at=line.created_at)
    transaction.put(queue.undelivered_of(mail, result=Result.FAILED.value, problem=problem, at=now))


def forget(line: Communication) -> None:
    """Remove a reply from the list of undelivered mail, which may show the server's words."""
    for place in range(len(line.deliveries or (line,))):
        _listed(line, place).delete()


def _queue(line: Communication, *, at: datetime) -> None:
    """Queue a mail to each recipient of a reply, in one transaction.

    A reply of an earlier release has no recipients yet: they are stored with it.
    """
    sending = Delivery.SENDING.value
    deliveries = list(line.deliveries or _of_an_earlier_release(line))
    if not deliveries:
        return
    for one in deliveries:
        one.state = sending
    try:
        with Transaction() as transaction:
            transaction.update(
                line,
                [Communication.delivery.set(sending), Communication.deliveries.set(deliveries)],
                Communication.delivery == Delivery.PENDING.value,
            )
            for place in range(len(deliveries)):
                transaction.put(queued(line.ticket_id, line.communication_id, place, at=at))
    except ConditionFailed:
        return  # queued, or even sent, already


def _of_an_earlier_release(line: Communication) -> list[RecipientDelivery]:
    ticket = queries.ticket(line.ticket_id)
    return recipients_of(ticket) if ticket else []


def _group(communication_id: str, place: int) -> str:
    """Return the group of a recipient's mail. Each has a mail of their own, with its own reply
    address."""
    return f"{communication_id}.{place}" if place else communication_id


def _listed(line: Communication, place: int = 0) -> UndeliveredEmail:
    return UndeliveredEmail(*queue.undelivered_key(KIND, _group(line.communication_id, place)))


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    [reference] = about
    line = queries.communication(reference["ticketId"], reference["communicationId"])
    ticket = queries.ticket(reference["ticketId"])
    if line is None or ticket is None:
        return None
    place = int(reference.get("place", 0))
    customer = get_customer(ticket.customer_id)
    if line.deliveries:
        address = str(line.deliveries[place].address)
    elif place or line.side_thread:
        return None  # erased meanwhile
    else:  # written by an earlier release
        address = email_of(customer)
    if not address:
        raise Undeliverable(ProblemCode.NO_ADDRESS)
    reader = None if line.side_thread else customer  # a third party has the desk's language
    with translation.override(outgoing.customers_language(reader)):
        message = outgoing.reply(ticket, line, recipient(address))
    for attached in line.attachments or ():
        message.attach(_part(attached))
    return message


def _part(attached: Attachment) -> MIMEBase:
    """Return an attachment as it is, byte for byte.

    Django would decode texts and messages first, and fails on bytes that are not UTF-8. Raises
    Undeliverable if the file is missing.
    """
    try:
        with attachments.opened(attached) as file:
            content = file.read()
    except NotFound as lost:
        raise Undeliverable(ProblemCode.FILE_MISSING, attached.name) from lost
    main, _slash, sub = attachments.content_type(attached).partition("/")
    if main in ("message", "multipart"):  # which may not be sent as base64
        main, sub = "application", "octet-stream"
    part = MIMEBase(main, sub)
    part.set_payload(content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attached.name)
    return part


def _record(
    transaction: Transaction,
    about: Reference,
    result: Result,
    problem: MailProblem | None,
    now: datetime,
) -> None:
    line = queries.communication(about["ticketId"], about["communicationId"])
    if line is None:
        return
    match result:
        case Result.POSTPONED:
            becomes = Delivery.SENDING
        case Result.PARTLY:  # the problem names who did not get it
            becomes = Delivery.SENT
        case _:
            becomes = Delivery(result.value)
    place = int(about.get("place", 0))
    transaction.update(
        line, _delivery(line, place, becomes, problem, now), Communication.pk.exists()
    )


def _delivery(
    line: Communication, place: int, delivery: Delivery, problem: MailProblem | None, now: datetime
) -> list[Action]:
    """Store the delivery of the mail to one recipient; the first one's is the reply's, too."""
    actions: list[Action] = []
    if place == 0:
        actions += [
            Communication.delivery.set(delivery.value),
            Communication.delivery_at.set(now),
            _set(Communication.delivery_problem_code, problem.code if problem else ""),
            _set(Communication.delivery_problem_detail, problem.detail if problem else ""),
        ]
    if line.deliveries:
        becomes = RecipientDelivery(
            address=line.deliveries[place].address,
            customer_id=line.deliveries[place].customer_id,
            state=delivery.value,
            at=now,
            problem_code=problem.code if problem else None,
            problem_detail=(problem.detail if problem else "") or None,
        )
        actions.append(Communication.deliveries[place].set(becomes))
    return actions


def _set(attribute: Any, value: str) -> Action:
    action: Action = attribute.set(value) if value else attribute.remove()
    return action


def _state(line: Communication, place: int) -> Any:
    if not line.deliveries:
        return Communication.delivery
    recipient: Any = Communication.deliveries[place]
    return recipient.state


EMAIL = MailKind(_compose, _record, automatic=False, person_decides=True)
