"""Snooze a ticket for oneself, and be reminded of one.

A snoozed ticket is out of its user's lists until a time, until the customer replies, or until it is
pressing: at risk, past a deadline, or escalated. Its clocks run on, and nobody else notices.

What is due is found again until it is written off, after the notification. A notification has an id
that follows from what is due, so a worker that dies in between notifies nobody twice.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext as _
from ulid import ULID

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotFound
from helpdesk.parsing import whole_number
from tickets.domain.events import Communicated, Escalated
from tickets.domain.ticket import BY_CUSTOMER, Direction
from tickets.models.attention import Attention
from tickets.models.search import FAR
from tickets.services.delivery import notifications
from tickets.store import attention as store
from tickets.store import queries
from tickets.store.events import OutboxEvent
from tickets.store.ticket import Ticket

LONGEST = timedelta(days=366)
BATCH = 200
_AWAKE = {"snoozed_at": None, "snoozed_until": None, "snoozed_after": ""}
_ASLEEP = tuple(_AWAKE)


def snooze(
    ticket_id: str,
    *,
    until: datetime | None,
    seen: str = "",
    by: Actor,
    now: datetime | None = None,
) -> None:
    """Snooze a ticket until a time, or until the customer replies.

    `seen` is the last message that the actor saw; by default the ticket's last. Raises Invalid for
    a time that is not ahead, and if the customer has said something since `seen`; NotFound,
    NotAllowed.
    """
    require_ticket_work(by)
    at = now or this_second()
    _check_ahead("until", until, at)
    ticket = existing(ticket_id, by=by)
    after = seen or ticket.sla.last_message or ""
    store.write(
        by.user_id,
        int(ticket_id),
        snoozed_at=_second(at),
        snoozed_until=_second(until) if until else FAR,
        snoozed_after=after,
    )
    # A message that was stored before this does not meet the snooze when it is passed on; a later
    # one does.
    last = existing(ticket_id, by=by).sla
    if last.last_author == BY_CUSTOMER and (last.last_message or "") > after:
        store.write(by.user_id, int(ticket_id), **_AWAKE)
        raise Invalid({"until": _("The customer has just replied.")})


def wake(ticket_id: str, *, by: Actor) -> None:
    """Take a snoozed ticket back into one's lists. Raises NotFound, NotAllowed."""
    existing(ticket_id, by=by)
    store.write(by.user_id, int(ticket_id), **_AWAKE)


def remind(ticket_id: str, *, at: datetime | None, by: Actor, now: datetime | None = None) -> None:
    """Be notified of a ticket at a time; None: not any more. Raises Invalid, NotFound,
    NotAllowed."""
    require_ticket_work(by)
    _check_ahead("at", at, now or this_second())
    existing(ticket_id, by=by)
    store.write(by.user_id, int(ticket_id), remind_at=_second(at) if at else None)


def existing(ticket_id: str, *, by: Actor) -> Ticket:
    """Return a ticket that can be followed, snoozed, or reminded of. Raises NotFound, NotAllowed.
    One read."""
    require_ticket_work(by)
    found = queries.ticket(ticket_id) if whole_number(ticket_id) is not None else None
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    return found


def wake_for(events: Sequence[OutboxEvent]) -> None:
    """Wake what a customer's reply or an escalation wakes. A repeat changes nothing."""
    for event in events:
        match event.what:
            case Communicated(direction=Direction.INBOUND) as said if not said.automatic:
                message = said.communication_id
            case Escalated():
                message = event.event_id
            case _:
                continue
        for row in store.snoozed_of(int(event.ticket_id)):
            if row.snoozed_after < message:
                notifications.store_own(
                    str(row.user_id), event.ticket_id, event.event_id, "woken", event.at
                )
                store.clear(row, _ASLEEP, _AWAKE)


def due(*, now: datetime | None = None) -> bool:
    """Return whether `notify_due` has something to do. Three SQL queries at most."""
    second = _second(now or this_second())
    waiting = (store.to_wake(second), store.to_remind(second), store.pressing(second))
    return any(found.exists() for found in waiting)


def notify_due(*, now: datetime | None = None) -> int:
    """Wake what is snoozed no more, and remind whom it is time to; return how many. A repeat
    changes nothing. Cost: what is due, and a write to each database for each."""
    second = _second(now or this_second())
    store.pressing(second).update(snoozed_until=second)
    done = 0
    for row in store.to_wake(second)[:BATCH]:
        _notify(row, "woken", int(row.snoozed_until or second))
        done += store.clear(row, _ASLEEP, _AWAKE)
    for row in store.to_remind(second)[:BATCH]:
        _notify(row, "reminder", int(row.remind_at or second))
        done += store.clear(row, ("remind_at",), {"remind_at": None})
    return done


def _notify(row: Attention, kind: str, second: int) -> None:
    """Store a notification of what was due at a second. Its id follows from that and the row, so
    that a repeat stores no other."""
    low = int.from_bytes(sha256(f"{kind} {row.pk}".encode()).digest()[:10])
    made = str(ULID.from_int((second * 1_000 << 80) | low))
    at = datetime.fromtimestamp(second, UTC)
    notifications.store_own(str(row.user_id), str(row.ticket), made, kind, at)


def _check_ahead(name: str, at: datetime | None, now: datetime) -> None:
    if at is not None and not now < at <= now + LONGEST:
        raise Invalid({name: _("Choose a time in the coming year.")})


def _second(at: datetime) -> int:
    return int(at.timestamp())
