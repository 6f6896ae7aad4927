"""Fetch a mailbox: each message of its folder once, whatever people do in webmail.

The position is a cursor of UIDVALIDITY and UID, which moves after a message is recorded, and not
before. One fetcher has a mailbox at a time, by a lease on that cursor. A second one that wrongly
believes to have it does no harm, since a message is recorded under a hash of its content.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Event
from typing import Any

import structlog

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action, Condition, ConditionFailed, Contended, Transaction
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email.fetching.imap import Folder, RawMessage, opened
from tickets.services.email.incoming.process import try_to_process
from tickets.services.email.incoming.receive import record
from tickets.store import mail as store
from tickets.store.mail import MailboxState

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
WAIT = 45
"""Seconds for which a fetcher waits for something new before it renews its lease."""
FIRST_WAIT = 3
"""The first time it waits as long: some servers say nothing of what arrived just before."""
POLL = 20
"""Seconds between looks at a server that does not announce new mail."""
PAUSES = (5, 10, 30, 60, 120, 300)
"""Seconds before the next try, by the number of failures in a row; then the last one."""
TRIES = 3
"""Failures in a row at one message, after which it is left out, so that it holds up no other."""
MOST_LEFT_OUT = 20
"""With more than these it is the server that fails."""
AGAIN = timedelta(hours=1)
"""What was left out is tried again this often."""


class Taken(Exception):
    """Another fetcher has the mailbox."""


class Fetcher:
    """One process's lease on one mailbox, and what it does with it."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.me = token_hex(8)
        self._reading: int | None = None
        """The message that it is at."""

    def watch(self, stop: Event) -> None:
        """Fetch what is new, wait, and fetch again, until `stop`. Raises Unfetchable, Taken."""
        self.take()
        try:
            with opened(self.mailbox) as folder:
                pause = FIRST_WAIT
                while not stop.is_set():
                    if self.fetch(folder, stop=stop):
                        pause = FIRST_WAIT
                    elif folder.announces:
                        folder.wait(pause, stop)
                        pause = WAIT
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

    def fetch(
        self, folder: Folder, *, stop: Event | None = None, now: datetime | None = None
    ) -> int:
        """Record and process each new message of a folder; return how many there were.

        The first fetch takes nothing: what a mailbox holds then is its past. If the server has
        numbered its messages anew, those since the first fetch are read again, and recorded ones
        are recognised by their content. Raises Unfetchable, Taken.
        """
        at = now or this_second()
        state = self._state()
        if state.uid_validity is None:
            begin = [MailboxState.begun_at.set(at), *_cursor(folder.next_uid - 1)]
            self._move(folder, at, begin)
            return 0
        if self._is_another(folder, state):
            self._begin_again(folder, state, at)
        folder.refresh()
        last, left_out = state.last_uid or 0, [int(uid) for uid in state.left_out]
        found = 0
        for uid in self._new(folder, state, at):
            if stop and stop.is_set():
                return found
            self._reading = uid
            message = folder.read(uid)
            is_past = uid <= (state.past_until or 0) and (
                message is not None and message.received_at < (state.begun_at or at)
            )
            if message is not None and not is_past:
                self._take_message(message)
                found += 1
            last, left_out = max(last, uid), [one for one in left_out if one != uid]
            self._move(folder, at, [*_cursor(last), MailboxState.left_out.set(left_out)])
        self._reading = None
        self._move(folder, at, _cursor(max(last, state.past_until or 0)))
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
        """Release the lease; a lease that is lost already stays as it is."""
        with suppress(ConditionFailed, Contended):
            self._write(
                [MailboxState.leased_by.remove(), MailboxState.leased_until.remove()],
                MailboxState.leased_by == self.me,
            )

    def failed(self, problem: Problem, detail: str = "", *, now: datetime | None = None) -> int:
        """Store a failure for the admin and the metrics; return the seconds to wait.

        A message on which it failed several times is skipped for a while.
        """
        at = now or this_second()
        state = self._state()
        failures = state.failures + 1
        actions: list[Action] = [
            MailboxState.problem.set(problem.value),
            MailboxState.problem_detail.set(detail),
            MailboxState.failures.set(failures),
            MailboxState.failed_at.set(at),
        ]
        if self._reading is None:
            actions.append(MailboxState.problem_uid.remove())
        else:
            actions.append(MailboxState.problem_uid.set(self._reading))
            actions += self._left_out(state, self._reading, failures, at)
        with suppress(ConditionFailed, Contended):
            self._write(actions)
        return PAUSES[min(failures, len(PAUSES)) - 1]

    def _left_out(self, state: MailboxState, uid: int, failures: int, at: datetime) -> list[Action]:
        known = [int(one) for one in state.left_out]
        if uid in known:
            return [MailboxState.left_out_at.set(at)]
        again = state.problem_uid == uid and failures >= TRIES
        if not again or len(known) >= MOST_LEFT_OUT:
            return []
        log.warning("message_left_out", mailbox=self.mailbox.name, uid=uid)
        return [MailboxState.left_out.set([*known, uid]), MailboxState.left_out_at.set(at)]

    def _new(self, folder: Folder, state: MailboxState, at: datetime) -> list[int]:
        """Yield the messages after the cursor, and skipped ones whose time has come."""
        last, past = state.last_uid or 0, state.past_until or 0
        left_out = [int(uid) for uid in state.left_out]
        found = []
        if last < past:
            found = folder.uids(after=last, up_to=past, since=state.begun_at)
        found += folder.uids(after=max(last, past))
        again = left_out if state.left_out_at and at - state.left_out_at >= AGAIN else []
        return [uid for uid in found if uid not in left_out] + again

    def _is_another(self, folder: Folder, state: MailboxState) -> bool:
        """Return whether the cursor belongs to another folder, or its messages have new numbers."""
        known, server = state.folder or self._folder, state.server or self._server
        return (folder.uid_validity, self._folder, self._server) != (
            state.uid_validity, known, server,
        )  # fmt: skip

    def _begin_again(self, folder: Folder, state: MailboxState, at: datetime) -> None:
        """Start again at a folder's first message.

        Messages that came to the same folder since the mailbox was first opened are new; in another
        folder or account, messages since the last fetch. All others are its past.
        """
        state.uid_validity, state.last_uid, state.left_out = folder.uid_validity, 0, []
        state.past_until = folder.next_uid - 1
        if state.folder and state.folder != self._folder:
            state.begun_at = state.fetched_at or at
        again = [
            *_cursor(0),
            MailboxState.past_until.set(state.past_until),
            MailboxState.left_out.set([]),
            MailboxState.begun_at.set(state.begun_at or at),
        ]
        self._move(folder, at, again)

    def _take_message(self, message: RawMessage) -> None:
        """Record and process a message. Failures after that are retried by the sweep."""
        mail, _new = record(
            message.raw,
            size=message.size,
            mailbox=self.mailbox.name,
            received_at=message.received_at,
        )
        try_to_process(mail)

    def _move(self, folder: Folder, at: datetime, actions: list[Any]) -> None:
        """Move the cursor, record the success, and renew the lease. Raises Taken."""
        at = max(at, this_second())
        well: list[Action] = [
            MailboxState.uid_validity.set(folder.uid_validity),
            MailboxState.folder.set(self._folder),
            MailboxState.server.set(self._server),
            MailboxState.fetched_at.set(at),
            MailboxState.leased_until.set(at + LEASE),
            MailboxState.failures.set(0),
            MailboxState.problem.remove(),
            MailboxState.problem_detail.remove(),
            MailboxState.problem_uid.remove(),
        ]
        try:
            self._write([*actions, *well], MailboxState.leased_by == self.me)
        except (ConditionFailed, Contended) as error:
            raise Taken from error

    def _state(self) -> MailboxState:
        known = store.mailbox_state(self.mailbox.name)
        return known or MailboxState(store.mailbox_pk(self.mailbox.name))

    @property
    def _folder(self) -> str:
        return f"{self.mailbox.imap_user}/{self.mailbox.imap_folder}"

    @property
    def _server(self) -> str:
        return f"{self.mailbox.imap_host}:{self.mailbox.imap_port}"

    def _write(self, actions: list[Action], condition: Condition | None = None) -> None:
        state = MailboxState(store.mailbox_pk(self.mailbox.name))
        with Transaction() as transaction:
            transaction.update(state, actions, condition)


def try_connection(mailbox: Mailbox) -> int:
    """Return how many messages the folder of a mailbox holds. Raises Unfetchable."""
    with opened(mailbox) as folder:
        return folder.messages


def _cursor(uid: int) -> list[Action]:
    return [MailboxState.last_uid.set(uid)]
