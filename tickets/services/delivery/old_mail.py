"""Take over mail that an earlier release has queued, so that an upgrade loses none.

Called by that release's tasks, which may still be in the queue, and by beat once an hour. A reply
that was being sent during the upgrade may have been sent: a person decides.
"""

from datetime import datetime

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.mail import queue
from helpdesk.mail.kinds import Result
from tickets.domain.ticket import Delivery
from tickets.services.delivery import notifications, reply_email
from tickets.store import old_mail as store
from tickets.store.items import Communication, communication_sk
from tickets.store.old_mail import OldNoticeMail, OldReplyMail
from tickets.store.ticket import ticket_pk

BATCH = 500


def take_over(*, now: datetime | None = None) -> int:
    """Queue old mail again; return how many. Each in one transaction, so a repeat queues none
    twice.

    Cost if there is none: two Queries a shard.
    """
    at = now or this_second()
    taken = sum(_take_over_reply(old, at) for old in store.old_reply_mails(limit=BATCH))
    return taken + sum(_take_over_notice(old, at) for old in store.old_notice_mails(limit=BATCH))


def _take_over_reply(old: OldReplyMail, at: datetime) -> bool:
    line = Communication(ticket_pk(old.ticket_id), communication_sk(old.communication_id))
    try:
        with Transaction() as transaction:
            transaction.delete(old, OldReplyMail.pk.exists())
            transaction.update(
                line,
                [Communication.delivery.set(Delivery.SENDING.value)],
                Communication.delivery == Delivery.PENDING.value,
            )
            transaction.put(reply_email.queued(old.ticket_id, old.communication_id, at=at))
    except ConditionFailed:
        return _settle_interrupted(old, line, at)
    return True


def _settle_interrupted(old: OldReplyMail, line: Communication, at: datetime) -> bool:
    """Settle a reply that is not pending: it was being sent, or an old worker has finished it
    since."""
    try:
        with Transaction() as transaction:
            transaction.delete(old, OldReplyMail.pk.exists())
            transaction.update(
                line,
                [
                    Communication.delivery.set(Delivery.UNKNOWN.value),
                    Communication.delivery_at.set(at),
                ],
                Communication.delivery == Delivery.SENDING.value,
            )
            transaction.put(
                queue.undelivered_of(
                    reply_email.queued(old.ticket_id, old.communication_id, at=at),
                    result=Result.UNKNOWN,
                    problem=None,
                    at=at,
                )
            )
    except ConditionFailed:
        old.delete()
    return False


def _take_over_notice(old: OldNoticeMail, at: datetime) -> bool:
    try:
        with Transaction() as transaction:
            transaction.delete(old, OldNoticeMail.pk.exists())
            transaction.put(notifications.queued(old.user_id, old.event_id, at=at))
    except ConditionFailed:
        return False
    return True
