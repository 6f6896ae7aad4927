"""Which figures are read, and which are written.

Figures follow from tickets, and can be built anew. The new ones are a generation of their own: the
last one is read until they are complete. Whatever changes meanwhile is counted in the new one.
"""

from contextlib import suppress
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.dynamo.transaction import ConditionFailed
from helpdesk.errors import Busy
from helpdesk.request_cache import once_a_page
from reporting.store import queries
from reporting.store.queries import Generation as Generation

FIRST = 1
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@once_a_page
def current() -> Generation:
    """Return the generation that reports read. One GetItem."""
    state = queries.state()
    return Generation(state.number, state.zone) if state else _first()


def growing() -> Generation:
    """Return the generation that changes are counted in. One GetItem, and a write the first time.

    Its zone is recorded before any row is written, since the setting may change later.
    """
    state = queries.state()
    if state is None:
        with suppress(ConditionFailed):
            queries.record_first(_first(), lacking_since=_old())
        return growing()
    if state.building and state.building_zone:
        return Generation(state.building, state.building_zone)
    return Generation(state.number, state.zone)


def lacking_since() -> datetime | None:
    """Return since when the figures that are read lack changes because others are being built.

    None if none are; the beginning of time while those of an earlier release have not been
    rebuilt. One GetItem.
    """
    state = queries.state()
    return state.lacking_since if state else _old()


def begin(now: datetime) -> Generation:
    """Begin a new generation in the business's zone, and return it. Raises nothing; two writes."""
    last = growing()
    made = Generation(last.number + 1, _home())
    queries.begin_generation(made.number, made.zone, current=_read(), since=now)
    return made


def end(built: Generation) -> None:
    """Have a generation read from now on, and delete the others.

    Raises Busy if another one was begun meanwhile. Reads all of the table's keys.
    """
    try:
        queries.end_generation(built)
    except ConditionFailed:
        raise Busy(_("Another rebuild of the reports has begun.")) from None
    queries.delete_others(built.number)


def _read() -> Generation:
    state = queries.state()
    return Generation(state.number, state.zone) if state else _first()


def _first() -> Generation:
    return Generation(FIRST, _home())


def _old() -> datetime | None:
    return EARLIEST if queries.has_old_rollups() else None


def _home() -> str:
    """Return the business's own zone."""
    return str(settings.REPORT_TIME_ZONES[-1])
