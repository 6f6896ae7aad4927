"""Refusals of the domain. Each message can be shown to a person; those that pages show are marked,
and translated where they are shown."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from customers.domain.wording import Refusal
from customers.domain.wording import gettext_noop as _


class DomainError(Refusal):
    """The base of everything that the domain refuses."""


# Time


class NotAnInstant(DomainError):
    """The value is neither a UTC datetime with whole seconds nor text that names one."""

    def __init__(self, value: object, why: str) -> None:
        super().__init__(f"{str(value)!r} is not an instant: {why}")


class TimeRunsBackwards(DomainError):
    def __init__(self, at: datetime, last: datetime) -> None:
        super().__init__(f"time runs backwards: {_show(at)} comes before {_show(last)}")


# Calendars, policies, targets


class CalendarRefused(DomainError):
    """The base of all errors in a calendar."""


class CalendarMalformed(CalendarRefused):
    """The JSON of a calendar does not have the form that SLA.md gives."""


class UnknownTimeZone(CalendarRefused):
    def __init__(self, name: object) -> None:
        super().__init__(_("“%(name)s” is not a time zone such as Europe/Berlin."), name=name)


class WindowRefused(CalendarRefused):
    """The window is not part of one day, from 00:00 to 24:00 at most."""


class WindowsOverlap(CalendarRefused):
    def __init__(self, day: str, first: str, second: str) -> None:
        super().__init__(
            _("The time ranges %(first)s and %(second)s of %(day)s overlap."),
            first=first,
            second=second,
            day=day,
        )


class CalendarHasNoWorkingTime(CalendarRefused):
    def __init__(self) -> None:
        super().__init__(_("The calendar has no business hours in a normal week."))


class DeadlineOutOfReach(CalendarRefused):
    """The calendar does not have that much working time before its horizon."""

    def __init__(self, start: datetime, seconds: int) -> None:
        super().__init__(
            _("%(seconds)s s of business hours from %(start)s take too many years."),
            seconds=seconds,
            start=_show(start),
        )


class TargetRefused(DomainError):
    """The text names no duration, or one that cannot be a target."""


class TargetsRefused(DomainError):
    """The targets of a policy are incomplete or contradict each other."""


class NoTarget(TargetsRefused):
    def __init__(self, key: str, priority: str) -> None:
        super().__init__(_("%(key)s has no targets for %(priority)s."), key=key, priority=priority)


# Tickets


class EventRefused(DomainError):
    """The base of events that a ticket's current state does not allow."""


class TransitionRefused(EventRefused):
    """The workflow has no such step. `allowed` holds the statuses that can follow."""

    def __init__(self, current: str, wanted: str, allowed: Iterable[str]) -> None:
        self.current, self.wanted, self.allowed = current, wanted, tuple(allowed)
        super().__init__(
            _("Can’t change the status from %(current)s to %(wanted)s. Allowed: %(allowed)s."),
            current=current,
            wanted=wanted,
            allowed=self.allowed,
        )


class ClosedTooLongAgo(EventRefused):
    """The customer's message belongs to a follow-up ticket."""

    def __init__(self, closed_at: datetime, within: timedelta) -> None:
        super().__init__(
            _(
                "The ticket was closed at %(at)s, %(days)s days ago or more. This message creates "
                "a follow-up ticket."
            ),
            at=_show(closed_at),
            days=within.days,
        )


class AlreadyWaiting(EventRefused):
    def __init__(self) -> None:
        super().__init__(_("The ticket is already waiting for the customer."))


class NotWaiting(EventRefused):
    def __init__(self) -> None:
        super().__init__(_("The ticket is not waiting for the customer."))


class CannotWait(EventRefused):
    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(
            _("A ticket that is %(status)s can’t be set to waiting. Reopen it first."),
            status=status,
        )


class CannotReopen(EventRefused):
    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(_("A ticket that is %(status)s can’t be reopened."), status=status)


class MergedAway(EventRefused):
    """The ticket was closed as a duplicate and continues in `into`."""

    def __init__(self, into: str) -> None:
        self.into = into
        super().__init__(_("The ticket was merged into ticket %(id)s."), id=into)


class TicketArchived(EventRefused):
    """The ticket is archived; an administrator can restore it."""

    def __init__(self) -> None:
        super().__init__(_("The ticket is archived."))


class NotClosed(EventRefused):
    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(
            _("A ticket that is %(status)s can’t be archived. Close it first."), status=status
        )


class UndoRefused(EventRefused):
    """The ticket has gone on since it was closed, or that is too long ago."""

    def __init__(self) -> None:
        super().__init__(_("The closing can’t be undone any more. Reopen the ticket instead."))


class MergeRefused(EventRefused):
    """These two tickets cannot be merged or linked."""


class NotCreatedFirst(EventRefused):
    def __init__(self) -> None:
        super().__init__("a timeline starts with one created event")


class UnknownWord(DomainError):
    """The word is not in its list, such as an event type or a priority."""

    def __init__(self, what: str, word: object, known: Iterable[str]) -> None:
        super().__init__(f"{word!r} is not {what}; known: {', '.join(known)}")


class HighestLevelReached(DomainError):
    def __init__(self, level: int) -> None:
        super().__init__(
            _("The ticket is already at the highest escalation level, %(level)s."), level=level
        )


class ScenarioRefused(DomainError):
    """A scenario that cannot be evaluated; the message names the event or the field."""


def _show(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
