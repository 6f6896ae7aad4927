"""Originals that a crash left between their file and their record.

A file is announced before it is stored, and no longer once it is recorded. What is still
announced a day later has lost its process.
"""

from datetime import datetime, timedelta

import structlog
from django.utils.translation import gettext as _

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Busy
from tickets.models import Mailbox
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store
from tickets.store.mail import InboundEmail, UnrecordedFile

log = structlog.get_logger(__name__)

LOST = timedelta(days=1)
BATCH = 100


def announce(mail: InboundEmail, *, now: datetime) -> None:
    """Say that a mail's file is about to be stored. One write. Raises Busy while the sweep removes
    the same file: the sender tries again."""
    announced = UnrecordedFile(
        store.file_pk(mail.sha256), mail=mail.pk, message_key=mail.message_key, at=now
    )
    store.set_file_keys(announced)
    try:
        with Transaction() as transaction:
            transaction.put(announced, UnrecordedFile.removing.does_not_exist())
    except ConditionFailed as failed:
        raise Busy(_("Someone else is updating this. Try again.")) from failed


def recorded(sha256: str) -> None:
    """Say that a record names the file. One write."""
    with Transaction() as transaction:
        transaction.delete(UnrecordedFile(store.file_pk(sha256)))


def sweep(*, now: datetime | None = None) -> int:
    """Remove files that no record names and that were announced a day ago; return how many.

    Cost: a query a shard; for each file three writes, and a read for each mailbox.
    """
    at = now or this_second()
    removed = 0
    for found in store.unrecorded_files(before=at - LOST, limit=BATCH):
        try:
            with Transaction() as transaction:
                transaction.update(
                    found,
                    [UnrecordedFile.removing.set(True)],
                    UnrecordedFile.at == found.at,
                )
        except ConditionFailed:
            continue  # the same message has come again, or was recorded
        sha256 = store.digest_of(found)
        if not _is_named(sha256, found):
            raw_messages.forget(sha256)
            log.info("unrecorded_original_removed", sha256=sha256[:12])
            removed += 1
        recorded(sha256)
    return removed


def _is_named(sha256: str, announced: UnrecordedFile) -> bool:
    """Return whether a record names a file: the same message may have come to any mailbox."""
    key = announced.message_key
    keys = [announced.mail, *(store.email_pk(one.name, key) for one in Mailbox.objects.all())]
    if first := store.first_of_same(key):
        keys.append(first)
    records = (store.email(pk) for pk in dict.fromkeys(keys))
    return any(one is not None and one.sha256 == sha256 for one in records)
