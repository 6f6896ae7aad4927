"""The cache in Redis. While Redis is away it behaves like an empty cache, without errors."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

T = TypeVar("T")


class JsonSerializer:
    """Stores values as JSON, since with pickle anybody who can write to Redis could run code here.

    Callers store only what JSON has: a tuple comes back as a list, an instant is stored as text.
    """

    def dumps(self, value: Any) -> int | str:
        """Return a number as it is, so that Redis can count with it. Raises TypeError for other
        objects.
        """
        return value if type(value) is int else json.dumps(value)

    def loads(self, stored: bytes) -> Any:
        return json.loads(stored)


class ForgetfulCache(RedisCache):
    """A cache that ignores a missing Redis: its entries may be lost at any time anyway."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _tried(lambda: super(ForgetfulCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, *args: Any, **more: Any) -> None:
        _tried(lambda: super(ForgetfulCache, self).set(key, value, *args, **more), None)

    def set_many(self, data: dict[Any, Any], *args: Any, **more: Any) -> list[Any]:
        return _tried(lambda: super(ForgetfulCache, self).set_many(data, *args, **more), [])

    def add(self, key: Any, value: Any, *args: Any, **more: Any) -> bool:
        return bool(
            _tried(lambda: super(ForgetfulCache, self).add(key, value, *args, **more), False)
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return _tried(lambda: bool(super(ForgetfulCache, self).delete(key, version)), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Increment a number. Raises ValueError if there is no such key."""
        found = _tried(lambda: super(ForgetfulCache, self).incr(key, delta, version), None)
        if found is None:
            raise ValueError(f"There is no {key}.")
        return found


def _tried(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except (RedisError, OSError) as error:
        log.warning("cache_away", reason=type(error).__name__)
        return otherwise
