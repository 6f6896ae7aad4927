"""The rate limit of a token.

Requests are counted in the cache, by minute. Without the cache nothing is limited: the limit keeps
one client from crowding out the others; it protects no secret.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

WINDOW = 60
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The state of a token's limit in the current minute; `reset` is in seconds from now."""

    limit: int
    used: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset),
        }


class TooMany(Exception):
    """The token has used up its requests for this minute."""

    def __init__(self, rate: Rate) -> None:
        self.headers = {**rate.headers, "Retry-After": str(rate.reset)}
        super().__init__(
            _(
                "Rate limit exceeded: %(limit)s requests per minute for each token. Retry in "
                "%(reset)s s."
            )
            % {"limit": rate.limit, "reset": rate.reset}
        )


def count(token_id: int, *, now: float | None = None) -> Rate | None:
    """Count a request of a token. Returns None if nothing is limited. Raises TooMany."""
    limit: int = settings.API_REQUESTS_PER_MINUTE
    if not limit:
        return None
    at = time.time() if now is None else now
    minute, second = divmod(int(at), WINDOW)
    key = f"api:{token_id}:{minute}"
    try:
        cache.add(key, 0, 2 * WINDOW)
        used = cache.incr(key)
    except ValueError:  # the cache is away
        return None
    rate = Rate(limit, used, WINDOW - second)
    if used > limit:
        raise TooMany(rate)
    return rate
