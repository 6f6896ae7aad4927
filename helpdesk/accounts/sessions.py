"""Sessions: when they end, which a user has, and signing out elsewhere.

A session ends after a while without activity, after a longer while in any case, with the role it
began with, and when its user signs out of it from another browser. What an open page asks by itself
is no activity.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from helpdesk.accounts import events
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.addresses import client_address
from helpdesk.accounts.browsers import browser_and_system
from helpdesk.accounts.models import User
from helpdesk.accounts.session_models import UserSession

KEY = "user_session"
BACKGROUND = "Helpdesk-Background"
"""A header of a script's requests: "1" for those that an open page makes by itself."""

ROLES = ("", "representative", "supervisor", "administrator")
"""Each may do what the ones before it may."""

WHY_COOKIE = "signed_out"
WHY_SECONDS = 30
"""How long the login says why a session ended."""

EXACTNESS = timedelta(minutes=1)
"""Activity is written down to this, so that not each request writes."""

REMEMBERED = timedelta(days=30)
"""How long browsers and addresses of ended sessions are kept."""

_CURRENT = """
    SELECT id, user_id, role, browser, address, started_at, active_at, ended_at, has_second_factor,
        identity_id, provider_session, checked_at, check_from
    FROM accounts_usersession WHERE id = %s AND user_id = %s AND ended_at IS NULL"""
"""Without the tokens of the identity provider."""

Reason = Literal["idle", "limit", "role", "elsewhere", "provider"]


def role_of(actor: Actor) -> str:
    """Return the name of the highest role that an actor has; empty for none."""
    if actor.administers:
        return "administrator"
    if actor.supervises:
        return "supervisor"
    return "representative" if actor.works_tickets else ""


def limits_of(role: str) -> tuple[timedelta, timedelta]:
    """Return how long a session of this role lasts without activity, and in any case."""
    if role in ("supervisor", "administrator"):
        idle, hours = settings.SUPERVISOR_IDLE_MINUTES, settings.SUPERVISOR_SESSION_HOURS
    else:
        idle, hours = settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS
    return timedelta(minutes=idle), timedelta(hours=hours)


def session_of(request: HttpRequest) -> UserSession | None:
    """Return the session of a signed-in request. One SQL query.

    A session from before sessions were recorded begins here.
    """
    user: Any = request.user
    if KEY not in request.session:
        return begin(request, user)
    # Written out, as in UserManager.with_roles: each request asks this.
    found = UserSession.objects.raw(_CURRENT, [request.session[KEY], user.pk])
    return next(iter(found), None)


def begin(request: HttpRequest, user: User) -> UserSession:
    """Record that `user` is signed in with the session of `request`; forget sessions long over."""
    now = timezone.now()
    UserSession.objects.filter(active_at__lt=now - REMEMBERED).delete()
    browser = " · ".join(filter(None, browser_and_system(request.META.get("HTTP_USER_AGENT", ""))))
    made = UserSession.objects.create(
        user=user,
        role=role_of(actor_of(user)),
        browser=browser,
        address=client_address(request),
        started_at=now,
        active_at=now,
    )
    request.session[KEY] = made.pk
    return made


def why_over(session: UserSession | None, *, user: User, now: datetime) -> Reason | None:
    """Return why a session is over, or None. Reads the user's groups once."""
    if session is None:
        return "elsewhere"
    role = role_of(actor_of(user))
    if ROLES.index(role) < ROLES.index(session.role):
        return "role"
    idle, longest = limits_of(role)
    if now - session.started_at >= longest:
        return "limit"
    return "idle" if now - session.active_at >= idle else None


def note_activity(session: UserSession, *, now: datetime) -> None:
    """Write down that the user did something. One SQL statement a minute at most."""
    if now - session.active_at >= EXACTNESS:
        UserSession.objects.filter(pk=session.pk).update(active_at=now)


def sessions_of(user: User, *, now: datetime) -> QuerySet[UserSession]:
    """Return the sessions in which a user is signed in, the last active first."""
    idle, longest = limits_of(role_of(actor_of(user)))
    return UserSession.objects.filter(
        user=user, ended_at=None, active_at__gt=now - idle, started_at__gt=now - longest
    ).order_by("-active_at", "-pk")


def end(sessions: Iterable[UserSession], *, reason: Reason, now: datetime) -> int:
    """End these sessions and return how many; tokens of the identity provider are removed."""
    ended = 0
    for session in sessions:
        ended += 1
        UserSession.objects.filter(pk=session.pk, ended_at=None).update(
            ended_at=now, access_token="", refresh_token="", id_token=""
        )
        events.log_event("session_ended", account=session.user_id, session=session.pk, why=reason)
    return ended


def end_others(request: HttpRequest) -> int:
    """End all sessions of the user but the one of this request; return how many."""
    user: Any = request.user
    others = UserSession.objects.filter(user=user, ended_at=None)
    return end(
        others.exclude(pk=request.session.get(KEY, 0)), reason="elsewhere", now=timezone.now()
    )


def end_all(user: User) -> int:
    """End all sessions of a user; return how many."""
    found = UserSession.objects.filter(user=user, ended_at=None)
    return end(found, reason="elsewhere", now=timezone.now())


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: User, **_more: object) -> None:
    begin(request, user)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: User | None, **_more: object) -> None:
    if user is not None and (key := request.session.get(KEY)):
        UserSession.objects.filter(pk=key, ended_at=None).update(
            ended_at=timezone.now(), access_token="", refresh_token="", id_token=""
        )
