"""Fetch a mailbox: each message of its folder once, whatever people do in webmail.

How far it was read is a cursor of UIDVALIDITY and UID: it moves when a message is recorded, and not
before. One fetcher has a mailbox at a time, by a lease on that cursor; a second one that thinks it
has it too can do no harm, since a message is recorded under its content.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Event

import structlog

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action, Condition, ConditionFailed, Contended, Transaction
from helpdesk.log_redaction import kind_of
from tickets.models import Mailbox
from tickets.services.email.imap import Folder, Unfetchable, opened
from tickets.services.email.process import process
from tickets.services.email.receive import record
from tickets.store import mail as store
from tickets.store.mail import MailboxState

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
WAIT = 45
"""Seconds for which a fetcher waits for something new before it renews its lease."""
POLL = 20
"""Seconds between looks at a server that does not announce new mail."""
PAUSES = (5, 10, 30, 60, 120, 300)
"""Seconds before the next try, by the number of failures in a row; then the last one."""


class Taken(Exception):
    """Another fetcher has the mailbox."""


class Fetcher:
    """One process's hold on one mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.me = token_hex(8)

    def watch(self, stop: Event) -> None:
        """Fetch what is new, wait, and fetch again, until `stop`. Raises Unfetchable, Taken."""
        self.take()
        try:
            with opened(self.mailbox) as folder:
                while not stop.is_set():
                    self.fetch(folder)
                    if folder.announces:
                        folder.wait(WAIT)
                    else:
                        stop.wait(POLL)
                    self.take()
        finally:
            self.release()

    def once(self, *, now: datetime | None = None) -> int:
        """Fetch what is new and return how many messages; raises Unfetchable, Taken."""
        self.take(now=now)
        try:
            with opened(self.mailbox) as folder:
                return self.fetch(folder, now=now)
        finally:
            self.release()

    def fetch(self, folder: Folder, *, now: datetime | None = None) -> int:
        """Record each new message of a folder, and process it; return how many there were.

        The first time nothing is taken: what a mailbox holds then is its past. Where the server has
        numbered its messages anew, those since that first time are looked at again, and what was
        recorded is known by its content.
        """
        at = now or this_second()
        state = store.mailbox_state(self.mailbox.name) or MailboxState(
            store.mailbox_pk(self.mailbox.name)
        )
        if state.uid_validity is None:
            self._move(folder, folder.next_uid - 1, at, begun_at=at)
            return 0
        after, since = state.last_uid or 0, None
        if state.uid_validity != folder.uid_validity:
            after, since = 0, state.begun_at
        found = 0
        for message in folder.read(folder.uids(after=after, since=since)):
            if since is None or message.received_at >= since:
                self._take_message(message.raw, message.received_at, at)
                found += 1
            self._move(folder, message.uid, at)
        self._move(folder, None, at)
        return found

    def take(self, *, now: datetime | None = None) -> None:
        """Take or renew the lease. Raises Taken."""
        at = now or this_second()
        free = (
            MailboxState.leased_until.does_not_exist()
            | (MailboxState.leased_until < at)
            | (MailboxState.leased_by == self.me)
        )
        lease: list[Action] = [
            MailboxState.leased_by.set(self.me),
            MailboxState.leased_until.set(at + LEASE),
        ]
        try:
            self._write(lease, free)
        except (ConditionFailed, Contended) as error:
            raise Taken from error

    def release(self) -> None:
        """Let others have the mailbox; a lease that is lost already stays as it is."""
        with suppress(ConditionFailed, Contended):
            self._write(
                [MailboxState.leased_by.remove(), MailboxState.leased_until.remove()],
                MailboxState.leased_by == self.me,
            )

    def failed(self, problem: Unfetchable, *, now: datetime | None = None) -> int:
        """Note a failure where the admin and the metrics show it; return the seconds to wait."""
        state = store.mailbox_state(self.mailbox.name)
        failures = (state.failures if state else 0) + 1
        with suppress(ConditionFailed, Contended):
            self._write(
                [
                    MailboxState.problem.set(str(problem)),
                    MailboxState.failures.set(failures),
                    MailboxState.failed_at.set(now or this_second()),
                ]
            )
        return PAUSES[min(failures, len(PAUSES)) - 1]

    def _take_message(self, raw: bytes, received_at: datetime, at: datetime) -> None:
        """Record a message, and process it; what fails then is for the sweep."""
        mail, _new = record(raw, mailbox=self.mailbox.name, received_at=received_at, now=None)
        try:
            process(mail.pk)
        except Exception as error:
            log.exception("mail_not_processed", reason=kind_of(error))

    def _move(
        self, folder: Folder, uid: int | None, at: datetime, *, begun_at: datetime | None = None
    ) -> None:
        """Move the cursor, note that all is well, and keep the lease. Raises Taken."""
        actions: list[Action] = [
            MailboxState.uid_validity.set(folder.uid_validity),
            MailboxState.fetched_at.set(max(at, this_second())),
            MailboxState.leased_until.set(max(at, this_second()) + LEASE),
            MailboxState.failures.set(0),
            MailboxState.problem.remove(),
        ]
        if uid is not None:
            actions.append(MailboxState.last_uid.set(uid))
        if begun_at:
            actions.append(MailboxState.begun_at.set(begun_at))
        try:
            self._write(actions, MailboxState.leased_by == self.me)
        except (ConditionFailed, Contended) as error:
            raise Taken from error

    def _write(self, actions: list[Action], condition: Condition | None = None) -> None:
        state = MailboxState(store.mailbox_pk(self.mailbox.name))
        with Transaction() as transaction:
            transaction.update(state, actions, condition)


def try_connection(mailbox: Mailbox) -> int:
    """Return how many messages the folder of a mailbox holds. Raises Unfetchable."""
    with opened(mailbox) as folder:
        return folder.messages
