"""Health checks: whether the process is up, every engine answers and pages have their files.

They are answered before all other middleware, so that a load balancer needs no host name, TLS or
session, and so that a broken database cannot break the response. For figures see
helpdesk/metrics.py.
"""

import json
from collections.abc import Callable
from datetime import datetime

import redis
import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from helpdesk import static_files
from helpdesk.dynamo.table import client
from helpdesk.log_redaction import kind_of

log = structlog.get_logger(__name__)

PATIENCE = 2  # seconds for Redis to answer
_WITHOUT_PAGES = ("/api/", "/metrics")
_NOT_COLLECTED = (
    "Helpdesk is installed without its static files. Its operator sees what is missing with: "
    "python manage.py check --deploy\n"
)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            return readiness()
        if not static_files.are_known() and not request.path.startswith(_WITHOUT_PAGES):
            return HttpResponse(_NOT_COLLECTED, status=503, content_type="text/plain")
        return self.get_response(request)


def readiness() -> JsonResponse:
    """Return 200 if every engine answers and pages can be shown, else 503 with what is missing."""
    engines = engines_answer()
    pages = static_files.are_there()
    ready = all(engines.values()) and pages
    words = {name: "ok" if answers else "unavailable" for name, answers in engines.items()}
    return JsonResponse(
        {"ready": ready, "engines": words, "static_files": "ok" if pages else "missing"},
        status=200 if ready else 503,
    )


def engines_answer() -> dict[str, bool]:
    """Return whether each engine answers. One request to each."""
    return {"database": _database(), "dynamodb": _dynamodb(), "redis": _redis()}


def queue_length() -> int | None:
    """Return the number of tasks in all queues that no worker has taken yet; None without Redis."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
        ) as server:
            return sum(int(server.llen(name)) for name in settings.QUEUES)
    except redis.RedisError as error:
        log.warning("queue_unknown", reason=kind_of(error))
        return None


def queue_ages(now: datetime) -> dict[str, float]:
    """Return for how many seconds the first task of each queue has waited, 0 without one; nothing
    without Redis."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
        ) as server:
            first = {name: server.lindex(name, -1) for name in settings.QUEUES}
    except redis.RedisError as error:
        log.warning("queue_unknown", reason=kind_of(error))
        return {}
    return {name: _waited(message, now) for name, message in first.items()}


def _waited(message: str | bytes | None, now: datetime) -> float:
    sent_at = json.loads(message)["headers"].get(settings.SENT_AT) if message else None
    return max((now - datetime.fromisoformat(sent_at)).total_seconds(), 0.0) if sent_at else 0.0


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("not_ready", engine="database", reason=kind_of(error))
        return False
    return True


def _dynamodb() -> bool:
    try:
        client().describe_table(TableName=f"{settings.DYNAMODB_TABLE_PREFIX}tickets")
    except (BotoCoreError, ClientError) as error:
        log.warning("not_ready", engine="dynamodb", reason=kind_of(error))
        return False
    return True


def _redis() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
        ) as server:
            server.ping()
    except redis.RedisError as error:
        log.warning("not_ready", engine="redis", reason=kind_of(error))
        return False
    return True
