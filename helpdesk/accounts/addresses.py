"""The client's IP address, by which logins are locked, logged and rate limited.

Anybody can send an `X-Forwarded-For` header. Its addresses are read from the right, and the first
one that is not in TRUSTED_PROXIES is the client's.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

log = structlog.get_logger(__name__)


def client_address(request: HttpRequest) -> str:
    """Return the client's address without a port; empty if the server does not give one."""
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    if peer is None:
        return ""
    trusted = networks(tuple(settings.TRUSTED_PROXIES))
    header = request.META.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = header.split(",")
    while forwarded and any(peer in network for network in trusted):
        seen = _parsed(forwarded.pop())
        if seen is None:
            _warn_of_proxy("unreadable" if header else "missing", str(peer))
            break
        peer = seen
    return str(peer)


@lru_cache(maxsize=64)  # once in a process for each proxy
def _warn_of_proxy(header: str, proxy: str) -> None:
    """Log that everybody behind a proxy has its address, and is locked out together."""
    log.warning("x_forwarded_for", header=header, proxy=proxy)


@lru_cache(maxsize=4)
def networks(texts: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks written in `text`. Raises ImproperlyConfigured."""
    try:
        return [ip_network(text) for text in texts]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES: {error}. Write addresses or networks such as 10.0.0.0/24."
        ) from error


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    inside = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return inside or found
