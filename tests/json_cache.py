"""The cache of tests: in memory, and as strict about values as the one in Redis."""

from typing import Any

from django.core.cache.backends.locmem import LocMemCache

from helpdesk.cache import JsonSerializer

_json = JsonSerializer()


class JsonCache(LocMemCache):
    def set(self, key: Any, value: Any, *args: Any, **more: Any) -> None:
        super().set(key, _json.loads(str(_json.dumps(value)).encode()), *args, **more)

    def add(self, key: Any, value: Any, *args: Any, **more: Any) -> bool:
        return super().add(key, _json.loads(str(_json.dumps(value)).encode()), *args, **more)
