"""Require a login, end sessions, and use the reader's own language, time zone and clock format."""

import zoneinfo
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from helpdesk.accounts import sessions
from helpdesk.accounts.models import User
from helpdesk.accounts.second_factor import must_enrol
from helpdesk.accounts.sso.checking import may_go_on

twelve_hours: ContextVar[bool] = ContextVar("twelve_hours", default=False)
"""Whether the person reads times with am and pm."""


NOT_KEPT = "private, no-store"
"""Of pages for somebody who is signed in: nothing of them stays in browser or proxy."""


class ReaderMiddleware:
    """Activate the reader's language, time zone and clock format for each request, and keep what
    they read out of caches.

    With a blank language the browser's is used, which Django's LocaleMiddleware has read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "")
        language = getattr(request.user, "language", "") or str(get_language())
        form = twelve_hours.set(getattr(request.user, "twelve_hours", False))
        try:
            with (
                timezone.override(zoneinfo.ZoneInfo(zone) if zone else None),
                translation.override(language),
            ):
                request.LANGUAGE_CODE = language
                answer = self.get_response(request)
                answer.headers.setdefault("Content-Language", language)
                if request.user.is_authenticated:
                    answer.headers.setdefault("Cache-Control", NOT_KEPT)
                return answer
        finally:
            twelve_hours.reset(form)


class SessionMiddleware:
    """Sign out whose session is over, before anything asks who they are."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = timezone.now()
            session = sessions.session_of(request)
            refused = session is not None and not may_go_on(session, now=now)
            if session is not None and session.checked_at == now:
                # The provider was asked just now: roles may be others than those that were read.
                request.user = User.objects.with_roles(session.user_id) or request.user
            why = sessions.why_over(session, user=request.user, now=now)
            if refused or why:
                why = why or "provider"
                if session is not None:
                    sessions.end([session], reason=why, now=now)
                logout(request)
                request.signed_out = why  # type: ignore[attr-defined]
                # Another part of the page may ask a moment later and know nothing of it.
                answer = self.get_response(request)
                answer.set_cookie(
                    sessions.WHY_COOKIE,
                    why,
                    max_age=sessions.WHY_SECONDS,
                    httponly=True,
                    secure=settings.SESSION_COOKIE_SECURE,
                    samesite="Lax",
                )
                return answer
            if session is not None:
                request.user_session = session  # type: ignore[attr-defined]
                if request.headers.get(sessions.BACKGROUND) != "1":
                    sessions.note_activity(session, now=now)
        return self.get_response(request)


class PagesRequireLogin(LoginRequiredMiddleware):
    """Redirect strangers from every page to the login. The API answers 401 itself.

    The same for users without the second factor that their role requires, who set one up first.
    """

    MAY_ENROL = ("second_factor", "confirm", "logout", "sso_start", "sso_callback")

    def process_view(
        self, request: HttpRequest, *view: Any, **more: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        api = match is not None and "api" in match.app_names + match.namespaces
        if request.user.is_authenticated and must_enrol(request):
            if api:
                request.user = AnonymousUser()
            elif match is None or match.url_name not in self.MAY_ENROL:
                return self._to_enrolment(request)
        return None if api else super().process_view(request, *view, **more)

    def _to_enrolment(self, request: HttpRequest) -> HttpResponse:
        """Lead to the set-up, but not what the set-up itself asks: it would never stay open."""
        shown = urlsplit(_page_of(request)).path
        if _is_part(request) and shown in {reverse(name) for name in self.MAY_ENROL[:2]}:
            return HttpResponse(status=204)
        return _go(request, reverse("second_factor"))

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """Lead to the login and then back to the page, also from a fragment or a form of it."""
        query = {REDIRECT_FIELD_NAME: _page_of(request)}
        if why := getattr(request, "signed_out", None):
            query["ended"] = why
        login = resolve_url(self.get_login_url(view_func))
        return _go(request, f"{login}?{urlencode(query, safe='/')}")


def _is_part(request: HttpRequest) -> bool:
    """Whether a part of a page asks, or its script, rather than the browser for a page."""
    return "HX-Request" in request.headers or sessions.BACKGROUND in request.headers


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """Send a page there, whole, even if only a part of it was requested."""
    if _is_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _page_of(request: HttpRequest) -> str:
    """Return path and query of the page that the user is looking at."""
    if _is_part(request):
        shown = request.headers.get("HX-Current-URL", "")
    elif request.method in ("GET", "HEAD"):
        return request.get_full_path()
    else:
        shown = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(shown, {request.get_host()}):
        return request.get_full_path()
    parts = urlsplit(shown)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
