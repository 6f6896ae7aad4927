"""python manage.py sla_sweep"""

from typing import Any

from django.core.management.base import BaseCommand

from tickets.services.lifecycle.escalate import sweep


class Command(BaseCommand):
    help = "Run the escalation check now, as Celery beat does."

    def handle(self, *args: Any, **options: Any) -> None:
        found = sweep()
        self.stdout.write(f"due={found.due} fired={found.fired} conflicts={found.conflicts}")
