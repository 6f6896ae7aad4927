"""python manage.py restore FOLDER"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.backup import Refused, engines_file, restore

NEXT = """\
Restored as of {begun_at}, {files} files. Now empty Redis, start the embedded DynamoDB, and run:
  migrate, create_tables, after_restore, rebuild_search, rebuild_reports,
  verify_tickets, verify_audit
Then start Helpdesk."""


class Command(BaseCommand):
    help = (
        "Restore a FOLDER that `backup` wrote to where nothing is yet, with everything stopped. "
        "See docs/backup.md."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--dynamodb",
            type=Path,
            default=engines_file(),
            metavar="FILE",
            help="where the embedded DynamoDB will look for its data (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = restore(options["folder"].resolve(), dynamodb=options["dynamodb"].resolve())
        except (Refused, OSError) as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(NEXT.format(begun_at=found.begun_at, files=found.files))
