"""Errors as problem details (RFC 9457), including the API's own 404 and 405."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic.alias_generators import to_camel
from pynamodb.exceptions import PynamoDBException

from helpdesk.api.limits import TooMany
from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.errors import Invalid, ServiceError, refusals, worded
from helpdesk.middleware import RETRY, status_of

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"
PREFIX = "/api/"
MOST_ERRORS = 20
LONGEST_MESSAGE = 300
LONGEST_FIELD = 200
DOWNLOAD = {"Content-Disposition": 'attachment; filename="api.json"'}
"""A browser that opens an address of the API saves the answer, and never shows it as a page."""


def problem(
    status: int,
    detail: str,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a problem response. For invalid input it has an entry for each field."""
    titles = {
        401: _("Authentication required"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Method not allowed"),
        409: _("Conflict"),
        411: _("Length required"),
        413: _("Request too large"),
        415: _("Unsupported media type"),
        422: _("Bad request"),
        429: _("Too many requests"),
        503: _("Temporarily unavailable"),
    }
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": titles[status],
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    return JsonResponse(
        body, status=status, content_type=PROBLEM, headers={**DOWNLOAD, **(headers or {})}
    )


@csrf_exempt
@login_not_required
def unknown_address(request: HttpRequest) -> HttpResponse:
    """Answer 404 for every address under /api that has no endpoint."""
    return problem(404, _("No resource at this address. See /api/docs."))


class ApiProblems:
    """Middleware that turns a 405 of an API address into a problem response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and request.path.startswith(PREFIX):
            allowed = ", ".join(sorted(response.get("Allow", "").split(", ")))
            detail = _("%(method)s is not allowed here. Allowed: %(allowed)s.") % {
                "method": request.method,
                "allowed": allowed,
            }
            return problem(405, detail, headers={"Allow": allowed})
        return response


def explain_problems(api: NinjaAPI) -> None:
    """Register handlers that turn errors of the services and of the API into problem responses."""

    @api.exception_handler(ServiceError)
    @api.exception_handler(InvalidCursor)
    def refused(request: HttpRequest, error: Exception) -> HttpResponse:
        if not isinstance(error, Invalid):
            return problem(status_of(error), worded(error))
        errors = {_as_api(name): said for name, said in error.errors.items()}
        return problem(422, " ".join(errors.values()), errors)

    for kind in refusals():
        api.exception_handler(kind)(refused)

    @api.exception_handler(ValidationError)
    def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
        some = error.errors[:MOST_ERRORS]
        errors = {_field(one["loc"]): str(one["msg"])[:LONGEST_MESSAGE] for one in some}
        return problem(422, _("Some fields are invalid."), errors)

    @api.exception_handler(HttpError)
    def plain(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code == 403:  # a session without its token
            return problem(403, _("Send your session’s CSRF token as X-CSRFToken."))
        if error.status_code == 415:
            return problem(415, _("Send the body as application/json."))
        return problem(422, _("The body is not valid JSON."))

    @api.exception_handler(SuspiciousOperation)
    def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
        return problem(422, _("The request has too many parameters, or one that can’t be read."))

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        challenge = {"WWW-Authenticate": 'Bearer realm="helpdesk"'}
        return problem(
            401,
            _("Send a valid token as Authorization: Bearer …, or sign in."),
            headers=challenge,
        )

    @api.exception_handler(TooMany)
    def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
        return problem(429, str(error), headers=error.headers)

    @api.exception_handler(BotoCoreError)
    @api.exception_handler(ClientError)
    @api.exception_handler(PynamoDBException)
    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    def away(request: HttpRequest, error: Exception) -> HttpResponse:
        log.exception("store_failed")
        return problem(503, _("The database is unavailable. Nothing was changed."), headers=RETRY)


def _field(loc: tuple[Any, ...]) -> str:
    """Return the field's name as the sender wrote it, such as `tags.0` or `priority`.

    The first item of pydantic's location says in which part of the request it is; the next may be a
    name of our own.
    """
    if loc[0] != "body":
        return str([part for part in loc if isinstance(part, str)][-1])[:LONGEST_FIELD]
    return ".".join(map(str, loc[2:]))[:LONGEST_FIELD] or "body"


def _as_api(name: str) -> str:
    """Return what the API calls a field: a service calls it as its argument.

    The key of a custom field, behind a dot, stays as it is.
    """
    field, dot, key = name.partition(".")
    return f"{to_camel(field) if '_' in field else field}{dot}{key}"
