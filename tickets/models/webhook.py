"""Webhooks: other systems that get events of tickets."""

from secrets import token_hex
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from helpdesk.audit.audited import Audited
from helpdesk.leases import Leased
from helpdesk.safe_http import AddressRefused, check_url
from helpdesk.short_text import LineField
from tickets.domain.webhooks import EVENTS


def _nonce() -> str:
    return token_hex(16)


def _host(url: str) -> str:
    """Return the host that a URL names. The rest may be a secret, its path too: chats do that."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Webhook(Audited, Leased):
    """A subscription: the URL, and the events sent to it. `answers` has the last responses, newest
    first."""

    shown_texts = frozenset({"name", "events"})
    shown_in_part = MappingProxyType({"url": _host})
    not_recorded = frozenset({"leased_until", "nonce", "answers"})

    name = LineField(_("name"), max_length=60, unique=True)
    url = models.CharField(
        _("URL"), max_length=500, help_text=_("Such as https://booking.example.com/tickets.")
    )
    events = models.JSONField(_("events"), default=list, blank=True)
    active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("If inactive, no events are sent or stored for this webhook."),
    )
    nonce = models.CharField(max_length=32, default=_nonce, editable=False)
    answers = models.JSONField(default=list, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            check_url(self.url, private=settings.WEBHOOKS_TO_PRIVATE_ADDRESSES)
        except AddressRefused as refused:
            raise ValidationError({"url": str(refused)}) from refused
        if unknown := set(self.events) - set(EVENTS):
            raise ValidationError({"events": ", ".join(sorted(map(str, unknown)))})

    @property
    def secret(self) -> str:
        """The key that signs its messages. It follows from SECRET_KEY, so it is stored nowhere."""
        return "whsec_" + salted_hmac("tickets.webhook", self.nonce, algorithm="sha256").hexdigest()

    def wants(self, event: Any) -> bool:
        return not self.events or event in self.events
