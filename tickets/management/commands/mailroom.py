"""python manage.py mailroom: fetch the mailboxes, until it is stopped."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from helpdesk.log_redaction import kind_of
from tickets.models import Mailbox
from tickets.services.email.fetch import POLL, Fetcher, Taken
from tickets.services.email.imap import Unfetchable

log = structlog.get_logger(__name__)

LOOK = 15
"""Seconds between looks at which mailboxes there are."""


class Command(BaseCommand):
    help = "Fetch the mail of every mailbox that has an IMAP server, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fetch what is new, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            for mailbox in _to_fetch():
                count = Fetcher(mailbox).once()
                self.stdout.write(f"{mailbox.name}: {count}")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        watching: dict[int, threading.Thread] = {}
        while not stop.is_set():
            for mailbox in _to_fetch():
                thread = watching.get(mailbox.pk)
                if thread is None or not thread.is_alive():
                    thread = threading.Thread(target=_watch, args=(mailbox.pk, stop), daemon=True)
                    watching[mailbox.pk] = thread
                    thread.start()
            stop.wait(LOOK)
        for thread in watching.values():
            thread.join(timeout=5)


def _to_fetch() -> list[Mailbox]:
    close_old_connections()
    return list(Mailbox.objects.filter(active=True).exclude(imap_host=""))


def _watch(pk: int, stop: threading.Event) -> None:
    """Fetch one mailbox until it is switched off; what fails is tried again with growing pauses."""
    while not stop.is_set():
        close_old_connections()
        mailbox = Mailbox.objects.filter(pk=pk, active=True).exclude(imap_host="").first()
        if mailbox is None:
            return
        fetcher = Fetcher(mailbox)
        pause: float = POLL
        try:
            fetcher.watch(stop)
        except Taken:
            log.info("mailbox_taken", mailbox=mailbox.name)
        except Unfetchable as problem:
            log.warning("mailbox_unfetchable", mailbox=mailbox.name, reason=kind_of(problem))
            pause = fetcher.failed(problem)
        except Exception as error:
            log.exception("mailbox_not_fetched", mailbox=mailbox.name, reason=kind_of(error))
        stop.wait(pause)
