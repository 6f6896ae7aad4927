"""Traces for OpenTelemetry, if OTEL_EXPORTER_OTLP_ENDPOINT is set (docs/observability.md).

A request of a page is a span, and so is each task, what a consumer of the outbox does for an event,
each mail, and each request to DynamoDB. What a task, an event or a mail in the queue follows from
is written with it, as a `traceparent` of W3C: so a reply is one trace from its page to its mail,
whichever processes died in between.

Spans have names of pages, tasks and operations, numbers and ids: never text that people wrote. So
exceptions are named by type, and no instrumentation of others is used, which records addresses with
what people search for.

Where it is off nothing is imported, and each function returns at once.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

Attributes = Mapping[str, str | int | float | bool | None]

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SERVICE = "helpdesk"
"""The name of the service unless OTEL_SERVICE_NAME says another."""

_lock = Lock()
_of_batch: "ContextVar[Mapping[str, Span] | None]" = ContextVar("spans_of_batch", default=None)


@dataclass(frozen=True)
class Started:
    """Something that several spans of a batch are about: its key, and what it follows from."""

    key: str
    parent: str | None
    attributes: Attributes


@cache
def is_on() -> bool:
    """Return whether spans are recorded. Looks once in a process."""
    return any(os.environ.get(name) for name in _ENDPOINTS)


@contextmanager
def span(
    name: str, *, parent: str | None = None, kind: str = "INTERNAL", **attributes: Any
) -> "Iterator[Span | None]":
    """Record the block as a span, below `parent` or else the current one; None where it is off.

    An exception is recorded by its type, and goes on. `kind` is a name of OpenTelemetry's SpanKind.
    """
    if not is_on():
        yield None
        return
    from opentelemetry.trace import SpanKind

    with _tracer().start_as_current_span(
        name,
        context=_context(parent),
        kind=SpanKind[kind],
        attributes=_with_names(attributes),
        record_exception=False,
        set_status_on_exception=False,
    ) as found:
        try:
            yield found
        except Exception as error:
            failed(found, type(error).__name__)
            raise


@contextmanager
def batch(name: str, things: Iterable[Started]) -> Iterator[None]:
    """Record the block once for each thing that follows from a span, below that span.

    Inside, `resumed` makes the span of one of them the current one. Where it is off `things` is not
    read.
    """
    if not is_on():
        yield
        return
    spans = {
        one.key: _tracer().start_span(
            name, context=_context(one.parent), attributes=_with_names(one.attributes)
        )
        for one in things
        if one.parent
    }
    token = _of_batch.set(spans)
    try:
        yield
    except Exception as error:
        for found in spans.values():
            failed(found, type(error).__name__)
        raise
    finally:
        _of_batch.reset(token)
        for found in spans.values():
            found.end()


@contextmanager
def resumed(key: str) -> Iterator[None]:
    """Make the span of one thing of the batch the current one; no effect if it has none."""
    found = (_of_batch.get() or {}).get(key)
    if found is None:
        yield
        return
    from opentelemetry.trace import use_span

    with use_span(found, record_exception=False, set_status_on_exception=False):
        yield


def here() -> str | None:
    """Return what a later span has to name as its parent; None without a current span."""
    if not is_on():
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def name_trace(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Add the trace to a line of the log. A processor of structlog."""
    if traceparent := here():
        event["trace_id"] = traceparent.split("-")[1]
    return event


def past(name: str, *, began: int, error: Exception | None = None, **attributes: Any) -> None:
    """Record a span that ends now and began at `began`, in nanoseconds of `time.time_ns`, below the
    current one. No effect outside of one."""
    if not is_on():
        return
    from opentelemetry.trace import SpanKind, get_current_span

    if not get_current_span().get_span_context().is_valid:
        return
    found = _tracer().start_span(
        name, kind=SpanKind.CLIENT, start_time=began, attributes=_with_names(attributes)
    )
    if error is not None:
        failed(found, type(error).__name__)
    found.end()


def failed(found: "Span", reason: str) -> None:
    """Mark a span as failed. `reason` is the type of the error, whose message may have people's
    words, or a status."""
    from opentelemetry.trace import Status, StatusCode

    found.set_attribute("error.type", reason)
    found.set_status(Status(StatusCode.ERROR))


def flush() -> None:
    """Send what is recorded, before a process ends."""
    if is_on() and _provider.cache_info().currsize:
        _provider().force_flush(timeout_millis=5_000)


def processor() -> "SpanProcessor":
    """Return what sends spans to the endpoint, in batches and in a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def _context(parent: str | None) -> Any:
    if parent is None:
        return None  # the current one
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, context=Context())


def _with_names(attributes: Attributes) -> dict[str, Any]:
    return {
        f"helpdesk.{name}" if "." not in name else name: value
        for name, value in attributes.items()
        if value is not None
    }


def _tracer() -> "Tracer":
    with _lock:  # or two threads would make a provider each
        return _provider().get_tracer(_SERVICE)


@cache
def _provider() -> "TracerProvider":
    """Return what spans go through. OpenTelemetry itself looks after forks and the end of the
    process."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    about: dict[str, Any] = {"process.pid": os.getpid()}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        about["service.name"] = _SERVICE
    made = TracerProvider(resource=Resource.create(about))
    made.add_span_processor(processor())
    return made
