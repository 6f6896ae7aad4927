"""python manage.py import_history FILE [--dry-run]"""

from pathlib import Path
from typing import Any

import click
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.services.maintenance.ticket_import import import_history


class Command(BaseCommand):
    help = (
        "Import tickets from another help desk (JSON Lines) with their original times. "
        "Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="check the file without importing anything"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"File not found: {path}.")
        with path.open("rb") as file:
            lines = sum(1 for _line in file)
        with click.progressbar(length=lines, label="events") as bar:
            summary = import_history(path, dry_run=options["dry_run"], each=bar.update)
        for refused in summary.refused:
            self.stderr.write(f"line {refused.line}: {refused.reason}")
        self.stdout.write(
            f"tickets={summary.tickets} events={summary.events} skipped={summary.skipped} "
            f"failed={len(summary.refused)}"
        )
        if summary.refused:
            raise SystemExit(1)
