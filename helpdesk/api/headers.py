"""Request headers that operations read, for their description: `openapi_extra=reads(…)`."""

from typing import Any

from helpdesk.idempotency import KEY_FIELD

IDEMPOTENCY_KEY = {
    "name": KEY_FIELD,
    "in": "header",
    "required": False,
    "description": (
        "Any text of your choice, different for each request. A repeat with the same key has no "
        "second effect and gets the first response."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": "order-4711-created",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": (
        "An `ETag` as you received it. The change is refused with 409 if the resource has another "
        "version by now."
    ),
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,15}")$'},
    "example": '"3"',
}


def reads(*headers: dict[str, Any]) -> dict[str, Any]:
    """Return what adds headers to an operation's parameters."""
    return {"parameters": [{**one} for one in headers]}
