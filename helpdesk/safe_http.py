"""Send something to an address that a person has typed, and to no place inside.

The name is resolved here, every address it has is checked, and the connection goes to the one that
was checked: a name that points elsewhere a moment later gains nothing. No redirect is followed.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _

CONNECT, READ = 3, 5
"""Seconds."""

MOST_READ = 500
"""Bytes of an answer that are kept."""

Address = IPv4Address | IPv6Address

_ASSIGNMENTS = IPv4Network("192.0.0.0/24")  # of protocols: routers and clouds answer there
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """Nothing is sent there."""


class Unreachable(Exception):
    """Nobody answered."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str


def check_url(url: str, *, private: bool) -> None:
    """Raises AddressRefused for what could never be sent to, whatever its name resolves to."""
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


def post(url: str, body: str, headers: dict[str, str], *, private: bool) -> Reply:
    """POST a JSON body. Raises AddressRefused, Unreachable."""
    check_url(url, private=private)
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = str(_resolved(host, port, private=private))
    timeout = urllib3.Timeout(connect=CONNECT, read=READ)
    pool: urllib3.HTTPConnectionPool
    if secure:
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            server_hostname=host,
            assert_hostname=host,
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
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
            text = answer.read1(MOST_READ) or b""
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
    return Reply(answer.status, text.decode(errors="replace"))


def _resolved(host: str, port: int, *, private: bool) -> Address:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(_("The host name could not be resolved.")) from error
    addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        _refuse_inside(address, private=private)
    return addresses[0]


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
    """The IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
