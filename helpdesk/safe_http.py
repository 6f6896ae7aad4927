"""Send requests to a URL that a person has typed, but never to an internal host.

The name is resolved here, each of its addresses is checked, and the connection goes to the address
that was checked, so it does not help an attacker to change the name's addresses afterwards.
Redirects are not followed. There is a limit for the whole request.
"""

import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.time_limit import TimeLimit, time_limit

CONNECT, READ = 3, 5
"""Seconds to connect, and for each piece of an answer."""

RESOLVE = 5
"""Seconds to resolve a name."""

WHOLE = 15
"""Seconds from resolving the name to the end of the answer."""

MOST_READ = 500
"""Bytes of an answer that are kept."""

Address = IPv4Address | IPv6Address

_ASSIGNMENTS = IPv4Network("192.0.0.0/24")  # of protocols: routers and clouds answer there
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """Requests to this URL are not allowed."""


class Unreachable(Exception):
    """The server did not answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str


def check_url(url: str, *, private: bool) -> None:
    """Raise AddressRefused for a URL that is never allowed, whatever its name resolves to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused(_("Enter a valid URL, such as https://example.com/hook.")) from error
    if not host or parts.scheme not in ("https", "http"):
        raise AddressRefused(_("Enter a valid URL, such as https://example.com/hook."))
    if parts.scheme == "http" and not private:
        raise AddressRefused(_("Use HTTPS: payloads are confidential."))
    if not private and (port or 443) not in settings.WEBHOOK_PORTS:
        ports = ", ".join(str(allowed) for allowed in settings.WEBHOOK_PORTS)
        raise AddressRefused(_("This port is not allowed. Allowed: %(ports)s.") % {"ports": ports})
    if parts.username or parts.password or parts.fragment:
        raise AddressRefused(_("Remove the username, password or # from the URL."))
    try:
        literal = ip_address(host)
    except ValueError:
        return
    _refuse_inside(literal, private=private)


class _Watched(urllib3.connection.HTTPConnection):
    def __init__(self, *args: Any, limit: TimeLimit, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limit = limit

    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        self._limit.watch(line)
        return line


class _WatchedTls(_Watched, urllib3.connection.HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def post(
    url: str,
    body: str,
    headers: dict[str, str],
    *,
    private: bool,
    whole: float = WHOLE,
    most: int = MOST_READ,
) -> Reply:
    """POST a body, JSON unless `headers` say otherwise, and read `most` bytes of the response.

    Raises AddressRefused, Unreachable. All of it takes at most `whole` seconds.
    """
    check_url(url, private=private)
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    timeout = urllib3.Timeout(connect=CONNECT, read=READ)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    with time_limit(whole) as limit:
        address = str(_resolved(host, port, private=private, seconds=min(RESOLVE, whole)))
        pool: urllib3.HTTPConnectionPool
        if secure:
            pool = _TlsPool(
                address,
                port,
                timeout=timeout,
                cert_reqs="CERT_REQUIRED",
                server_hostname=host,
                assert_hostname=host,
                limit=limit,
            )
        else:
            pool = _Pool(address, port, timeout=timeout, limit=limit)
        try:
            with pool:
                answer = pool.urlopen(
                    "POST",
                    target,
                    body=body.encode(),
                    headers={
                        "Host": parts.netloc,
                        "Content-Type": "application/json",
                        "User-Agent": "Helpdesk",
                        **headers,
                    },
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                text = answer.read1(most) or b""
                answer.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            why = _("took too long") if limit.over else type(error).__name__
            raise Unreachable(why) from error
    if limit.over:  # what looks like the end of an answer is where it was cut off
        raise Unreachable(_("took too long"))
    return Reply(answer.status, text.decode(errors="replace"))


def _resolved(host: str, port: int, *, private: bool, seconds: float) -> Address:
    found = _looked_up(host, port, seconds)
    addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        _refuse_inside(address, private=private)
    return addresses[0]


def _looked_up(host: str, port: int, seconds: float) -> list[Any]:
    """Return what the system's resolver says. It has no limit that a call could set: a thread that
    is still waiting after `seconds` is left to the system's own."""
    outcome: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            outcome.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            outcome.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = outcome.get(timeout=seconds)
    except Empty:
        raise Unreachable(_("took too long")) from None
    if isinstance(found, Exception):
        raise Unreachable(_("The host name could not be resolved.")) from found
    return found


def _refuse_inside(address: Address, *, private: bool) -> None:
    if not private and any(_is_inside(one) for one in (address, *_embedded(address))):
        raise AddressRefused(_("Private addresses are not allowed."))


def _is_inside(address: Address) -> bool:
    return (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or getattr(address, "is_site_local", False)
        or address in _ASSIGNMENTS
    )


def _embedded(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses inside an IPv6 address: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
