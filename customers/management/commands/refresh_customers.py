"""Bring customers and vehicles that older releases wrote into the form of this one."""

from typing import Any

import click
from django.core.management.base import BaseCommand
from django.urls import reverse

from customers.services.refresh import Unclear, refresh_customers


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with click.progressbar(length=0, label="Customers and vehicles") as bar:
            done = refresh_customers(lambda: bar.update(1))
        for one in done.unclear:
            self.stdout.write(_line(one))
        self.stdout.write(
            f"customers={done.customers} vehicles={done.vehicles} unclear={len(done.unclear)}"
        )


def _line(one: Unclear) -> str:
    """Return a line that names records by their URLs only, since the output may end in a log."""
    if one.contended:
        page = reverse("customer_detail", args=[one.customer_id])
        return (
            f"Customer {one.customer_id} or a vehicle of theirs was changed each time it was to be "
            f"written. See {page} and run this command again."
        )
    if one.held_by is None:
        page = reverse("customer_edit", args=[one.customer_id])
        return f"Invalid email address on customer {one.customer_id}. Correct it: {page}"
    page = reverse("customer_merge", args=[one.customer_id])
    return (
        f"{one.customer_id} and {one.held_by} have the same mailbox. "
        f"Merge them: {page}?with={one.held_by}"
    )
