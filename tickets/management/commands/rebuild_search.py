"""python manage.py rebuild_search"""

from typing import Any

import click
from django.core.management.base import BaseCommand

from tickets.services.lists import search
from tickets.services.read import last_ticket_number


class Command(BaseCommand):
    help = "Delete the search index and rebuild it from the tickets."

    def handle(self, *args: Any, **options: Any) -> None:
        with click.progressbar(length=last_ticket_number(), label="tickets") as bar:
            done = search.rebuild(lambda count: bar.update(count - bar.pos))
        self.stdout.write(f"Indexed {done} tickets.")
