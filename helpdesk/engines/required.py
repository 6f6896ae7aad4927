"""Check before a command starts that the engines it needs are there.

A laptop is recognised by the `desk.env` that `make run` has written to DATA_DIR. There a missing
endpoint never means AWS: it means that the desk is not running.
"""

import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from helpdesk.engines.ports import Address, accepts

NEED_NONE = frozenset(
    {
        "backup",
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "infrastructure",
        "makemessages",
        "makemigrations",
        "restore",
        "tailwind",
        "update_messages",
        "version",
    }
)
"""Commands that read and write no data, or the files in which it is."""

_STANDARD_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}


def missing(arguments: Sequence[str]) -> str | None:
    """Return one line that says which engine a command lacks and how to start it, or None.

    `arguments` are those of manage.py. Cost: on a laptop a connection to each engine, elsewhere
    nothing.
    """
    if _needs_none(arguments):
        return None
    try:
        if not settings.ON_LAPTOP:
            return None
    except ImproperlyConfigured:
        return None  # Django says it better
    away = [
        name
        for name, url in (
            ("DynamoDB", settings.DYNAMODB_ENDPOINT_URL),
            ("Redis", settings.REDIS_URL),
        )
        if not url or not accepts(_address(url))
    ]
    if not away:
        return None
    one = len(away) == 1
    return (
        f"{' and '.join(away)} {'is' if one else 'are'} not running for the data in "
        f"{settings.DATA_DIR}. Start Helpdesk with `make run` (and the same DATA_DIR), or set "
        "DYNAMODB_ENDPOINT_URL and REDIS_URL; then run this command again."
    )


def _needs_none(arguments: Sequence[str]) -> bool:
    if not arguments or not {"-h", "--help"}.isdisjoint(arguments):
        return True
    command = arguments[0]
    return command in NEED_NONE or (command == "sla_explain" and "--scenario" in arguments)


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return Address(parts.hostname or "localhost", parts.port or _STANDARD_PORTS[parts.scheme])


def refuse_without_engines() -> None:
    """Exit with status 1 and one line if the command lacks an engine."""
    if line := missing(sys.argv[1:]):
        sys.exit(f"helpdesk: {line}")
