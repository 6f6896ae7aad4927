"""The one place where passwords are compared, with the limits that keep them from being guessed.

Attempts are limited by address, by name from that address, and by name from everywhere. The last
limit only makes the next attempt wait longer and longer; it never locks an account. A browser in
which the user has signed in before has a limit of its own for that name, so that a guesser cannot
keep the user out. See decision 47.
"""

import unicodedata
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core import signing
from django.http import HttpRequest, HttpResponse

from helpdesk.accounts import events, throttle
from helpdesk.accounts.addresses import client_address
from helpdesk.accounts.hashing import LONGEST_PASSWORD, slot
from helpdesk.accounts.models import User
from helpdesk.accounts.throttle import ADDRESS, BROWSER, NAME, PAIR, Limit
from helpdesk.errors import TooManyTries

COOKIE = "browser"
SALT = "helpdesk.accounts.browser"
REMEMBERED = 180 * 24 * 3600
"""Seconds for which a browser is known after a login."""

MOST_PEOPLE = 5
"""Who share a browser."""


class _ReadsRoles(ModelBackend):
    def get_user(self, user_id: Any) -> Any:
        """Return the user with their roles, which each page asks for: one SQL query."""
        user = User.objects.with_roles(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class GuardedBackend(_ReadsRoles):
    """Django's own backend with limits. Raises TooManyTries, and Busy if too many logins run at
    once.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        user_id = User.objects.filter(username=username).values_list("pk", flat=True).first()
        limits = _limits(request, username, user_id)
        with slot():  # first: a request that only waits for a slot is no attempt yet
            try:
                throttle.count(limits)
            except TooManyTries as refused:
                events.log_event("locked", account=user_id, request=request, limit=refused.limit)
                raise
            fits = len(password) <= LONGEST_PASSWORD
            user = super().authenticate(request, username, password, **more) if fits else None
        if user is not None and not may_use_password(user):
            user = None
        if user is None:
            events.log_event("login_failed", account=user_id, request=request)
            return None
        throttle.forget(_of_the_name(limits))
        throttle.take_back([limit for limit in limits if limit.kind == ADDRESS.kind])
        return user

    def get_user(self, user_id: Any) -> Any:
        """Return nobody for sessions of passwords that no longer let anybody in."""
        user = super().get_user(user_id)
        return user if user is not None and may_use_password(user) else None


class ProviderBackend(_ReadsRoles):
    """Marks sessions that began at the identity provider; it compares no password."""

    def authenticate(self, *args: Any, **more: Any) -> None:
        return None

    def get_user(self, user_id: Any) -> Any:
        return super().get_user(user_id) if settings.OIDC_ISSUER else None


def may_use_password(user: User) -> bool:
    """Whether a password lets this user in: with PASSWORD_LOGIN off those of superusers alone."""
    return bool(settings.PASSWORD_LOGIN or user.is_superuser)


def forget_tries(request: HttpRequest, user: User) -> None:
    """Reset the attempts for somebody who has proven in another way that the account is theirs."""
    throttle.forget(_of_the_name(_limits(request, user.get_username(), user.pk)))


def remember_browser(request: HttpRequest, response: HttpResponse, user_id: int) -> None:
    """Set the cookie by which this browser can later prove that `user_id` has signed in with it."""
    known = _read(request)
    users = [user_id, *(one for one in known["users"] if one != user_id)][:MOST_PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps({"id": known["id"], "users": users}, salt=SALT),
        max_age=REMEMBERED,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def known_browser(request: HttpRequest, user_id: int | None) -> str | None:
    """Return the browser's id if this user has signed in with it before, else None."""
    known = _read(request)
    return str(known["id"]) if user_id in known["users"] else None


def _of_the_name(limits: list[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.kind != ADDRESS.kind]


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        found: dict[str, Any] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=REMEMBERED
        )
    except signing.BadSignature:
        return {"id": token_urlsafe(12), "users": []}
    return found


def _limits(request: HttpRequest | None, username: str, user_id: int | None) -> list[Limit]:
    name = unicodedata.normalize("NFKC", username).casefold()
    if request is None:
        return [NAME.of(name, user_id=user_id)]
    browser = known_browser(request, user_id)
    if browser:
        return [BROWSER.of(name, browser, user_id=user_id)]
    address = throttle.network(client_address(request))
    return [
        ADDRESS.of(address, address=address),
        PAIR.of(name, address, address=address, user_id=user_id),
        NAME.of(name, user_id=user_id),
    ]
