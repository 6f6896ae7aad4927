"""What is new for a user: which messages they have seen, and which tickets they follow.

A ticket is unread for a user if its last message is another's, newer than what they have seen, and
not older than UNREAD_FOR. While the ticket needs a reply, however old it is. Nothing is that was
written before a desk was upgraded to a release that knows what is unread.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ulid import ULID

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.ulids import LONGEST_ULID
from helpdesk.parsing import whole_number
from tickets.domain.events import Merged
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models.attention import Attention
from tickets.services.delivery import snooze
from tickets.store import attention as store
from tickets.store.events import OutboxEvent
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

UNREAD_FOR = timedelta(days=60)
"""After it what was seen is forgotten, so that it does not grow with the years, unless the
ticket needs a reply."""

MOST_SEEN = 100
"""Tickets that are marked as read at once: more than a page shows."""


def unread(tickets: Sequence[Ticket], *, by: Actor, now: datetime | None = None) -> set[str]:
    """Return the numbers of those of these tickets that are unread for the actor. One SQL query, or
    none."""
    at = now or this_second()
    news = {
        int(ticket.ticket_id): str(ticket.sla.last_message)
        for ticket in tickets
        if (ticket.sla.last_message or "") > _oldest(at, ticket)
        and ticket.sla.last_author != by.user_id
    }
    seen = store.of_tickets(by.user_id, news) if news else {}
    return {
        str(number)
        for number, message in news.items()
        if number not in seen or seen[number].seen < message
    }


def first_unread(
    log: Sequence[Communication],
    row: Attention,
    *,
    ticket: Ticket,
    by: Actor,
    now: datetime | None = None,
) -> str | None:
    """Return the id of the first message of a ticket's log that is unread for the actor; None if
    none is. System Updates are no messages."""
    last = max(row.seen or "", _oldest(now or this_second(), ticket))
    system = CommunicationType.SYSTEM_UPDATE.value
    return next(
        (
            str(line.communication_id)
            for line in log
            if line.communication_id > last
            and line.type != system
            and (line.created_by != by.user_id or line.direction == Direction.INBOUND.value)
        ),
        None,
    )


def of_ticket(ticket_id: str, *, by: Actor) -> Attention:
    """Return the actor's attention to a ticket. One SQL query."""
    number = int(ticket_id)
    return store.of_tickets(by.user_id, [number]).get(number) or Attention(ticket=number)


def see(ticket_id: str, message: str, *, by: Actor) -> None:
    """Note that the actor has been shown a ticket up to a message. What is no id of one is
    ignored. Raises NotAllowed."""
    require_ticket_work(by)
    for number, shown in _shown([(ticket_id, message)]).items():
        store.see(by.user_id, number, shown)


def see_all(shown: Sequence[tuple[str, str]], *, by: Actor) -> None:
    """Note that the actor has been shown each of these tickets up to a message, at most MOST_SEEN.
    What is no id of one is ignored. Raises NotAllowed. Two SQL queries."""
    require_ticket_work(by)
    store.see_all(by.user_id, _shown(shown[:MOST_SEEN]))


def follow(ticket_id: str, *, follows: bool, by: Actor) -> None:
    """Follow a ticket, or no longer: followers are notified of its messages, notes and status.
    Raises NotFound, NotAllowed."""
    snooze.existing(ticket_id, by=by)
    store.write(by.user_id, int(ticket_id), follows=follows)


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Wake snoozed tickets, and let the followers of merged ones follow those that they were merged
    into. A repeat changes nothing."""
    snooze.wake_for(events)
    for event in events:
        if isinstance(event.what, Merged):
            for user_id in store.followers(int(event.ticket_id)):
                store.write(user_id, int(event.what.into), follows=True)


def forget_seen(*, now: datetime | None = None) -> int:
    """Forget what was seen so long ago that it is unread for nobody; return how many."""
    return store.forget_seen(_first_at((now or this_second()) - UNREAD_FOR - timedelta(days=1)))


def _shown(pairs: Sequence[tuple[str, str]]) -> dict[int, str]:
    return {
        number: message.upper()
        for ticket_id, message in pairs
        if (number := whole_number(ticket_id)) is not None
        and len(message) == LONGEST_ULID
        and message.isalnum()
    }


def _oldest(now: datetime, ticket: Ticket) -> str:
    """Return an id before those of a ticket's messages that can be unread."""
    oldest = min(now - UNREAD_FOR, ticket.sla.needs_reply_since or now)
    return _first_at(max(oldest, store.unread_since() or oldest))


def _first_at(at: datetime) -> str:
    """Return an id before those of the messages of an instant."""
    return str(ULID.from_int(int(at.timestamp() * 1_000) << 80))
