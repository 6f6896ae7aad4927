"""The JSON API: who may ask, and what goes wrong in the words of RFC 9457."""

from collections.abc import Mapping
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import SessionAuth
from pynamodb.exceptions import PynamoDBException

from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.errors import Invalid, ServiceError
from helpdesk.middleware import status_of
from tickets.domain.errors import DomainError

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"

api = NinjaAPI(
    title="Helpdesk",
    version="1",
    auth=[SessionAuth(csrf=True)],
    docs_url=None,
    urls_namespace="api",
)


def problem(
    request: HttpRequest, status: int, detail: str, errors: Mapping[str, str] | None = None
) -> HttpResponse:
    """What went wrong, and for bad input with each field and what would be right."""
    titles = {
        401: _("Log in first"),
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("Not possible as things are"),
        422: _("That was not understood"),
        503: _("Back in a moment"),
    }
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": titles[status],
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    answer = api.create_response(request, body, status=status)
    answer["Content-Type"] = PROBLEM
    return answer


@api.exception_handler(ServiceError)
@api.exception_handler(DomainError)
@api.exception_handler(InvalidCursor)
def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    errors = error.errors if isinstance(error, Invalid) else None
    detail = " ".join(error.errors.values()) if isinstance(error, Invalid) else str(error)
    return problem(request, status_of(error), detail, errors)


@api.exception_handler(ValidationError)
def _not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = {".".join(map(str, one["loc"][1:])) or "body": one["msg"] for one in error.errors}
    return problem(request, 422, _("Some fields are not as they should be."), errors)


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, 401, _("Say who you are: log in."))


@api.exception_handler(BotoCoreError)
@api.exception_handler(ClientError)
@api.exception_handler(PynamoDBException)
def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("dynamodb_failed")
    return problem(request, 503, _("The database does not answer. Nothing was changed."))
