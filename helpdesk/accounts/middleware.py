"""Require a login, and use the reader's own language, time zone and clock format."""

import zoneinfo
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import get_language

twelve_hours: ContextVar[bool] = ContextVar("twelve_hours", default=False)
"""Whether the person reads times with am and pm."""


class ReaderMiddleware:
    """Activate the reader's language, time zone and clock format for each request.

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
                return answer
        finally:
            twelve_hours.reset(form)


class PagesRequireLogin(LoginRequiredMiddleware):
    """Redirect strangers from every page to the login. The API answers 401 itself."""

    def process_view(
        self, request: HttpRequest, *view: Any, **more: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and "api" in match.app_names + match.namespaces:
            return None
        return super().process_view(request, *view, **more)
