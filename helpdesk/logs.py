"""Structured logs: one line of JSON an event in production, coloured words on a laptop.

Whatever is bound to structlog's context (request id, user, ticket id) stands on every line, those
of other libraries included; django-structlog carries it from a request to the worker's task.
"""

import re
from typing import Any

import structlog

_LINK = re.compile(r"(/accounts/password/reset/[^/\s]+/)[^/\s]+")
"""A mailed link; its last part lets whoever has it set a password."""


def _without_links(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _LINK.sub(r"\1…", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _without_links,
]


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """Configure structlog, and return Django's LOGGING for it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"level": "INFO"},
            "django_structlog.celery": {"level": "WARNING"},  # each task tells what it did itself
            "django.request": {"level": "ERROR"},  # django-structlog logs each request already
            "pynamodb": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
        },
    }
