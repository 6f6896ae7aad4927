"""Send mail that is due, each message once.

A worker claims a mail before it sends it, under a condition, so that no two workers send the same
one. It is marked as sent when the server has accepted it. Failures before that are retried for two
days, with growing pauses; what the server refuses, or cannot be composed, fails at once. If a
worker dies while it sends, or the connection is lost after the whole message was transmitted,
nobody can know whether it was sent: it is not sent again without a person's decision.

If the mail server is away, or breaks off, each run waits for one mail only: the others are not
tried, and keep their place. So it is if an engine of ours is away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
from django.core.mail import EmailMessage
from django.db import DatabaseError
from pynamodb.exceptions import PynamoDBException, UpdateError

from helpdesk import database_away, tracing, wake
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction
from helpdesk.log_redaction import kind_of
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Result, Undeliverable, kind
from helpdesk.mail.problems import MailProblem, ProblemCode
from helpdesk.mail.queue import PENDING, SENDING, QueuedEmail, UndeliveredEmail
from helpdesk.mail.smtp import (
    Refused,
    Server,
    ServerAway,
    TryLater,
    Unknown,
    mail_server,
)

log = structlog.get_logger(__name__)

BATCH = 100
PAUSES = (60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, *[14_400] * 11)
"""Seconds before the next try, by the number of tries there were; after them, some two days, a mail
has failed."""

WENT_OUT = (Result.SENT, Result.PARTLY)
LISTED = (Result.FAILED, Result.PARTLY)

AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
"""Headers of mail that no person wrote (RFC 3834, and the word that Exchange knows)."""

ENGINES_AWAY = (BotoCoreError, ClientError, PynamoDBException, DatabaseError)
"""Errors of our own engines: a later try may succeed."""
UNREACHABLE = (ConnectionError, HTTPClientError, *database_away.AWAY)
"""Errors of an engine that cannot be reached: the same would happen to the next mail."""


def send_due(*, now: datetime | None = None) -> int:
    """Send the mails that are due; return how many messages the server accepted.

    An unexpected error with one of them does not stop the others, unless an engine is away: then
    the next run tries them.
    """
    sent = 0
    with mail_server() as server:
        try:
            due = queue.due(now or this_second(), limit=BATCH)
        except ENGINES_AWAY as error:
            if not _is_unreachable(error):
                raise
            log.warning("engine_away", reason=kind_of(error))
            return 0
        for (name, group), found in groupby(due, key=lambda mail: (mail.kind, mail.group)):
            at = now or this_second()  # a batch may take long, and a claim counts from its own time
            try:
                mails = list(found)
                with tracing.span(
                    f"mail: {name}",
                    parent=mails[0].trace,
                    kind="PRODUCER",
                    ticket_id=mails[0].about.get("ticketId"),
                ):
                    sent += _send([mail for mail in mails if _claim(mail, at)], server, at)
            except (ServerAway, Unknown) as away:
                log.warning("mail_server_away", reason=kind_of(away.__cause__ or away))
                break
            except Exception as error:
                if _is_unreachable(error):
                    log.warning("engine_away", reason=kind_of(error))
                    break
                log.exception("mail_not_sent", kind=name, group=group, reason=type(error).__name__)
    return sent


def _is_unreachable(error: Exception) -> bool:
    return isinstance(error, UNREACHABLE) or isinstance(getattr(error, "cause", None), UNREACHABLE)


def send_soon() -> None:
    """Wake a worker to send what was just queued. Never raises: the sweep finds it anyway."""
    wake.send("helpdesk.send_mail")


def put_back(transaction: Transaction, mail: UndeliveredEmail, *, now: datetime) -> None:
    """Add to `transaction` that an undelivered mail is queued once more.

    The transaction fails if somebody else has dealt with the mail in the meantime.
    """
    transaction.delete(mail, UndeliveredEmail.pk.exists())
    transaction.put(queue.queued(mail.kind, mail.about, group=mail.group, key=mail.key, at=now))


def _send(mails: Sequence[QueuedEmail], server: Server, now: datetime) -> int:
    """Send claimed mails of one group as one message; return how many messages were sent.

    Raises ServerAway and Unknown, with their end already stored.
    """
    if not mails:
        return 0
    of_kind = kind(mails[0].kind)
    try:
        message = _composed(of_kind, mails)
        if message is None:
            _drop(mails)
            return 0
        with tracing.span("mail server", kind="CLIENT"):
            handed_over = server.give(message)
    except (Undeliverable, Refused) as error:
        _end(mails, of_kind, Result.FAILED, error.problem, now)
        return 0
    except Unknown as error:
        _end(mails, of_kind, Result.UNKNOWN, error.problem, now)
        raise
    except TryLater as error:
        _try_later(mails, of_kind, error.problem, now)
        return 0
    except ServerAway as error:
        _try_later(mails, of_kind, error.problem, now)
        raise
    if handed_over.refused:
        refused = "; ".join(f"{who}: {words}" for who, words in handed_over.refused.items())
        problem = MailProblem(ProblemCode.RESPONSE, refused)
        _end(mails, of_kind, Result.PARTLY, problem, now)
    else:
        _end(mails, of_kind, Result.SENT, None, now)
    log.info("mail_sent", kind=mails[0].kind, group=mails[0].group, about=len(mails))
    return 1


def _composed(of_kind: MailKind, mails: Sequence[QueuedEmail]) -> EmailMessage | None:
    try:
        message = of_kind.compose([mail.about for mail in mails])
        if message is not None:
            if of_kind.automatic:
                message.extra_headers |= AUTOMATIC
            message.message()  # what cannot be written as a mail shows here, before the hand-over
    except ENGINES_AWAY as error:
        raise TryLater(ProblemCode.NOT_READ) from error
    except Undeliverable:
        raise
    except Exception as error:
        log.exception("mail_not_composed", group=mails[0].group, reason=type(error).__name__)
        raise Undeliverable(ProblemCode.NOT_COMPOSED, type(error).__name__) from error
    return message


def _claim(mail: QueuedEmail, now: datetime) -> bool:
    """Claim a mail and return whether that succeeded. A mail whose worker died becomes unknown."""
    if mail.state == SENDING:
        problem = MailProblem(ProblemCode.WORKER_STOPPED)
        _end([mail], kind(mail.kind), Result.UNKNOWN, problem, now)
        return False
    try:
        mail.update(
            actions=[QueuedEmail.state.set(SENDING), QueuedEmail.claimed_at.set(now)],
            condition=QueuedEmail.state == PENDING,
        )
    except UpdateError as error:
        if error.cause_response_code not in (
            "ConditionalCheckFailedException",
            "TransactionConflictException",
        ):
            raise
        return False
    return True


def _end(
    mails: Sequence[QueuedEmail],
    of_kind: MailKind,
    result: Result,
    problem: MailProblem | None,
    now: datetime,
) -> None:
    """Remove mails from the queue and store their results, each in a transaction of its own."""
    listed = result in LISTED or (result is Result.UNKNOWN and of_kind.person_decides)
    for mail in mails:
        try:
            with Transaction() as transaction:
                transaction.delete(mail, QueuedEmail.state == SENDING)
                of_kind.record(transaction, mail.about, result, problem, now)
                if listed:
                    transaction.put(
                        queue.undelivered_of(mail, result=result, problem=problem, at=now)
                    )
        except (ConditionFailed, Contended):
            if result in WENT_OUT:
                _correct(mail, of_kind, result, problem, now)
        else:
            if result is not Result.SENT:
                log.warning("mail_undelivered", group=mail.group, result=result.value)


def _correct(
    mail: QueuedEmail, of_kind: MailKind, result: Result, problem: MailProblem | None, now: datetime
) -> None:
    """Store that a mail was sent after all, whatever was recorded when its claim expired."""
    key = queue.undelivered_key(mail.kind, mail.group, mail.key)
    try:
        with Transaction() as transaction:
            if result in LISTED:
                listed = queue.undelivered_of(mail, result=result, problem=problem, at=now)
                transaction.put(listed, UndeliveredEmail.pk.exists())
            else:
                transaction.delete(UndeliveredEmail(*key), UndeliveredEmail.pk.exists())
            of_kind.record(transaction, mail.about, result, problem, now)
    except (ConditionFailed, Contended):
        log.info("mail_ended_elsewhere", group=mail.group)


def _drop(mails: Sequence[QueuedEmail]) -> None:
    """Remove mails from the queue that no longer have anything to say."""
    for mail in mails:
        mail.delete()


def _try_later(
    mails: Sequence[QueuedEmail], of_kind: MailKind, problem: MailProblem | None, now: datetime
) -> None:
    for mail in mails:
        if mail.tries >= len(PAUSES):
            _end([mail], of_kind, Result.FAILED, problem, now)
            continue
        again = mail.due_again(now + timedelta(seconds=PAUSES[mail.tries]))
        try:
            with Transaction() as transaction:
                transaction.delete(mail, QueuedEmail.state == SENDING)
                transaction.put(again)
                of_kind.record(transaction, mail.about, Result.POSTPONED, problem, now)
        except (ConditionFailed, Contended):
            log.info("mail_ended_elsewhere", group=mail.group)
    log.warning("mail_postponed", group=mails[0].group, tries=int(mails[0].tries) + 1)
