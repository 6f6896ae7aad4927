"""Room on the interpreter's stack for a whole request.

CPython 3.11 keeps the frames of calls in chunks of 16 kB, and gives a chunk back to the system as
soon as it is empty. Where a loop happens to run at the end of a chunk, each call in it maps memory
and unmaps it again: the admin's list of tickets spent 28 of 72 ms of processor in 5,000 page
faults. A frame that needs much room gets a large chunk, and what is called from it has the rest.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_SLOTS = 34_000
"""Just over a quarter of a megabyte: then the chunk has half of one, and as much again is free."""


class StackRoomMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        def respond(request: HttpRequest) -> HttpResponse:
            return get_response(request)

        respond.__code__ = respond.__code__.replace(co_stacksize=_SLOTS)
        self._respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._respond(request)
