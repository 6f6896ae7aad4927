"""python manage.py seed_demo [--tickets N]"""

from datetime import timedelta
from typing import Any

import click
from django.core.management.base import BaseCommand, CommandParser

from helpdesk.clock import this_second
from tickets.demo import generator, workspace
from tickets.services.delivery import outbox
from tickets.services.read import desk_is_empty

DAYS = 90


class Command(BaseCommand):
    help = "Create demo customers, vehicles and tickets of the last 90 days. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tickets", type=int, default=60, help="number of tickets (default 60)"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there are tickets already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted: int = options["tickets"]
        if options["if_empty"] and not desk_is_empty():
            self.stdout.write("There are tickets already. No demo data was created.")
            return
        workspace.furnish()
        now, size, made = this_second(), generator.cast_size(wanted), 0
        owners = generator.make_cast(size, since=now - timedelta(days=DAYS))
        with click.progressbar(owners, length=size, label="demo customers") as bar:
            cast = list(bar)
        with click.progressbar(length=wanted, label="demo tickets") as bar:
            for made_now in generator.generate(cast, tickets=wanted, days=DAYS, now=now):
                if made_now:
                    made += 1
                    bar.update(1)
                elif bar.length:
                    bar.length -= 1  # it took no time, and would distort the remaining time
        outbox.wake_worker()
        self.stdout.write(f"Created {made} demo tickets; {wanted - made} already existed.")
