"""What is told of each request to DynamoDB: a count, its capacity, and a span.

An access path is a table, or an index of it, without the prefix of its name: `tickets.by-due`. A
transaction over several tables is named after all of them.
"""

import time
from typing import Any

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter

from helpdesk import metric_files, tracing
from helpdesk.dynamo import capacity

registry = CollectorRegistry()
_requests = Counter(
    "helpdesk_dynamodb_requests",
    "Requests to DynamoDB, by access path and operation.",
    ["path", "operation"],
    registry=registry,
)
_units = Counter(
    "helpdesk_dynamodb_capacity_units",
    "Capacity units that DynamoDB says were consumed, by access path and operation.",
    ["path", "operation"],
    registry=registry,
)
_BEGUN = "helpdesk_begun"


def watch(events: Any) -> None:
    """Look at each request of a botocore client, of which these are the events."""
    events.register("before-parameter-build.dynamodb", _begin)
    events.register("after-call.dynamodb", _end)
    events.register("after-call-error.dynamodb", _fail)


def access_path(params: dict[str, Any]) -> str:
    """Return the access path of a request with these parameters."""
    if "TableName" in params:
        index = params.get("IndexName")
        return _short(params["TableName"]) + (f".{index}" if index else "")
    tables = set(params.get("RequestItems", ()))
    for parts in params.get("TransactItems", ()):
        tables |= {part["TableName"] for part in parts.values()}
    return "+".join(sorted(map(_short, tables)))


def _short(table: str) -> str:
    return table.removeprefix(settings.DYNAMODB_TABLE_PREFIX)


def _begin(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_BEGUN] = (access_path(params), time.time_ns())


def _end(model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    units = capacity.record(model, parsed)
    path, began = context[_BEGUN]
    if metric_files.are_ready():
        _requests.labels(path, model.name).inc()
        _units.labels(path, model.name).inc(units)
    refused = parsed.get("Error", {}).get("Code")  # a condition that failed, for example
    tracing.past(
        f"DynamoDB {model.name}",
        began=began,
        capacity=units,
        **{"db.collection.name": path, "error.type": refused},
    )


def _fail(exception: Exception, context: dict[str, Any], **_: Any) -> None:
    path, began = context[_BEGUN]
    tracing.past("DynamoDB", began=began, error=exception, **{"db.collection.name": path})
