"""python manage.py after_restore [--skip NUMBERS]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.audit.deliver import deliver_again
from tickets.services.maintenance.after_restore import raise_numbers

SKIPPED = 1_000


class Command(BaseCommand):
    help = (
        "Run once after a restore, before rebuild_search and before anybody works: skips ticket "
        "numbers that may have been given after the backup, and queues what the audit record lacks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--skip",
            type=int,
            default=SKIPPED,
            help="more than the tickets that were created after the backup (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["skip"] < 1:
            raise CommandError("Skip at least 1.")
        before, now = raise_numbers(skip=options["skip"])
        self.stdout.write(f"The last ticket number was {before}. The next will be {now + 1}.")
        self.stdout.write(f"{deliver_again()} audit entries are recorded again where missing.")
