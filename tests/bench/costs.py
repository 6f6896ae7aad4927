"""What a request costs, in production too, which does not say so by itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from helpdesk.query_costs import CostMiddleware

HEADER = "Helpdesk-Costs"


class CostsIfAsked:
    """Count only for requests that have HEADER: counting takes time, and others are timed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._plainly = get_response
        self._counted = CostMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._counted if HEADER in request.headers else self._plainly
        return answer(request)
