"""python manage.py verify_tickets [TICKET_ID …]"""

from typing import Any

import click
from django.core.management.base import BaseCommand, CommandParser

from tickets.services.maintenance.verify import verify
from tickets.services.read import last_ticket_number


class Command(BaseCommand):
    help = "Replay each ticket's log and compare the result with the ticket and its derived data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ticket_ids", nargs="*", metavar="TICKET_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen: list[str] = options["ticket_ids"]
        seen = 0
        with click.progressbar(length=len(chosen) or last_ticket_number(), label="tickets") as bar:

            def one_more() -> None:
                nonlocal seen
                seen += 1
                bar.update(1)

            left_out: list[str] = []
            drifts = list(verify(chosen, each=one_more, not_compared=left_out.append))
        for drift in drifts:
            self.stdout.write(f"{drift.ticket_id}: {drift.what}")
        for what in left_out:
            self.stdout.write(what)
        self.stdout.write(f"tickets={seen} drifts={len(drifts)}")
        if drifts:
            raise SystemExit(1)
