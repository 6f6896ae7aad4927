"""python manage.py receive_mail [FILE … | -]: receive raw messages."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.services.email.incoming.receive import NoMailbox, receive

TEMPORARY_FAILURE = 75
"""EX_TEMPFAIL of sysexits.h: a mail server keeps the message and tries again."""


class Command(BaseCommand):
    help = (
        "Take raw e-mail messages, one a file or standard input, and print what became of each as "
        "a JSON object. Exit status 0: all are safely stored; 75: one is not, try again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", default=["-"], metavar="FILE")
        parser.add_argument("--mailbox", help="name of the mailbox; else as the headers say")
        parser.add_argument("--envelope-from", help="MAIL FROM of the envelope")
        parser.add_argument("--envelope-to", help="RCPT TO of the envelope")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for name in options["files"]:
            try:
                raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
                received = receive(
                    raw,
                    mailbox=options["mailbox"],
                    envelope_from=options["envelope_from"],
                    envelope_to=options["envelope_to"],
                )
            except NoMailbox:
                self.stderr.write("There is no mailbox. Add one in the admin.")
                failed = True
            except Exception as error:  # noqa: BLE001 (whatever it is, it is not stored)
                self.stderr.write(f"{name}: not stored ({type(error).__name__}: {error})")
                failed = True
            else:
                self.stdout.write(json.dumps(received.as_json()))
        if failed:
            sys.exit(TEMPORARY_FAILURE)
