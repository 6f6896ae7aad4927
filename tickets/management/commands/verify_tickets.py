"""python manage.py verify_tickets [TICKET_ID …]"""

from typing import Any

import click
from django.core.management.base import BaseCommand, CommandParser

from tickets.services.outbox import oldest_at
from tickets.services.read import last_ticket_number
from tickets.services.verify import verify


class Command(BaseCommand):
    help = "Replay each ticket's log; compare it with the ticket and all that is derived from it."

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

            drifts = list(verify(chosen, each=one_more))
        for drift in drifts:
            self.stdout.write(f"{drift.ticket_id}: {drift.what}")
        if oldest_at():
            self.stdout.write("Figures are catching up and were not compared: run this again.")
        self.stdout.write(f"tickets={seen} drifts={len(drifts)}")
        if drifts:
            raise SystemExit(1)
