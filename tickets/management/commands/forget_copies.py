"""Delete copies of people's words that earlier releases kept; run it once after the upgrade."""

from typing import Any

import click
from django.core.management.base import BaseCommand

from tickets.services.copies import forget_copies


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with click.progressbar(length=0, label="Items") as bar:
            forgotten = forget_copies(lambda: bar.update(1))
        click.echo(f"forgotten={forgotten}")
