"""python manage.py check_release: what an upgrade to this code will do, before it is done."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.release.report import Due, report


class Command(BaseCommand):
    help = (
        "Say what an upgrade to this release will do. Changes nothing. Exit code 0: nothing has "
        "to be done; 1: run the commands it names; 2: read first, something can disturb the "
        "release that is running."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        parts = report(os.environ)
        for part in parts:
            self.stdout.write(f"{part.title}: {'' if part.lines else 'nothing'}".rstrip())
            for line in part.lines:
                self.stdout.write(f"  {line}")
            if part.command and part.due is not Due.NOTHING:
                self.stdout.write(f"  -> {part.command}")
        if due := max(part.due for part in parts):
            sys.exit(int(due))
