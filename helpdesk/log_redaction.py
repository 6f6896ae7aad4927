"""Remove everything that a person may have written from log lines in production.

It is impossible to tell which part of an error's message is a customer's address. So no message is
logged: an error is logged as its type, its code if it has one, and its stack. The same goes for
values that libraries fill into their lines; their own text stays.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

LEFT_OUT = "…"

_KEPT = frozenset({"name", "id", "hostname", "description"})
"""Arguments by name that Celery fills in: of tasks and workers, not of people."""

_LINK = re.compile(r"(/accounts/password/reset/[^/\s]+/)[^/\s]+")
"""A link from an email; its last part allows to set a password."""

_FOREIGN_TEXTS = frozenset({"error", "user_agent", "stack"})
"""What django-structlog adds: messages of errors, and what clients say of themselves."""

Event = dict[str, Any]


def without_arguments(logger: Any, name: str, event: Event) -> Event:
    """Format a library's line again, with numbers and error types only."""
    record, filled = event["_record"], event.pop("positional_args", None)
    template = record.msg
    # Of starts and stops, never of requests.
    kept = record.name == "gunicorn.error" and record.levelno == logging.INFO
    if not isinstance(template, str):  # log.exception(error)
        event["event"] = _named(template)
    elif filled:
        try:
            event["event"] = template % (filled if kept else _safe(filled))
        except (TypeError, ValueError, KeyError):
            event["event"] = template
    elif record.name.startswith("django.security"):
        event["event"] = "suspicious_request"  # the logger's name says of which kind
    elif record.name == "gunicorn.error" and not kept:
        event["event"] = template.partition(":")[0]
    return event


def without_messages(logger: Any, name: str, event: Event) -> Event:
    """Replace the message of an error by its type and stack."""
    error = event.pop("exc_info", None)
    if not error:
        return event
    if isinstance(error, tuple):
        error = error[1]
    elif not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    if error is not None:
        event["exception"] = "\n".join(_trace(error))
    return event


def without_texts(logger: Any, name: str, event: Event) -> Event:
    """Remove links from emails, and what django-structlog adds that may be personal."""
    if str(event.get("logger", "")).startswith("django_structlog"):
        event = {key: value for key, value in event.items() if key not in _FOREIGN_TEXTS}
        if "reason" in event:
            event["reason"] = _named(event["reason"])
    return {
        key: _LINK.sub(rf"\1{LEFT_OUT}", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def path_without_texts(path: str) -> str:
    """Return a path of which only ids and names of pages are left."""
    return "/".join(
        part if re.fullmatch(r"[\w.~-]{0,64}", part, re.ASCII) else LEFT_OUT
        for part in path.split("/")
    )


def kind_of(error: BaseException) -> str:
    """Return the type of an error, with the engine's code if it has one."""
    answer = getattr(error, "response", None)
    code = (
        (answer.get("Error") or {}).get("Code") if isinstance(answer, Mapping) else None
    ) or next(
        (
            found
            for name in ("sqlstate", "smtp_code", "errno")
            if isinstance(found := getattr(error, name, None), int | str)
        ),
        None,
    )
    kind = type(error).__qualname__
    return f"{kind} ({code})" if code is not None else kind


def _trace(error: BaseException) -> Iterator[str]:
    """Return the lines for an error and its causes, in the order in which Python prints them."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for found in reversed(chain):
        for line in traceback.format_tb(found.__traceback__):
            yield line.rstrip()
        yield kind_of(found)
        for inner in getattr(found, "exceptions", ()):
            yield f"  {kind_of(inner)}"


def _safe(filled: Any) -> Any:
    if isinstance(filled, Mapping):
        return {
            key: value if key in _KEPT else _named(value) for key, value in dict(filled).items()
        }
    return tuple(_named(value) for value in filled)


def _named(value: Any) -> Any:
    if isinstance(value, BaseException):
        return kind_of(value)
    return value if isinstance(value, int | float) or value is None else LEFT_OUT
