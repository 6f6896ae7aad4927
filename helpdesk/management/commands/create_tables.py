"""python manage.py create_tables"""

from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.dynamo.table import create_missing_tables


class Command(BaseCommand):
    help = "Create missing DynamoDB tables and indexes. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, made in create_missing_tables():
            self.stdout.write(f"{name}: {'created' if made else 'exists'}")
