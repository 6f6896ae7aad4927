"""The queue of outgoing mail, by the time it is due, and the list of undelivered mail.

A mail names its subject matter by ids. The transaction that decides on a mail also queues it, so
that it is there exactly if that was decided; the same transaction has to make sure that a repeat
does not queue a second one.
"""

import json
from datetime import datetime, timedelta

from django.conf import settings
from pynamodb.attributes import UnicodeAttribute

from helpdesk import tracing
from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.shards import shard_key, shard_keys
from helpdesk.dynamo.table import Item, TableMeta
from helpdesk.mail.kinds import Reference
from helpdesk.mail.problems import MailProblem, problem_of

QUEUE = "EMAILS"
UNDELIVERED = "UNDELIVERED"

PENDING, SENDING = "pending", "sending"

LOST_AFTER = timedelta(minutes=10)
"""A mail that has been claimed for so long has lost its worker."""


class QueuedEmail(Item):
    """A mail to be sent. Its key begins with the time from which it is due."""

    class Meta(TableMeta):
        table_name = f"{settings.DYNAMODB_TABLE_PREFIX}tickets"

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    kind = UnicodeAttribute()
    group = UnicodeAttribute()
    """Mails of a kind and group that are due together are sent as one."""
    key = UnicodeAttribute(default="")
    """Distinguishes mails of one group."""
    reference = UnicodeAttribute()
    queued_at = InstantAttribute(attr_name="queuedAt")
    state = UnicodeAttribute(default=PENDING)
    claimed_at = InstantAttribute(attr_name="claimedAt", null=True)
    tries = IntegerAttribute(default=0)
    trace = UnicodeAttribute(null=True)
    """The span that it follows from (helpdesk/tracing.py)."""

    @property
    def about(self) -> Reference:
        found: Reference = json.loads(self.reference)
        return found

    def due_again(self, at: datetime) -> "QueuedEmail":
        """Return the same mail, to be tried again from `at` on."""
        again = queued(self.kind, self.about, group=self.group, key=self.key, at=at)
        again.queued_at = self.queued_at
        again.tries = self.tries + 1
        again.trace = self.trace
        return again


class UndeliveredEmail(Item):
    """A mail that failed, or may be lost, until a person has dealt with it."""

    class Meta(TableMeta):
        table_name = f"{settings.DYNAMODB_TABLE_PREFIX}tickets"

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    kind = UnicodeAttribute()
    group = UnicodeAttribute()
    key = UnicodeAttribute(default="")
    reference = UnicodeAttribute()
    queued_at = InstantAttribute(attr_name="queuedAt")
    at = InstantAttribute()
    result = UnicodeAttribute()
    problem_code = UnicodeAttribute(attr_name="problemCode", null=True)
    problem_detail = UnicodeAttribute(attr_name="problem", default="")

    @property
    def about(self) -> Reference:
        found: Reference = json.loads(self.reference)
        return found

    @property
    def problem(self) -> MailProblem | None:
        return problem_of(self.problem_code, self.problem_detail)


def queued(
    kind: str, reference: Reference, *, group: str, key: str = "", at: datetime
) -> QueuedEmail:
    """Return a mail that is due from `at` on, to be put into a transaction."""
    return QueuedEmail(
        shard_key(QUEUE, group),
        _sk(at, kind, group, key),
        kind=kind,
        group=group,
        key=key,
        reference=json.dumps(dict(reference)),
        queued_at=at,
        trace=tracing.here(),
    )


def due(now: datetime, *, limit: int) -> list[QueuedEmail]:
    """Return mails that are due, those of a kind and group side by side: one Query a shard.

    Mails that are being sent are left out, unless their worker has died; those do not count towards
    `limit`, so they do not delay others.
    """
    free = (QueuedEmail.state == PENDING) | (QueuedEmail.claimed_at <= now - LOST_AFTER)
    found: list[QueuedEmail] = []
    for key in shard_keys(QUEUE):
        found += QueuedEmail.query(
            key, QueuedEmail.sk < _sk(now, "~"), free, limit=limit, consistent_read=True
        )
    return sorted(found, key=lambda mail: (mail.kind, mail.group, mail.sk))


def longest_due_since(now: datetime) -> datetime | None:
    """Return from when on the longest waiting mail is due; None if none is. One Query a shard."""
    first = [
        mail
        for key in shard_keys(QUEUE)
        for mail in QueuedEmail.query(key, QueuedEmail.sk < _sk(now, "~"), limit=1)
    ]
    times = [InstantAttribute().deserialize(mail.sk.partition("#")[0]) for mail in first]
    return min(times, default=None)


def undelivered_of(
    mail: QueuedEmail, *, result: str, problem: MailProblem | None, at: datetime
) -> UndeliveredEmail:
    """Return the entry of `mail` in the list of undelivered mail, to be put into a transaction."""
    return UndeliveredEmail(
        *undelivered_key(mail.kind, mail.group, mail.key),
        kind=mail.kind,
        group=mail.group,
        key=mail.key,
        reference=mail.reference,
        queued_at=mail.queued_at,
        at=at,
        result=result,
        problem_code=problem.code if problem else None,
        problem_detail=problem.detail if problem else "",
    )


def undelivered_key(kind: str, group: str, key: str = "") -> tuple[str, str]:
    """Return the key of a mail in the list. A mail that fails again replaces its own entry."""
    return shard_key(UNDELIVERED, group), f"{kind}#{group}#{key}"


def undelivered(*, limit: int) -> list[UndeliveredEmail]:
    """Return mails that nobody has dealt with, oldest first. One Query a shard."""
    found: list[UndeliveredEmail] = []
    for key in shard_keys(UNDELIVERED):
        found += UndeliveredEmail.query(key, limit=limit, consistent_read=True)
    return sorted(found, key=lambda mail: mail.at)[:limit]


def find_undelivered(pk: str, sk: str) -> UndeliveredEmail | None:
    """Return one mail of the list, or None. One GetItem."""
    try:
        return UndeliveredEmail.get(pk, sk, consistent_read=True)
    except UndeliveredEmail.DoesNotExist:
        return None


def _sk(at: datetime, *name: str) -> str:
    return "#".join([InstantAttribute().serialize(at), *name])
