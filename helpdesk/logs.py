"""Structured logs: a line of JSON for each event in production, coloured text on a laptop.

Whatever is bound to structlog's context (request id, user, ticket id) stands on every line, those
of other libraries included; django-structlog carries it from a request to the worker's task.

In production a line holds nothing that a person wrote, and no secret: errors are named by kind and
place (`log_redaction.py`). Helpdesk's log lines hold ids.
"""

import logging
from typing import Any

import structlog

from helpdesk import log_redaction, tracing

OWN = ("helpdesk", "customers", "tickets", "reporting", "django_structlog")
"""They follow LOG_LEVEL below INFO; what libraries say there holds bodies and statements."""


def configure_structlog(*, json: bool) -> None:
    """Send structlog's events through Python's loggers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_shared(json=json),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, json: bool, level: str, stream: str = "stderr") -> dict[str, Any]:
    """Return Django's LOGGING. The stream is stdout or stderr."""
    logging.captureWarnings(json)
    foreign: list[Any] = [log_redaction.without_arguments] if json else []
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False)
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
                "foreign_pre_chain": [*foreign, *_shared(json=json)],
                "use_get_message": not json,
                "pass_foreign_args": json,
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "stream": f"ext://sys.{stream}",
            }
        },
        "root": {"handlers": ["console"], "level": "INFO" if level == "DEBUG" else level},
        "loggers": {
            **{name: {"level": level} for name in OWN},
            "django": {"level": "INFO"},
            "django_structlog.celery": {"level": "WARNING"},  # each task logs its own result
            "django.request": {"level": "ERROR"},  # django-structlog logs each request already
            "django.server": {"level": "ERROR", "handlers": [], "propagate": True},
            "pynamodb": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
            # gunicorn has handlers of its own, and an access log that names what people search for.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
            "gunicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
        },
    }


def _shared(*, json: bool) -> list[Any]:
    """Return the processors of every line, including those of libraries."""
    words: list[Any] = [structlog.processors.format_exc_info]
    return [
        structlog.contextvars.merge_contextvars,
        tracing.name_trace,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([log_redaction.without_messages, log_redaction.without_texts] if json else words),
    ]
