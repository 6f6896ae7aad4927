"""The API itself: its description, and the headers of every response."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.openapi.schema import OpenAPISchema

from helpdesk.api.auth import READS, TokenAuth, session
from helpdesk.api.fields import complete, complete_parameter
from helpdesk.api.limits import Rate
from helpdesk.api.parameters import known_parameters, refuse_unknown
from helpdesk.api.problems import DOWNLOAD, PROBLEM, explain_problems
from helpdesk.api.schema import FieldError, Problem
from helpdesk.body_size import MAIL, RAW_MAIL

_DESCRIPTION = """
Tickets, customers, vehicles and reports. Send a token as `Authorization: Bearer …` (create one
under *API tokens* in your preferences, or with `manage.py create_api_token`), or use your browser
session with its CSRF token.

Names are camelCase, times are UTC to the second, absent values are null. Errors are problem details
(RFC 9457). Lists are paginated with cursors, which stay stable while tickets change.
"""

_MEANINGS = {
    "401": "No credentials, or invalid ones.",
    "403": "The token's scope or its user's permissions don't allow this.",
    "404": "Not found.",
    "409": (
        "The resource has changed since (`version`, `If-Match`), or the workflow doesn't "
        "allow this change."
    ),
    "411": "The request has no Content-Length.",
    "413": "The body is larger than 2 MB.",
    "415": "The body is not `application/json`.",
    "422": "Invalid input. `errors` explains each field.",
    "429": "Too many requests. Retry after `Retry-After` seconds.",
    "503": "A service is unavailable. Nothing was changed.",
}
_RATE = {
    "RateLimit-Limit": "Requests per minute allowed for the token.",
    "RateLimit-Remaining": "Requests left in the current minute.",
    "RateLimit-Reset": "Seconds until the limit resets.",
}


class DeskAPI(NinjaAPI):
    """Django Ninja's API, with errors described and rate limit headers on every response."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Create the response after authentication, before anything of the request is parsed."""
        refuse_unknown(request, known_parameters(self))
        _refuse_other_than_json(request)
        response = super().create_temporal_response(request)
        response["Cache-Control"] = "no-store"
        rate: Rate | None = getattr(request, "rate", None)
        for name, value in {**DOWNLOAD, **(rate.headers if rate else {})}.items():
            response[name] = value
        return response

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**more)
        shapes = described["components"]["schemas"]
        for shape in (FieldError, Problem):
            schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            shapes[shape.__name__] = schema
        for schema in shapes.values():
            complete(schema)
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                _describe(operation, takes_id=_takes_id(path, operation), writes=method != "get")
        return _in_words_of_the_api(described)


def _refuse_other_than_json(request: HttpRequest) -> None:
    """Raise HttpError for a body of another type. Those of emails look at it themselves."""
    sent = request.headers.get("Content-Length") or "0"
    taken = {"application/json", *([RAW_MAIL] if request.path.startswith(MAIL) else [])}
    if sent != "0" and request.method not in READS and request.content_type not in taken:
        raise HttpError(415, request.content_type or "")


def _in_words_of_the_api(described: OpenAPISchema) -> OpenAPISchema:
    """Call a `TicketOut`, named so beside the ticket that is stored, a Ticket, and leave out what
    nothing refers to: a query's schema is in the parameters of its operation."""
    components = described["components"]
    for node in _references(described):
        node["$ref"] = node["$ref"].removesuffix("Out")
    shapes = {}
    for name, schema in components["schemas"].items():
        word = name.removesuffix("Out")
        if word in shapes:
            raise ValueError(f"Two schemas of the API are called {word}.")
        shapes[word] = {**schema, "title": word}
    used = {_name(node) for node in _references(described)}
    components["schemas"] = {
        name: schema
        for name, schema in shapes.items()
        if name in used or "enum" in schema  # generators name a parameter's type by it
    }
    return described


def _references(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a description that refer to a schema."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _takes_id(path: str, operation: dict[str, Any]) -> bool:
    """Return whether an operation names what it is about, which may not exist: in its path, or in a
    parameter that has to be given."""
    given = operation.get("parameters", ())
    return "{" in path or any(one["in"] == "query" and one.get("required") for one in given)


def _describe(operation: dict[str, Any], *, takes_id: bool, writes: bool) -> None:
    if words := operation.get("description"):
        operation["summary"] = words.partition("\n")[0].removesuffix(".")
    answers = operation["responses"]
    for status in [key for key in answers if str(key).startswith("2")]:
        answers[status]["headers"] = {
            name: {"schema": {"type": "integer"}, "description": words}
            for name, words in _RATE.items()
        }
    for status, meaning in _MEANINGS.items():
        if status == "404" and not takes_id:
            continue
        if status in ("409", "411", "413", "415") and not writes:
            continue
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        answers[status] = {"description": meaning, "content": {PROBLEM: problem}}
    answers["414"] = {"description": "The URL is too long.", "content": {"text/html": {}}}
    for parameter in operation.get("parameters", ()):
        complete_parameter(parameter)


api = DeskAPI(
    title="Helpdesk",
    version="1",
    description=_DESCRIPTION,
    auth=[TokenAuth(), session],
    urls_namespace="api",
)
explain_problems(api)
