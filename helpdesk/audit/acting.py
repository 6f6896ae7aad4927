"""Who acts: the signed-in user of the request, a command of manage.py, or the desk itself."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase

SYSTEM = "system"
"""A worker that nobody has asked; the id of accounts.actors.SYSTEM."""
COMMAND = "command"
"""Somebody with a shell on the machine."""
NOBODY = ""
"""A request of somebody who has not signed in."""

_request: ContextVar[HttpRequest | None] = ContextVar("acting_request", default=None)


class ActingMiddleware:
    """Let whatever a request changes be recorded as its user's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def acting() -> str:
    """Return the id of the user who acts; or SYSTEM, COMMAND or NOBODY."""
    request = _request.get()
    if request is None:
        return COMMAND if Path(sys.argv[0]).name == "manage.py" else SYSTEM
    user: Any = request.user  # as it is now: the API finds its user after the middleware
    return str(user.pk) if user.is_authenticated else NOBODY
