"""Users, teams and API tokens. Users are deactivated, never deleted, since tickets and logs name
them.
"""

import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts import events
from helpdesk.audit.audited import Audited, membership_recorder
from helpdesk.mail.fields import AddressField
from helpdesk.short_text import LineField

REPRESENTATIVES = "Representatives"
SUPERVISORS = "Supervisors"


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Enter a time zone such as Europe/Rome or America/New_York."))


def refused_there(of: str = "") -> models.Q:
    """Return the condition that the identity provider's last word on an account was a refusal.

    `of` leads to the account, as in "user__". Another provider's word does not count.
    """
    return models.Q(
        (f"{of}identity__issuer", settings.OIDC_ISSUER),
        (f"{of}identity__refused_at__isnull", False),
    )


class Users(models.QuerySet["User"]):
    def update(self, **changes: Any) -> int:
        """Update as Django does; revoke tokens and sessions of accounts that this deactivates."""
        if changes.keys().isdisjoint(("password", "is_active")):
            return super().update(**changes)
        with transaction.atomic():
            before = list(self.order_by().values("pk", "password", "is_active"))
            changed = super().update(**changes)
            _end_what_rested_on(before)
        return changed


def languages() -> list[tuple[str, str]]:
    """Return the languages of the desk. A function, so that a new one needs no migration."""
    return settings.LANGUAGES


class EverybodyManager(UserManager["User"]):
    use_in_migrations = False

    def get_queryset(self) -> Users:
        return Users(self.model, using=self._db)

    def with_roles(self, user_id: int) -> "User | None":
        """Return a user with whether they are in the groups of their roles: `actor_of` then reads
        nothing.

        Each request asks this, so the statement is written out: to have Django build it costs
        more than to run it.
        """
        found = self.raw(_WITH_ROLES, [REPRESENTATIVES, SUPERVISORS, user_id])
        return next(iter(found), None)


_IN_GROUP = """EXISTS(
    SELECT 1 FROM accounts_user_groups AS member JOIN auth_group ON auth_group.id = member.group_id
    WHERE member.user_id = person.id AND auth_group.name = %s)"""
_WITH_ROLES = f"""
    SELECT person.*, {_IN_GROUP} AS in_representatives, {_IN_GROUP} AS in_supervisors
    FROM accounts_user AS person WHERE person.id = %s"""  # noqa: S608 (nothing of a request)


class User(AbstractUser, Audited):
    """A user of the desk, or a name that an imported history mentions."""

    not_recorded = frozenset(
        {"last_login", "date_joined", "session_stamp", "password", "list_settings"}
    )

    first_name = LineField(_("first name"), max_length=150, blank=True)
    last_name = LineField(_("last name"), max_length=150, blank=True)
    email = AddressField(_("email address"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        choices=languages,
        default="",
        db_default="",
        help_text=_("Blank uses the language of your browser, and English in emails."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Times are shown in this time zone. Blank uses the default."),
    )
    twelve_hours = models.BooleanField(
        _("12-hour clock"), default=False, help_text=_("2:05 pm instead of 14:05.")
    )
    weekly_report = models.BooleanField(
        _("weekly report by email"),
        default=False,
        help_text=_("Supervisors receive it on Mondays."),
    )
    capacity = models.PositiveIntegerField(
        _("capacity"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Automatic assignment stops at this number of active tickets. Blank means no limit."
        ),
    )
    is_demo = models.BooleanField(
        _("demo account"),
        default=False,
        editable=False,
        help_text=_(
            "Has a published password. Helpdesk doesn’t start in production while such an "
            "account is active."
        ),
    )

    list_settings = models.JSONField(default=dict, db_default={}, editable=False)
    """How they see lists of tickets; read with the user, so that no page costs a query more."""

    session_stamp = models.CharField(max_length=24, default="", db_default="", editable=False)
    """Part of what a session is held against: another one ends all sessions."""

    _same_password = False

    objects = EverybodyManager()  # type: ignore[misc]

    @property
    def mail_language(self) -> str:
        """Return the language of emails to this user, since no browser says which one they read."""
        return self.language or settings.LANGUAGE_CODE

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Compare as Django does. A stronger hash that this may store is of the same password."""
        self._same_password = True
        try:
            return super().check_password(raw_password)
        finally:
            self._same_password = False

    def get_session_auth_hash(self) -> str:
        return self._stamped(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for found in super().get_session_auth_fallback_hash():
            yield self._stamped(found)

    def _stamped(self, found: str) -> str:
        if not self.session_stamp:
            return found
        return salted_hmac("helpdesk.sessions", found + self.session_stamp).hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and revoke tokens and sessions if the password or the account's state requires it.

        All of it is written or nothing.
        """
        with transaction.atomic():
            before = User.objects.filter(pk=self.pk).values("pk", "password", "is_active")
            was = list(before)
            super().save(*args, **kwargs)
            stamps = _end_what_rested_on(was, same_password=self._same_password)
        self.session_stamp = stamps.get(self.pk, self.session_stamp)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise models.ProtectedError(
            "Users are deactivated, not deleted: tickets and logs keep naming them.", {self}
        )


def _end_what_rested_on(
    before: Iterable[Mapping[str, Any]], *, same_password: bool = False
) -> dict[int, str]:
    """Revoke API tokens and sessions of accounts that have a new password or were deactivated.

    Compares the accounts with their previous state. A new password or deactivation revokes API
    tokens; deactivation also ends sessions, which a new password ends without our help. Returns
    the new session stamps. Cost: one SQL query, and up to three for each account concerned.
    """
    before = list(before)
    now = {
        user["pk"]: user
        for user in User.objects.filter(pk__in=[user["pk"] for user in before]).values(
            "pk", "password", "is_active"
        )
    }
    stamps: dict[int, str] = {}
    for was in before:
        key = was["pk"]
        left = was["is_active"] and not now[key]["is_active"]
        new_password = was["password"] != now[key]["password"] and not same_password
        if left:
            stamps[key] = token_urlsafe(16)
            User.objects.filter(pk=key).update(session_stamp=stamps[key])
            events.log_event("account_deactivated", account=key)
        if new_password:
            events.log_event("password_changed", account=key)
        if left or new_password:
            good = ApiToken.objects.filter(user_id=key, revoked_at=None)
            ended = list(good.values_list("pk", flat=True))
            good.update(revoked_at=timezone.now())
            for token in ended:
                events.log_event("token_revoked", account=key, token=token)
    return stamps


class Person(User):
    """A user as supervisors plan with them: capacity and absences, and nothing of the account."""

    class Meta:
        proxy = True
        default_permissions = ()
        ordering = ("first_name", "last_name", "username")
        verbose_name = _("person")
        verbose_name_plural = _("people")


class Team(Audited):
    """Users who share a queue."""

    shown_texts = frozenset({"name"})

    class Distribution(models.TextChoices):
        MANUAL = "manual", _("Manual: members take tickets")
        ROUND_ROBIN = "round robin", _("Round robin")
        LEAST_LOAD = "least load", _("Least busy: fewest active tickets")

    name = LineField(_("name"), max_length=60, unique=True)
    distribution = models.CharField(
        _("assignment of new tickets"),
        max_length=20,
        choices=Distribution.choices,
        default=Distribution.MANUAL,
        help_text=_("Skips members who are absent or at capacity."),
    )
    members = models.ManyToManyField(
        User, through="Membership", related_name="teams", verbose_name=_("members")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class Membership(Audited):
    """A user in a team, and when round robin last assigned them a ticket."""

    not_recorded = frozenset({"last_given_at"})

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    last_given_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="once_in_a_team")]
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return f"{self.user.display_name} ({self.team})"


class Absence(Audited):
    """Days on which a user is assigned no tickets automatically; both days count.

    The reason may tell of an illness: supervisors alone see it, and the audit record says no more
    than that it changed.
    """

    user = models.ForeignKey(
        User, models.CASCADE, related_name="absences", verbose_name=_("person")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    reason = LineField(
        _("reason"),
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text=_("Only supervisors see it."),
    )

    class Meta:
        ordering = ["-first_day"]
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="absence_ends_after_it_begins",
                violation_error_message=_("The last day must not be before the first day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {date_format(self.first_day)} – {date_format(self.last_day)}"

    def clean(self) -> None:
        if not (self.user_id and self.first_day and self.last_day):
            return  # these fields say themselves what is wrong
        same_days = Absence.objects.filter(
            user=self.user_id, first_day__lte=self.last_day, last_day__gte=self.first_day
        ).exclude(pk=self.pk)
        if other := same_days.first():
            raise ValidationError(
                {
                    "first_day": _("Overlaps with another absence, from %(first)s to %(last)s.")
                    % {
                        "first": date_format(other.first_day),
                        "last": date_format(other.last_day),
                    }
                }
            )


class ApiToken(models.Model):
    """Lets a program act as a user, or deliver mail to a mailbox. Only a hash of the token is
    stored.
    """

    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("read and write")
        MAIL = "mail", _("hand in email")

    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        verbose_name=_("person"),
        help_text=_("Empty for the token of a mailbox."),
    )
    mailbox = models.CharField(
        _("mailbox"), max_length=40, blank=True, default="", db_default="", editable=False
    )
    name = LineField(_("name"), max_length=60)
    scope = models.CharField(
        _("permissions"), max_length=10, choices=Scope.choices, default=Scope.READ
    )
    beginning = models.CharField(_("token prefix"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def good(self) -> bool:
        """Whether the token is neither revoked nor expired. Its user may still be deactivated."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class Tries(models.Model):
    """The number of attempts under one limit; see throttle.py."""

    key = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(_("limit"), max_length=10, editable=False)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="+", verbose_name=_("person"), editable=False
    )
    address = models.CharField(_("address"), max_length=64, blank=True, editable=False)
    tries = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    changed_at = models.DateTimeField(_("last attempt"), editable=False)
    blocked_until = models.DateTimeField(_("blocked until"), null=True, editable=False)
    forgotten_at = models.DateTimeField(_("cleared"), db_index=True, editable=False)

    class Meta:
        ordering = ["-changed_at"]
        verbose_name = _("locked sign-in")
        verbose_name_plural = _("locked sign-ins")

    def __str__(self) -> str:
        return f"{self.kind} {self.user or ''} {self.address}"


membership_recorder(User, "groups")

# Django finds the models of an app here.
from helpdesk.accounts.session_models import Identity, RecoveryCode, UserSession  # noqa: E402, F401
