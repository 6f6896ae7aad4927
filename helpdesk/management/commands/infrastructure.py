"""python manage.py infrastructure cloudformation|terraform: what to make in AWS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from helpdesk.infrastructure import cloudformation, terraform

FORMS = {"cloudformation": cloudformation.template, "terraform": terraform.module}


class Command(BaseCommand):
    help = "Print tables, bucket, alarms and rights for AWS; see docs/infrastructure.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("form", choices=[*FORMS])

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(FORMS[options["form"]](), ending="")
