"""manage.py rebuild_reports: facts and rollups from the tickets alone."""

from typing import Any

import click
from django.core.management.base import BaseCommand

from reporting.services.rollups import rebuild
from tickets.services.read import last_ticket_number


class Command(BaseCommand):
    help = "Rebuild all report data from the tickets. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with click.progressbar(length=last_ticket_number(), label="tickets") as bar:
            done = rebuild(each=lambda number: bar.update(number - bar.pos))
        self.stdout.write(f"{done} tickets counted, days and months packed")
