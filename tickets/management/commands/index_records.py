"""Bring lines and escalations of older releases into the indexes that the admin reads."""

from typing import Any

import click
from django.core.management.base import BaseCommand

from tickets.services.trail import index_records


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with click.progressbar(length=0, label="Lines and escalations") as bar:
            written = index_records(lambda: bar.update(1))
        click.echo(f"records={written}")
