"""Idempotency-Key: a request that comes twice is done once."""

from hashlib import sha256

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ulid import ULID

from helpdesk.accounts.actors import Actor
from helpdesk.errors import Invalid

HEADER = "Idempotency-Key"
LONGEST = 200


def key_of(request: HttpRequest) -> tuple[str, str] | None:
    """The request's own key, and a digest of what it asks for; None without a key.

    Raises Invalid for a key that cannot be kept.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable() and key.strip()):
        raise Invalid({HEADER: _("Send 1 to %(most)s printable characters.") % {"most": LONGEST}})
    asked = b"\n".join((request.path.encode(), request.body))
    return f"api-{key}", sha256(asked).hexdigest()


def id_of(request: HttpRequest, by: Actor) -> str | None:
    """An id for what the request makes, the same for each repeat of it; None without a key."""
    key = key_of(request)
    if key is None:
        return None
    said = "\n".join((by.user_id, *key))
    return str(ULID.from_bytes(sha256(said.encode()).digest()[:16]))
