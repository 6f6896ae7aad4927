"""Times in the person's own zone and form."""

import zoneinfo
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

twelve_hours: ContextVar[bool] = ContextVar("twelve_hours", default=False)
"""Whether the person reads times with am and pm."""


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "")
        form = twelve_hours.set(getattr(request.user, "twelve_hours", False))
        try:
            with timezone.override(zoneinfo.ZoneInfo(zone) if zone else None):
                return self.get_response(request)
        finally:
            twelve_hours.reset(form)
