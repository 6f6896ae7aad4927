"""Sessions, recovery codes, and who somebody is at the identity provider."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.secret_text import SecretField

USER = "accounts.User"


class Identity(models.Model):
    """The account of a user at the identity provider. It is found by issuer and subject alone."""

    user = models.OneToOneField(
        USER, models.CASCADE, related_name="identity", verbose_name=_("person")
    )
    issuer = models.CharField(_("issuer"), max_length=255)
    subject = models.CharField(_("subject"), max_length=255)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    """When the provider last said that the account is good."""
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)
    """When it refused the account, if that was its last word."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_identity_one_user")
        ]
        verbose_name = _("account at the identity provider")
        verbose_name_plural = _("accounts at the identity provider")

    def __str__(self) -> str:
        return self.subject


class UserSession(models.Model):
    """A browser in which a user is signed in.

    The session behind the cookie names this row; without it, or once it has ended, the browser is
    signed out. Tokens of the identity provider are encrypted, and removed when the session ends.
    """

    user = models.ForeignKey(USER, models.CASCADE, related_name="sessions")
    role = models.CharField(max_length=20, blank=True)
    """What the user was when they signed in: a session ends with the role."""
    browser = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    active_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    has_second_factor = models.BooleanField(default=False)
    """Known to have a second factor: asked once a session where one is required."""

    identity = models.ForeignKey(Identity, models.CASCADE, null=True, related_name="sessions")
    provider_session = models.CharField(max_length=255, blank=True)
    access_token = SecretField(blank=True, default="")
    refresh_token = SecretField(blank=True, default="")
    id_token = SecretField(blank=True, default="")
    checked_at = models.DateTimeField(null=True)
    """When the provider last confirmed the account."""
    check_from = models.DateTimeField(null=True)
    """From when on a request may ask the provider again: one at a time."""

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="sessions_of_a_user")]

    def __str__(self) -> str:
        return f"{self.user_id}, {self.browser}"


class RecoveryCode(models.Model):
    """Takes the place of an authentication code once. Only a hash is stored."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"
