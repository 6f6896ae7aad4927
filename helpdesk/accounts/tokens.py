"""API tokens. Only their hash is stored; they end when they expire, are revoked, or the user
leaves, and rest while the identity provider refuses the user.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.accounts import events
from helpdesk.accounts.actors import Actor
from helpdesk.accounts.models import ApiToken, User, refused_there
from helpdesk.errors import Invalid, NotAllowed, NotFound
from helpdesk.short_text import one_line

PREFIX = "hd_"
SHOWN = 8
"""Characters of a token that its owner recognises it by."""

_BY_DIGEST = "SELECT * FROM accounts_apitoken WHERE digest = %s AND revoked_at IS NULL"
PERSONAL = (ApiToken.Scope.READ, ApiToken.Scope.WRITE)
"""Permissions of tokens that act as a person."""
LONGEST_NAME = 60
FORGOTTEN = timedelta(days=30)
"""A token that ended so long ago is not missed."""
LAST_USE = timedelta(minutes=1)
"""The last use is written down to this exactness: a read need not write each time."""


def make_token(
    user: User, *, name: str, scope: str = ApiToken.Scope.WRITE, days: int | None = None
) -> tuple[ApiToken, str]:
    """Create a token that acts as `user`; return it with its text, which cannot be read again.

    It is valid for `days`, or as long as allowed. With 256 random bits it needs no slow hash.
    Raises Invalid; NotAllowed for a deactivated user.
    """
    errors = {}
    longest: int = settings.API_TOKEN_DAYS
    days = longest if days is None else days
    name = one_line(name)
    if not name or len(name) > LONGEST_NAME:
        errors["name"] = _("Enter a name of 1 to %(most)s characters.") % {"most": LONGEST_NAME}
    if scope not in PERSONAL:
        errors["scope"] = _("Choose one of: %(words)s.") % {"words": ", ".join(PERSONAL)}
    if not 1 <= days <= longest:
        errors["days"] = _("Choose 1 to %(most)s days.") % {"most": longest}
    if errors:
        raise Invalid(errors)
    if not user.is_active:
        raise NotAllowed(_("The account of %(name)s is deactivated.") % {"name": user.display_name})
    text = f"{PREFIX}{token_urlsafe(32)}"
    with transaction.atomic():
        made = ApiToken.objects.create(
            user=user,
            name=name,
            scope=scope,
            beginning=text[:SHOWN],
            digest=_digest(text),
            expires_at=timezone.now() + timedelta(days=days),
        )
        events.log_event("token_made", account=user.pk, token=made.pk)
    return made, text


def make_mail_token(mailbox: str, *, days: int | None = None) -> tuple[ApiToken, str]:
    """Create a token that delivers mail to a mailbox; return it with its text.

    The text cannot be read again. It belongs to no user, so no password change revokes it. Raises
    Invalid for `days`.
    """
    longest: int = settings.API_TOKEN_DAYS
    days = longest if days is None else days
    if not 1 <= days <= longest:
        raise Invalid({"days": _("Choose 1 to %(most)s days.") % {"most": longest}})
    text = f"{PREFIX}{token_urlsafe(32)}"
    with transaction.atomic():
        made = ApiToken.objects.create(
            user=None,
            mailbox=mailbox,
            name=mailbox,
            scope=ApiToken.Scope.MAIL,
            beginning=text[:SHOWN],
            digest=_digest(text),
            expires_at=timezone.now() + timedelta(days=days),
        )
        events.log_event("token_made", account=None, token=made.pk)
    return made, text


def mail_token_ends(*, now: datetime) -> dict[str, datetime]:
    """Return when the newest token of each mailbox expires, by the mailbox's name.

    A new one has to be created before that, or mail stops. Tokens that expired more than a month
    ago are left out. One SQL query.
    """
    kept = ApiToken.objects.filter(scope=ApiToken.Scope.MAIL, revoked_at=None)
    longest = timedelta(days=settings.API_TOKEN_DAYS)
    ends: dict[str, datetime] = {}
    for mailbox, created, expires in kept.filter(expires_at__gt=now - FORGOTTEN).values_list(
        "mailbox", "created_at", "expires_at"
    ):
        end = min(expires, created + longest)
        ends[mailbox] = max(end, ends.get(mailbox, end))
    return ends


def token_of(text: str) -> ApiToken | None:
    """Return the valid token with this text, or None; its user comes with their roles.

    No token is valid for longer than API_TOKEN_DAYS, even if an earlier release or a longer setting
    created it. Two SQL queries, another where users sign in at an identity provider, and another
    once a minute.
    """
    now = timezone.now()
    # Written out, as in UserManager.with_roles: each request of a program asks this.
    found = next(iter(ApiToken.objects.raw(_BY_DIGEST, [_digest(text)])), None)
    if found is None or found.expires_at <= now:
        return None
    if found.created_at <= now - timedelta(days=settings.API_TOKEN_DAYS):
        return None
    if found.user_id is not None:
        user = User.objects.with_roles(found.user_id)
        if user is None or not user.is_active or _is_refused(user):
            return None
        found.user = user
    if found.last_used_at is None or now - found.last_used_at > LAST_USE:
        first = found.last_used_at is None
        rows = ApiToken.objects.filter(pk=found.pk)
        if first and rows.filter(last_used_at=None).update(last_used_at=now):
            events.log_event("token_first_used", account=found.user_id, token=found.pk)
        elif not first:
            rows.update(last_used_at=now)
    return found


def _is_refused(user: User) -> bool:
    """Return whether the identity provider's last word on the account was a refusal."""
    if not settings.OIDC_ISSUER:
        return False
    return User.objects.filter(refused_there(), pk=user.pk).exists()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return a user's tokens, newest first, expired and revoked ones included."""
    return ApiToken.objects.filter(user=user).order_by("-created_at")


def revoke(token_id: int, *, by: Actor) -> None:
    """Revoke a token, as its owner or a supervisor. Raises NotFound, also for others' tokens."""
    found = ApiToken.objects.filter(pk=token_id)
    if not by.supervises:
        found = found.filter(user_id=by.user_id)
    if not found.exists():
        raise NotFound(_("Token not found."))
    revoke_all(found)


def revoke_all(tokens: QuerySet[ApiToken] | Iterable[ApiToken]) -> int:
    """Revoke tokens and return how many. Tokens that had ended already keep their time."""
    ended = 0
    for token in tokens:
        good = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        with transaction.atomic():
            if good.update(revoked_at=timezone.now()):
                ended += 1
                events.log_event("token_revoked", account=token.user_id, token=token.pk)
    return ended


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
