"""/metrics for Prometheus: request times, and the state of the desk.

Web processes share their counts through files in PROMETHEUS_MULTIPROC_DIR, so that any of them can
answer for all (helpdesk/metric_files.py). The state of the desk is read for each request.
"""

import hmac
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from helpdesk import metric_files, worker_counts
from helpdesk.clock import this_second
from helpdesk.dynamo import observed
from helpdesk.health import engines_answer, queue_ages, queue_length

PATH = "/metrics"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
_OF_PROXIES = (
    "Forwarded",
    "Via",
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
)

_registry = CollectorRegistry()
_requests = Histogram(
    "helpdesk_request_seconds",
    "Seconds that requests took, by page, method and status.",
    ["page", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=_registry,
)


class MetricsMiddleware:
    """Times each request under the name of its page, so that addresses make no new series."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == PATH:
            return metrics(request)
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        page = match.view_name if match else "unknown"
        method = request.method if request.method in _METHODS else "other"
        _count(page, method, response.status_code, seconds=time.perf_counter() - began)
        return response


_known: set[tuple[str, str, int]] = set()


def _count(page: str, method: str, status: int, *, seconds: float) -> None:
    if not metric_files.are_ready():
        return
    _known.add((page, method, status))
    if len(_known) > metric_files.MOST_SERIES:  # more would not fit into the file
        _known.discard((page, method, status))
        page, method, status = "other", "other", status // 100 * 100
    _requests.labels(page, method, str(status)).observe(seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Serve the metrics; 404 for everybody who may not see them."""
    if not _may_see(request):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    shared = metric_files.of_all_processes()
    counting = [shared] if shared else [_registry, observed.registry]
    counted = b"".join(map(generate_latest, counting))
    now = CollectorRegistry()
    now.register(_Desk())
    return HttpResponse(counted + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


class _Desk(Collector):
    """Gauges of the desk's current state. Those of an engine that is away are left out."""

    def collect(self) -> Iterator[Metric]:
        answers = engines_answer()
        up = GaugeMetricFamily(
            "helpdesk_engine_up", "1 if the service is available.", labels=["engine"]
        )
        for engine, well in answers.items():
            up.add_metric([engine], float(well))
        yield up
        if answers["redis"] and (length := queue_length()) is not None:
            yield GaugeMetricFamily("helpdesk_queue_tasks", "Tasks waiting in the queue.", length)
            ages = GaugeMetricFamily(
                "helpdesk_queue_oldest_seconds",
                "Seconds that the first task of a queue has waited; 0 if there is none.",
                labels=["queue"],
            )
            for queue, waited in queue_ages(this_second()).items():
                ages.add_metric([queue], waited)
            yield ages
            yield from worker_counts.families()
        if answers["dynamodb"] and answers["database"]:
            for path in settings.METRICS:
                yield from import_string(path)()


def _may_see(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if settings.SECURE_PROXY_SSL_HEADER or settings.SECURE_SSL_REDIRECT:
        return False  # a proxy on this machine connects from loopback for everybody
    direct = not any(header in request.headers for header in _OF_PROXIES)
    return direct and request.META.get("REMOTE_ADDR") in LOOPBACK
