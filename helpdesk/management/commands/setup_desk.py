"""python manage.py setup_desk: prepare a desk to serve, in one process."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from helpdesk import parts
from helpdesk.accounts.demo import make_demo_accounts


class Command(BaseCommand):
    help = "Run migrations, create tables and, in development, demo accounts and data."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("create_tables", stdout=self.stdout)
        if settings.DEBUG:
            make_demo_accounts()
            call_command("seed_demo", if_empty=True, stdout=self.stdout)
        parts.ask_for_wanted()
