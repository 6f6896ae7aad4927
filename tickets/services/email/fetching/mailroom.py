"""Watch every mailbox that has an IMAP server, so that a message becomes a ticket
within seconds."""

from dataclasses import dataclass, field
from threading import Event, Thread

import structlog
from django.db import close_old_connections, connections

from helpdesk.log_redaction import kind_of
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email.fetching.fetch import PAUSES, POLL, Fetcher, Taken
from tickets.services.email.fetching.imap import Unfetchable

log = structlog.get_logger(__name__)

LOOK = 15
"""Seconds between looks at which mailboxes there are, and how they are set up."""
LEAVE = 5
"""Seconds for which a watch may take to end; what it was at is repeated by the next one."""


@dataclass
class _Watch:
    """A thread that fetches one mailbox with the settings it started with."""

    setup: tuple[object, ...]
    thread: Thread
    stop: Event = field(default_factory=Event)


class Mailroom:
    """Watches the mailboxes of the desk, a thread for each."""

    def __init__(self) -> None:
        self._watches: dict[int, _Watch] = {}

    def run(self, stop: Event) -> None:
        """Watch until `stop`."""
        while not stop.is_set():
            try:
                self.look()
            except Exception as error:
                log.exception("mailboxes_not_read", reason=kind_of(error))
            stop.wait(LOOK)
        self.end()

    def look(self) -> None:
        """Watch new mailboxes, and stop those that were switched off or changed. One SQL query."""
        close_old_connections()
        setups = {mailbox.pk: _setup(mailbox) for mailbox in mailboxes_to_fetch()}
        for pk, watch in list(self._watches.items()):
            if setups.get(pk) != watch.setup:
                watch.stop.set()
                watch.thread.join(LEAVE)
            if not watch.thread.is_alive():
                del self._watches[pk]
        for pk, setup in setups.items():
            if pk not in self._watches:
                self._watches[pk] = _begin(pk, setup)

    def end(self) -> None:
        """Stop all threads, and wait for them for a short time."""
        for watch in self._watches.values():
            watch.stop.set()
        for watch in self._watches.values():
            watch.thread.join(LEAVE)


def mailboxes_to_fetch() -> list[Mailbox]:
    """Return the active mailboxes that have an IMAP server. One SQL query."""
    return list(Mailbox.objects.filter(active=True).exclude(imap_host=""))


def fetch_once(mailbox: Mailbox) -> int:
    """Fetch new messages of a mailbox, and return how many. A failure is stored for the admin.

    Raises Unfetchable, Taken.
    """
    fetcher = Fetcher(mailbox)
    try:
        return fetcher.once()
    except Unfetchable as problem:
        fetcher.failed(problem.problem, problem.detail)
        raise


def _begin(pk: int, setup: tuple[object, ...]) -> _Watch:
    stop = Event()
    thread = Thread(target=_watch, args=(pk, stop), name=f"mailbox-{pk}", daemon=True)
    watch = _Watch(setup, thread, stop)
    thread.start()
    return watch


def _setup(mailbox: Mailbox) -> tuple[object, ...]:
    """Return the settings that a connection depends on.

    A refresh token that is replaced while the connection lasts makes no difference to it.
    """
    password = "" if mailbox.login == Mailbox.Login.OAUTH2 else mailbox.imap_secret
    place = (mailbox.imap_host, mailbox.imap_port, mailbox.imap_folder)
    return (*place, mailbox.imap_user, mailbox.login, password, mailbox.name)


def _watch(pk: int, stop: Event) -> None:
    """Fetch one mailbox until `stop`. Failures are retried with growing pauses."""
    try:
        while not stop.is_set():
            close_old_connections()
            mailbox = Mailbox.objects.filter(pk=pk, active=True).exclude(imap_host="").first()
            if mailbox is None:
                return
            stop.wait(_watched(Fetcher(mailbox), stop))
    finally:
        connections.close_all()


def _watched(fetcher: Fetcher, stop: Event) -> float:
    """Watch until something fails; return the seconds to wait before the next try."""
    name = fetcher.mailbox.name
    try:
        try:
            fetcher.watch(stop)
        except Unfetchable as problem:
            log.warning("mailbox_unfetchable", mailbox=name, reason=problem.problem.value)
            return fetcher.failed(problem.problem, problem.detail)
        except Taken:
            log.info("mailbox_taken", mailbox=name)
        except Exception as error:
            log.exception("mailbox_not_fetched", mailbox=name, reason=kind_of(error))
            return fetcher.failed(Problem.HERE, kind_of(error))
    except Exception as error:  # not even that could be noted
        log.exception("mailbox_state_not_written", mailbox=name, reason=kind_of(error))
        return PAUSES[2]
    return POLL
