"""python manage.py mailroom: fetch all mailboxes, until it is stopped."""

import signal
import sys
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.presenters.mailboxes import problem_words
from tickets.services.email.fetching.fetch import Taken
from tickets.services.email.fetching.imap import Unfetchable
from tickets.services.email.fetching.mailroom import Mailroom, fetch_once, mailboxes_to_fetch


class Command(BaseCommand):
    help = "Fetch the mail of every mailbox that has an IMAP server, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fetch what is new, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            sys.exit(self._once())
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Mailroom().run(stop)

    def _once(self) -> int:
        failed = 0
        for mailbox in mailboxes_to_fetch():
            try:
                self.stdout.write(f"{mailbox.name}: {fetch_once(mailbox)}")
            except Taken:
                self.stdout.write(f"{mailbox.name}: another process fetches it")
            except Unfetchable as error:
                failed = 1
                words = problem_words(error.problem, error.detail)
                self.stderr.write(f"{mailbox.name}: {words}")
        return failed
