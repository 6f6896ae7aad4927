"""Emails that failed or may be lost, until a colleague has dealt with each."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail import queue
from helpdesk.mail.delivery import put_back, send_soon
from helpdesk.mail.kinds import Result, kind
from helpdesk.mail.queue import UndeliveredEmail
from tickets.store import queries
from tickets.store.ticket import Ticket

SHOWN = 100


@dataclass(frozen=True)
class Undelivered:
    """A mail of the list. `ticket_id` is empty for mails that belong to no ticket."""

    key: str
    kind: str
    ticket_id: str
    subject: str
    recipient: str
    problem: str
    may_have_arrived: bool
    others_have_it: bool
    queued_at: datetime
    at: datetime


def undelivered(*, by: Actor) -> list[Undelivered]:
    """Return the oldest SHOWN mails that nobody has dealt with. Raises NotAllowed.

    Cost: one Query a shard, one batch read of tickets, one SQL query.
    """
    require_ticket_work(by)
    found = queue.undelivered(limit=SHOWN)
    tickets = queries.tickets(
        [mail.about["ticketId"] for mail in found if "ticketId" in mail.about]
    )
    names = names_of(mail.about.get("userId") for mail in found)
    return [_shown(mail, tickets, names) for mail in found]


def try_again(key: str, *, by: Actor, now: datetime | None = None) -> None:
    """Queue the mail once more, to its current recipient.

    Raises Invalid if it would reach recipients who have it; NotFound if a colleague has dealt with
    it; NotAllowed.
    """
    require_ticket_work(by)
    mail = _found(key)
    if mail.result == Result.PARTLY:
        raise Invalid({"mail": _("Other recipients already received this email.")})
    at = now or this_second()
    try:
        with Transaction() as transaction:
            put_back(transaction, mail, now=at)
            kind(mail.kind).record(transaction, mail.about, Result.POSTPONED, None, at)
    except ConditionFailed as gone:
        raise NotFound(_("A colleague already handled this email.")) from gone
    send_soon()


def dismiss(key: str, *, by: Actor) -> None:
    """Take the mail off the list; what became of it still stands with the reply.

    A repeat does no harm. Raises NotFound for what never was there; NotAllowed.
    """
    require_ticket_work(by)
    _found(key).delete()


def _found(key: str) -> UndeliveredEmail:
    pk, _separator, sk = key.partition("|")
    mail = queue.find_undelivered(pk, sk) if pk.startswith(f"{queue.UNDELIVERED}#") else None
    if mail is None:
        raise NotFound(_("A colleague already handled this email."))
    return mail


def _shown(
    mail: UndeliveredEmail, tickets: dict[str, Ticket], names: dict[str, str]
) -> Undelivered:
    about = mail.about
    ticket = tickets.get(about.get("ticketId", ""))
    return Undelivered(
        key=f"{mail.pk}|{mail.sk}",
        kind=mail.kind,
        ticket_id=ticket.ticket_id if ticket else "",
        subject=ticket.subject if ticket else "",
        recipient=names.get(about.get("userId", ""), ""),
        problem=str(mail.problem or ""),
        may_have_arrived=mail.result == Result.UNKNOWN,
        others_have_it=mail.result == Result.PARTLY,
        queued_at=mail.queued_at,
        at=mail.at,
    )
