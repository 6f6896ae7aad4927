"""Idempotency-Key: a repeated request has no second effect."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from helpdesk.errors import Invalid
from helpdesk.idempotency import KEY_FIELD, Token, keyed_digests

LONGEST = 200


def token_of(request: HttpRequest) -> Token | None:
    """Return the request's idempotency key with digests of the request; None without a key.

    Raises Invalid for a key that cannot be stored.
    """
    key = request.headers.get(KEY_FIELD)
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable() and key.strip()):
        raise Invalid(
            {KEY_FIELD: _("Send 1 to %(most)s printable characters.") % {"most": LONGEST}}
        )
    condition = request.headers.get("If-Match", "")
    asked = (str(request.method), request.path, condition)
    return Token(f"api-{key}", keyed_digests("\n".join(asked).encode() + b"\n" + request.body))
