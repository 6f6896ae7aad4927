from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        mailbox = self.get_model("Mailbox")
        for changed in (post_save, post_delete):
            changed.connect(_mailboxes_changed, sender=mailbox, dispatch_uid="mailroom")


def _mailboxes_changed(using: str, **signal: Any) -> None:
    """Start or stop the mailroom of `make run` when mailboxes change."""
    from helpdesk import parts

    transaction.on_commit(parts.ask_for_wanted, using=using, robust=True)
