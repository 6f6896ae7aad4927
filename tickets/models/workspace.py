"""What representatives set up for their daily work, and long-running jobs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from helpdesk.jobs import Job
from helpdesk.short_text import LineField


class SavedView(Audited):
    """Filters under a name, for one user or for a team."""

    name = LineField(_("name"), max_length=60)
    query = models.CharField(
        _("filters"),
        max_length=1_000,
        help_text=_("The part of a ticket list’s address after “?”."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saved_views",
        verbose_name=_("owner"),
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_views",
        verbose_name=_("team"),
        help_text=_("Blank means only the owner can see it."),
    )
    everyone = models.BooleanField(
        _("for everyone"),
        default=False,
        db_default=False,
        help_text=_("Everybody who works on tickets sees it; supervisors share it."),
    )

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")

    def __str__(self) -> str:
        return self.name


class CannedReply(Audited):
    """A predefined text."""

    class Audience(models.TextChoices):
        CUSTOMER = "customer", _("customers")
        THIRD_PARTY = "third-party", _("third parties")

    shown_texts = frozenset({"name"})

    name = LineField(_("name"), max_length=60, unique=True)
    text = models.TextField(
        _("text"),
        max_length=10_000,
        help_text=_(
            "Markdown. Placeholders: {customer}, {first_name}, {ticket}, {subject}, "
            "{vehicle}, {vin}, {me}."
        ),
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("team"),
        help_text=_("Blank means available to everyone."),
    )
    audience = models.CharField(
        _("written to"),
        max_length=20,
        choices=Audience,
        default=Audience.CUSTOMER,
        db_default=Audience.CUSTOMER,
        help_text=_("Texts for third parties (carrier, broker, port) are offered when forwarding."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")

    def __str__(self) -> str:
        return self.name


class Bulk(Job):
    """One change to many tickets."""

    IN_WORDS = frozenset({"tag", "escalate"})
    """Actions whose value is a person's text: stored until the job is done, and shown nowhere."""

    action = models.CharField(_("action"), max_length=20)
    value = models.CharField(_("value"), max_length=200, blank=True)
    ticket_ids = models.JSONField(_("tickets"))
    filters = models.JSONField(_("filters"), default=dict, db_default={})
    """The list that all tickets were taken of; empty: each was chosen by itself."""
    results = models.JSONField(_("results"), default=list)
    key = models.CharField(max_length=80, unique=True, null=True, blank=True, editable=False)
    """A request with the same key as an earlier one gets the earlier job."""

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")

    def __str__(self) -> str:
        return (
            self.action if self.action in self.IN_WORDS else f"{self.action} {self.value}".strip()
        )


class CustomerJob(Job):
    """A merge or an erasure of a customer, with all their tickets."""

    class Kind(models.TextChoices):
        MERGE = "merge", _("merge")
        ERASE = "erase", _("erase")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    customer_id = models.CharField(_("customer"), max_length=40)
    into_id = models.CharField(_("into"), max_length=40, blank=True)
    vehicles = models.PositiveIntegerField(_("vehicles"), default=0)
    tickets = models.PositiveIntegerField(_("tickets"), default=0)
    place = models.CharField(max_length=80, blank=True, editable=False)
    looked_again = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("customer job")
        verbose_name_plural = _("customer jobs")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.customer_id}"
