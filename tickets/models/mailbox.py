"""Mailboxes: the addresses to which customers write."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from helpdesk.mail.fields import AddressField
from helpdesk.secret_text import SecretField
from helpdesk.short_text import LineField
from tickets.domain.ticket import Category
from tickets.models.labels import choices

TLS_PORT = 993


LONGEST_NAME = 22
"""Characters before the @: with a ticket's number and a mac an envelope sender has the 64 that SMTP
allows, up to ten million tickets."""


def can_be_signed(address: str) -> None:
    """Raises ValidationError for an address to which no ticket's number can be added."""
    name = address.partition("@")[0]
    if "+" in name:
        raise ValidationError(
            _("Use the address without a plus sign. Helpdesk adds one with the ticket’s number.")
        )
    if len(name) > LONGEST_NAME:
        raise ValidationError(
            _("Use an address with at most %(most)s characters before the @."),
            params={"most": LONGEST_NAME},
        )


class Mailbox(Audited):
    """An address of the desk, how its mail is fetched, and the defaults of its tickets."""

    shown_texts = frozenset(
        {
            *("name", "address", "authentication_hosts"),
            *("imap_host", "imap_folder", "oauth_token_url"),
        }
    )

    class Login(models.TextChoices):
        PASSWORD = "password", _("Username and password")
        OAUTH2 = "oauth2", _("OAuth2 refresh token (Google, Microsoft 365)")

    name = models.SlugField(
        _("name"),
        max_length=40,
        unique=True,
        help_text=_("Short, such as support. Used by receive_mail and the webhook’s URL."),
    )
    address = AddressField(
        _("address"),
        unique=True,
        help_text=_("Customers write to it, and replies come from it: support@example.com."),
    )
    active = models.BooleanField(_("active"), default=True)
    sender_name = LineField(
        _("sender name"),
        max_length=80,
        blank=True,
        help_text=_("Your company’s name. Replies come from “Ada from …”."),
    )
    team = models.ForeignKey(
        Team,
        verbose_name=_("team"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text=_("New tickets go to this team. Blank means routing rules decide."),
    )
    category = models.CharField(
        _("category"), max_length=20, choices=choices(Category), default=Category.GENERAL.value
    )
    signature = models.TextField(_("signature"), blank=True, max_length=2_000)
    quotes = models.BooleanField(
        _("quote the customer’s message in replies"),
        default=False,
    )
    acknowledges = models.BooleanField(
        _("acknowledge new tickets"),
        default=False,
        help_text=_("Customers get one email that says their message was received."),
    )
    colleagues_reply = models.BooleanField(
        _("colleagues may reply by email"),
        default=False,
        help_text=_(
            "What a colleague writes to a ticket’s reply address goes to the customer. "
            "Otherwise it becomes an internal note."
        ),
    )
    authentication_hosts = models.CharField(
        _("mail servers that check senders"),
        max_length=500,
        blank=True,
        help_text=_(
            "Names in the Authentication-Results header of your own mail server, separated by "
            "spaces, such as mx.example.com. Blank means senders are not checked."
        ),
    )
    relays = models.CharField(
        _("mailing lists and relays"),
        max_length=500,
        blank=True,
        help_text=_(
            "Addresses of groups that forward to this mailbox and replace the sender, separated "
            "by spaces. Their original sender counts."
        ),
    )
    imap_host = models.CharField(
        _("IMAP server"),
        max_length=200,
        blank=True,
        help_text=_("Blank means mail is not fetched: it comes by receive_mail or the webhook."),
    )
    imap_port = models.PositiveIntegerField(
        _("port"), default=TLS_PORT, validators=[MinValueValidator(1), MaxValueValidator(65_535)]
    )
    imap_folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    imap_user = models.CharField(_("username"), max_length=200, blank=True)
    login = models.CharField(
        _("sign-in method"), max_length=10, choices=Login.choices, default=Login.PASSWORD
    )
    imap_secret = SecretField(
        _("password or refresh token"),
        blank=True,
        help_text=_("Stored encrypted, and never shown again. Blank keeps the present one."),
    )
    oauth_token_url = models.CharField(_("OAuth2 token URL"), max_length=300, blank=True)
    oauth_client_id = models.CharField(_("OAuth2 client ID"), max_length=200, blank=True)
    oauth_client_secret = SecretField(_("OAuth2 client secret"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return str(self.address or self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.authentication_hosts = " ".join(self.authentication_hosts.lower().split())
        self.relays = " ".join(self.relays.lower().split())
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        try:
            can_be_signed(self.address)
        except ValidationError as refused:
            raise ValidationError({"address": refused}) from refused

    @property
    def checks_senders(self) -> frozenset[str]:
        """The hosts whose Authentication-Results are trusted; empty: none."""
        return frozenset(self.authentication_hosts.split())


class BlockedSender(Audited):
    """An address whose mail becomes no ticket and waits for no decision: it has a list of its own,
    and is deleted after 30 days."""

    address = AddressField(_("address"), unique=True)
    blocked_at = models.DateTimeField(_("blocked at"), auto_now_add=True)
    blocked_by = LineField(_("blocked by"), max_length=120, blank=True)

    class Meta:
        ordering = ["address"]
        verbose_name = _("blocked sender")
        verbose_name_plural = _("blocked senders")

    def __str__(self) -> str:
        return str(self.address)
