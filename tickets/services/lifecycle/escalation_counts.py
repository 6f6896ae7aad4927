"""How often each escalation rule has fired, for /metrics.

Workers fire them and web processes answer for all, so the counts are in the cache. If the cache is
lost they begin again, as counters of Prometheus may.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from django.core.cache import cache

from tickets.domain.escalation import MANUAL, rule_of
from tickets.models import EscalationRule


def add(keys: Iterable[str]) -> None:
    """Count escalations by the keys of their records.

    Cost: a command to Redis for each, three for the first of a rule.
    """
    for key in keys:
        name = _name(rule_of(key))
        try:
            cache.incr(name)
        except ValueError:
            cache.add(name, 0, None)
            with suppress(ValueError):  # the cache is away
                cache.incr(name)


def by_rule() -> Mapping[str, int]:
    """Return how often each rule has fired, manual escalations under MANUAL.

    Cost: a SQL query, and a command to Redis for each rule.
    """
    rules = [*EscalationRule.objects.values_list("key", flat=True), MANUAL]
    return {rule: int(cache.get(_name(rule)) or 0) for rule in rules}


def _name(rule: str) -> str:
    return f"escalations:{rule}"
