"""Responses while Django's database is away."""

import sys
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from helpdesk.api.problems import PREFIX, RETRY, problem
from helpdesk.middleware import error_page

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError)
"""The database does not answer, or is busy: a later try may succeed."""


class DatabaseMiddleware:
    """Load the user before anything else does, so that a missing database becomes an ordinary 503.

    It comes right after the middleware that provides the user. Pages read the user anyway, so it
    costs nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.user.is_authenticated  # noqa: B018 (asks for the session and the account)
        except AWAY:
            log.exception("database_away")
            return away(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, AWAY):
            log.exception("database_away")
            return away(request)
        return None


def away(request: HttpRequest) -> HttpResponse:
    """Return 503, as a page or as a problem of the API."""
    words = _("The database is unavailable. Nothing was changed. Try again in a moment.")
    if request.path.startswith(PREFIX):
        return problem(503, words, headers=RETRY)
    return error_page(request, status=503, message=words)


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500, for what nothing else catches, such as a session that was not saved."""
    if isinstance(sys.exc_info()[1], AWAY):
        return away(request)
    return server_error(request)
