"""python manage.py verify_audit [NUMBER:HASH …]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.audit.verify import Checked, verify


class Command(BaseCommand):
    help = (
        "Read the audit record from the first entry to the last and print where one is missing or "
        "was changed. The last line of output is the NUMBER:HASH of the last entry: note it "
        "elsewhere, and pass it the next time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("noted", nargs="*", metavar="NUMBER:HASH")

    def handle(self, *args: Any, **options: Any) -> None:
        noted = dict(map(_note, options["noted"]))
        checked, broken = Checked(), 0
        for one in verify(checked, noted=noted):
            broken += 1
            self.stdout.write(f"Entry {one.sequence} {one.why}")
        if broken:
            raise CommandError(f"The audit record is broken in {broken} places.")
        self.stdout.write(f"{checked.sequence} entries, nothing missing and nothing changed:")
        self.stdout.write(f"{checked.sequence}:{checked.hash}")


def _note(text: str) -> tuple[int, str]:
    number, _colon, found = text.partition(":")
    if not number.isdecimal() or not found:
        raise CommandError(f"{text} is not a number with a hash, such as 120:9f2c….")
    return int(number), found.lower()
