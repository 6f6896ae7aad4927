"""The user that an account at the identity provider stands for, and their roles.

A user is found by issuer and subject, which the provider gives to nobody else. An email address
finds a user only once, if that is switched on and the provider says that it has verified it.
"""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts import events
from helpdesk.accounts.models import SUPERVISORS, User
from helpdesk.accounts.session_models import Identity
from helpdesk.errors import NotAllowed
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.short_text import one_line

LONGEST_NAME = 150


def identity_of(claims: dict[str, Any]) -> Identity:
    """Return the identity with its user, who is created at their first sign-in.

    Name, email address and roles follow the provider. Raises NotAllowed for whoever has no role,
    and for deactivated users.
    """
    try:
        return _identity_of(claims)
    except IntegrityError:  # the same first sign-in twice at once: the other one was first
        return _identity_of(claims)


def follow(user: User, claims: dict[str, Any]) -> None:
    """Give the user the roles that the provider's groups stand for, and take away the others.

    Without OIDC_GROUPS roles are given in the admin, and nothing changes here.
    """
    mapped = set(settings.OIDC_GROUPS.values())
    if not mapped:
        return
    wanted = roles_of(claims)
    groups = {group.name: group for group in Group.objects.filter(name__in=mapped)}
    has = set(user.groups.filter(name__in=mapped).values_list("name", flat=True))
    staff = SUPERVISORS in wanted or user.is_superuser
    with transaction.atomic():
        user.groups.add(*(groups[name] for name in wanted - has if name in groups))
        user.groups.remove(*(groups[name] for name in has - wanted))
        if SUPERVISORS in mapped and user.is_staff != staff:
            user.is_staff = staff
            user.save(update_fields=["is_staff"])
    if wanted != has:
        given, taken = sorted(wanted - has), sorted(has - wanted)
        events.log_event("roles_changed", account=user.pk, given=given, taken=taken)


def confirmed(identity: Identity, *, now: datetime) -> None:
    """Write down that the provider let this account in: its last refusal is over."""
    Identity.objects.filter(pk=identity.pk).update(confirmed_at=now, refused_at=None)


def refused(identity: Identity, *, now: datetime) -> None:
    """Write down that the provider refused this account.

    Until its next sign-in its API tokens rest, and it is away: see `refused_there`.
    """
    Identity.objects.filter(pk=identity.pk).update(refused_at=now)


def roles_of(claims: dict[str, Any]) -> set[str]:
    """Return the groups of the desk that OIDC_GROUPS gives for the groups in the claims."""
    groups = claims.get(settings.OIDC_GROUPS_CLAIM)
    there = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    names = {str(one) for one in there}
    return {role for group, role in settings.OIDC_GROUPS.items() if group in names}


@transaction.atomic
def _identity_of(claims: dict[str, Any]) -> Identity:
    where = {"issuer": settings.OIDC_ISSUER, "subject": str(claims["sub"])}
    identity = Identity.objects.select_related("user").filter(**where).first()
    if identity is None:
        _require_role(claims)
        user = _linked(claims) or _created(claims)
        identity = Identity.objects.create(user=user, **where)
        events.log_event("account_linked", account=user.pk)
    user = identity.user
    if not user.is_active:
        raise NotAllowed(_("Your account is deactivated. Ask an administrator."))
    _copy_profile(user, claims)
    follow(user, claims)
    return identity


def _require_role(claims: dict[str, Any]) -> None:
    if settings.OIDC_GROUPS and not roles_of(claims):
        raise NotAllowed(_("Your account has no role in Helpdesk. Ask an administrator."))


def _linked(claims: dict[str, Any]) -> User | None:
    """Return the one account with the verified address, if this way of finding it is switched on.

    Superusers are never found so: who controls an address must not become one.
    """
    address = _address(claims)
    if not settings.OIDC_LINK_BY_EMAIL or not address:
        return None
    found = User.objects.filter(email__iexact=address, is_superuser=False)[:2]
    if len(found) == 1 and not Identity.objects.filter(user=found[0]).exists():
        return found[0]
    return None


def _created(claims: dict[str, Any]) -> User:
    user = User(username=_free_username(claims))
    user.set_unusable_password()
    user.save()
    return user


def _free_username(claims: dict[str, Any]) -> str:
    """Return a username that nobody has, from the name at the provider."""
    preferred = str(claims.get("preferred_username") or claims.get("email") or "").partition("@")[0]
    name = re.sub(r"[^\w.+-]", "", preferred.casefold())[:40] or "user"
    taken = set(User.objects.filter(username__istartswith=name).values_list("username", flat=True))
    numbers = (f"{name}{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (name, *numbers) if one not in {n.casefold() for n in taken})


def _copy_profile(user: User, claims: dict[str, Any]) -> None:
    """Copy name and verified email address, as far as the provider has them."""
    first, last = (one_line(str(claims.get(key) or "")) for key in ("given_name", "family_name"))
    if not (first or last):
        first, _space, last = one_line(str(claims.get("name") or "")).partition(" ")
    wanted = {"first_name": first[:LONGEST_NAME], "last_name": last[:LONGEST_NAME]}
    wanted = wanted if first or last else {}
    if address := _address(claims):
        wanted["email"] = address
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    if changed:
        for name in changed:
            setattr(user, name, wanted[name])
        user.save(update_fields=changed)


def _address(claims: dict[str, Any]) -> str:
    """Return the email address if the provider has verified it, in its canonical form."""
    verified = claims.get("email_verified") in (True, "true") or settings.OIDC_TRUST_EMAIL
    try:
        return as_kept(str(claims.get("email") or "")) if verified else ""
    except AddressRefused:
        return ""
