"""Requests are logged and traced; errors of services become a page with a status, here alone."""

from collections.abc import Callable

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_structlog.middlewares import RequestMiddleware
from pynamodb.exceptions import PynamoDBException

from helpdesk import tracing
from helpdesk.accounts.addresses import client_address
from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.errors import (
    AnswerErased,
    Busy,
    Invalid,
    NoRoom,
    NotAllowed,
    NotFound,
    ServiceError,
    StaleVersion,
    TooManyTries,
    refusals,
    worded,
)
from helpdesk.log_redaction import path_without_texts

log = structlog.get_logger(__name__)

RETRY = {"Retry-After": "5"}
"""Retry-After in seconds while an engine is away."""

_STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Invalid: 422,
    StaleVersion: 409,
    AnswerErased: 409,
    Busy: 503,
    NoRoom: 503,
    TooManyTries: 429,
    InvalidCursor: 422,
}


class RequestLogMiddleware(RequestMiddleware):
    """Log a line for each request, with its path and without its query, which may be a search.

    The path of a page that does not exist may be anything: only ids are logged of it.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {path_without_texts(request.path)}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=client_address(request))


class TracingMiddleware:
    """Record each request as a span with the name of its page, where spans are recorded.

    What a client says of its own trace is not taken.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not tracing.is_on():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with tracing.span("request", kind="SERVER") as span:
            response = self.get_response(request)
            page = request.resolver_match.view_name if request.resolver_match else "unknown"
            if span is not None:
                span.update_name(f"{request.method} {page}")
                span.set_attribute("http.request.method", str(request.method))
                span.set_attribute("http.response.status_code", response.status_code)
                if response.status_code >= 500:
                    tracing.failed(span, str(response.status_code))
            return response


class ErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (ServiceError, InvalidCursor, *refusals())):
            answer = error_page(request, status=status_of(error), message=worded(error))
            if isinstance(error, TooManyTries):
                answer["Retry-After"] = str(error.seconds)
            return answer
        if isinstance(error, BotoCoreError | ClientError | PynamoDBException):
            log.exception("dynamodb_failed")
            return error_page(
                request,
                status=503,
                message=_(
                    "The database is unavailable. Nothing was changed. Try again in a moment."
                ),
            )
        return None


def status_of(error: Exception) -> int:
    """Return the HTTP status for this kind of error."""
    if isinstance(error, refusals()):
        return 409
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def error_page(request: HttpRequest, *, status: int, message: str) -> HttpResponse:
    titles = {
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("Conflict"),
        411: _("Length required"),
        413: _("Request too large"),
        422: _("Bad request"),
        429: _("Too many requests"),
        503: _("Temporarily unavailable"),
    }
    context = {"status": status, "title": titles[status], "message": message}
    answer = render(request, "errors/page.html", context, status=status)
    if status == 503:
        answer["Retry-After"] = RETRY["Retry-After"]
    return answer
