"""The cost of a page for its developer: the browser shows it beside the page's timing."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from helpdesk.dynamo.capacity import counting


class CostMiddleware:
    """Add a request's DynamoDB and SQL queries to Server-Timing, in development."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        queries = 0

        def count(execute: Callable[..., Any], *given: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*given)

        with counting() as used, connection.execute_wrapper(count):
            response = self.get_response(request)
        response["Server-Timing"] = (
            f'dynamodb;desc="{used.requests} requests, {used.capacity:g} units", '
            f'sql;desc="{queries} queries"'
        )
        return response
