"""Reports in a time zone that was added to the settings when figures were there already.

Its rollups are made by the same marks that make every other one. The latest days are marked first:
as long as the zone lacks the first day, the marks may not all be there, and are set again.
"""

from datetime import date
from functools import lru_cache

import structlog

from helpdesk.dynamo.ulids import new_ulid
from reporting.domain.days import DAY
from reporting.store import queries

log = structlog.get_logger(__name__)


@lru_cache(maxsize=4)
def ensure(zones: tuple[str, ...]) -> None:
    """Have figures made in each zone. Looks once in a process, since zones are settings."""
    catch_up(zones)


def catch_up(zones: tuple[str, ...]) -> int:
    """Mark all days that have figures in UTC, if a zone lacks them; return how many.

    Cost: one Query a zone; if one lacks figures, all days of UTC and a write for each.
    """
    first = next(queries.days_rolled_up("UTC", limit=1), None)
    if first is None:
        return 0
    lacking = [zone for zone in zones if not _has(zone, first)]
    if not lacking:
        return 0
    days = sorted(queries.days_rolled_up("UTC"), reverse=True)
    for day in days:
        queries.mark_day(day, stamp=new_ulid())
    log.info("time_zone_added", zones=lacking, days=len(days))
    return len(days)


def _has(zone: str, first: date) -> bool:
    """Return whether the zone has figures from the first day of UTC on, or a day beside it."""
    begun = next(queries.days_rolled_up(zone, limit=1), None)
    return begun is not None and begun <= first + DAY
