"""python manage.py collectstatic: Django's, which refuses to leave out the stylesheet."""

from typing import Any

from django.contrib.staticfiles.management.commands.collectstatic import Command as DjangosCommand
from django.core.management.base import CommandError

from helpdesk import static_files


class Command(DjangosCommand):
    def handle(self, **options: Any) -> str | None:
        if not static_files.is_built():
            raise CommandError(f"The stylesheet is not built: {static_files.BUILD}")
        return super().handle(**options)
