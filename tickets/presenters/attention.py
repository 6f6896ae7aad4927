"""How a user's attention to a ticket is shown."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.models.attention import Attention
from tickets.models.search import FAR

MORNING = 9
IN_THREE_HOURS = "PT3H"
"""From when it is chosen: a page stands open for hours."""


@dataclass(frozen=True)
class Choice:
    """A time that is offered: its label, and the instant or IN_THREE_HOURS as the form sends it."""

    label: str
    value: str


@dataclass(frozen=True)
class State:
    """What the page shows of its user's attention to the ticket."""

    follows: bool
    snoozed: bool
    until: datetime | None
    """None: until the customer replies."""
    remind_at: datetime | None
    times: tuple[Choice, ...]


def state_of(row: Attention, *, now: datetime) -> State:
    """Return what the page shows; a snooze whose time has come is none any more."""
    until = row.snoozed_until or 0
    return State(
        follows=row.follows,
        snoozed=until > now.timestamp(),
        until=_moment(until) if until != FAR else None,
        remind_at=_moment(row.remind_at) if row.remind_at else None,
        times=_times(now),
    )


def _times(now: datetime) -> tuple[Choice, ...]:
    """Return the times that are offered, in the reader's zone."""
    here = timezone.localtime(now)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    # By the clock on the wall: a day on which it is changed has not 24 hours.
    tomorrow = (morning + timedelta(days=1)).astimezone(UTC)
    monday = (morning + timedelta(days=7 - here.weekday())).astimezone(UTC)
    return (
        Choice(_("In three hours"), IN_THREE_HOURS),
        Choice(_("Tomorrow at 9:00"), tomorrow.isoformat()),
        Choice(_("Monday at 9:00"), monday.isoformat()),
    )


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
