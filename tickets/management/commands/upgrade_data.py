"""python manage.py upgrade_data: bring data of earlier releases into the form of this one."""

from collections.abc import Callable
from typing import Any

import click
from django.core.management import call_command
from django.core.management.base import BaseCommand

from helpdesk.accounts.old_tables import drop_old_tables
from tickets.services.customer_records.old_copies import forget_copies
from tickets.services.maintenance.data_version import is_upgraded
from tickets.services.maintenance.for_figures import store_for_figures
from tickets.services.maintenance.last_messages import store_last_messages
from tickets.services.maintenance.log_index import index_records
from tickets.services.sla.segments import store_segments

_STEPS: tuple[tuple[str, Callable[[Callable[[], object]], int]], ...] = (
    # Before anybody changes policies: see store_segments.
    ("segments", store_segments),
    ("records", index_records),
    ("last messages", store_last_messages),
    ("for figures", store_for_figures),
    ("copies", forget_copies),
)
_COMMANDS = ("refresh_customers", "rebuild_search", "rebuild_reports")


class Command(BaseCommand):
    help = (
        "Migrate stored data to this release. Run once after an upgrade, while Helpdesk "
        "is running. Safe to repeat; a repeat continues where it stopped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, step in _STEPS:
            with click.progressbar(length=0, label=name) as bar:
                done = step(lambda bar=bar: bar.update(1))  # type: ignore[misc]
            self.stdout.write(f"{name}={done}")
        self.stdout.write(f"old tables={drop_old_tables()}")
        for command in _COMMANDS:
            call_command(command, stdout=self.stdout)
        is_upgraded()
