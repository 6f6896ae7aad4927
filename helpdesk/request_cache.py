"""A cache for the length of one request.

The list, the form and the navigation of a page each read the teams, for example, and know nothing
of each other. Only requests that change nothing use it, so results stay valid. A page of 50 tickets
costs a fifth more without.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
T = TypeVar("T")

_answers: ContextVar[dict[Any, Any] | None] = ContextVar("answers_of_this_page", default=None)


def once_a_page(ask: Callable[P, T]) -> Callable[P, T]:
    """Cache a function's results for a request. Its arguments must be hashable, its results
    unchanged."""

    @wraps(ask)
    def answer(*args: P.args, **named: P.kwargs) -> T:
        known = _answers.get()
        if known is None:
            return ask(*args, **named)
        key = (ask, args, tuple(named.items()))
        if key not in known:
            known[key] = ask(*args, **named)
        found: T = known[key]
        return found

    return answer


class OnceAPageMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _answers.set({} if request.method in ("GET", "HEAD") else None)
        try:
            return self.get_response(request)
        finally:
            _answers.reset(token)
