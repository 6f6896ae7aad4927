"""python manage.py backup FOLDER"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.backup import Refused, backup, engines_file


class Command(BaseCommand):
    help = (
        "Back up an installation on one machine, in use or not, to a new FOLDER: the embedded "
        "DynamoDB, the SQL database, attachments and emails. See docs/backup.md."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--dynamodb",
            type=Path,
            default=engines_file(),
            metavar="FILE",
            help="the file of the embedded DynamoDB (%(default)s)",
        )

        parser.add_argument(
            "--without-sql",
            action="store_true",
            help="PostgreSQL is dumped by pg_dump where it runs, after this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup(
                options["folder"].resolve(),
                dynamodb=options["dynamodb"].resolve(),
                sql=not options["without_sql"],
            )
        except (Refused, OSError) as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Has everything from before {made.begun_at}, {made.files} files.")
        self.stdout.write("SECRET_KEY and other settings are not in it: keep them apart.")
