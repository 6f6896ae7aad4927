"""python manage.py import_mail PATH …: create tickets from a mailbox's past."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.errors import NotFound
from tickets.services.email.mailboxes import mailbox_named, mailboxes
from tickets.services.maintenance.mail_import import import_mail

EVERY = 1_000
"""Messages between lines where no one watches a bar."""


class Command(BaseCommand):
    help = (
        "Import the past of a mailbox (mbox file, maildir, folder of .eml files) as tickets with "
        "its own times. Give received and sent mail together: threads are put in order. Sends "
        "nothing. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--mailbox", help="name of the mailbox; else the first")
        parser.add_argument(
            "--close-after",
            type=int,
            metavar="DAYS",
            help="close tickets whose last message is older; otherwise they stay open",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"Not found: {path}.")
        try:
            known = mailboxes()
            mailbox = mailbox_named(options["mailbox"]) if options["mailbox"] else known[0]
        except (NotFound, IndexError) as unknown:
            raise CommandError(str(unknown) if options["mailbox"] else "No mailbox.") from unknown
        progress = _Bar() if sys.stdout.isatty() else _Lines(self)
        self.stdout.write("Counting messages …")
        self.stdout.flush()
        days: int | None = options["close_after"]
        summary = import_mail(
            options["paths"],
            mailbox=mailbox,
            close_after=None if days is None else timedelta(days=days),
            look=progress.look,
            start=progress.start,
            each=progress.step,
        )
        progress.end()
        for place, reason in summary.refused:
            self.stderr.write(f"{place}: {reason}")
        self.stdout.write(
            f"tickets={summary.tickets} messages={summary.messages} skipped={summary.skipped} "
            f"failed={len(summary.refused)}"
        )
        if summary.refused:
            raise SystemExit(1)


class _Bar:
    """A progress bar for a terminal."""

    def look(self, count: int) -> None:
        self._begin(count, "read")

    def start(self, count: int) -> None:
        self.end()
        self._begin(count, "messages")

    def _begin(self, count: int, label: str) -> None:
        self._bar = click.progressbar(length=count, label=label)
        self._bar.__enter__()

    def step(self) -> None:
        self._bar.update(1)

    def end(self) -> None:
        self._bar.__exit__(None, None, None)


class _Lines:
    """Progress lines for a log."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._begin(0, "")

    def look(self, count: int) -> None:
        self._begin(count, "read")

    def start(self, count: int) -> None:
        self._begin(count, "messages")

    def _begin(self, count: int, what: str) -> None:
        self._count, self._done, self._what = count, 0, what

    def step(self) -> None:
        self._done += 1
        if self._done % EVERY == 0:
            self._command.stdout.write(f"{self._done} of {self._count} {self._what}")
            self._command.stdout.flush()

    def end(self) -> None:
        pass
