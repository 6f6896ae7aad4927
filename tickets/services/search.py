"""Keep the search index in line with the tickets, and rebuild it from them alone."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import structlog
from django.db import DatabaseError

from customers.domain.words import folded
from customers.services.read import get_customers, get_vehicles
from customers.store.items import Customer, Vehicle
from tickets.domain.ticket import CommunicationType
from tickets.store import access, search
from tickets.store.fulltext import Document
from tickets.store.log import Communication, OutboxEvent
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

MOST_LINES = 2_000
"""Lines of one conversation that can be searched, the newest ones."""

REBUILD_BATCH = 200
MARK_START, MARK_END = "\ue000", "\ue001"
"""Stand around a hit in a snippet; no text of people's has them."""

_WORD = re.compile(r"[^\W_]+")
_TEXTLESS = {"assigned", "escalated", "resolved", "closed", "reopened"}
"""Events after which a ticket's text is what it was."""
_TEXT_FIELDS = {"subject", "description", "vehicleId", "tags"}
_AROUND = 60
_PHONE_DIGITS = 8  # fewer may be the end of a VIN


def take(events: Sequence[OutboxEvent]) -> None:
    """Follow what happened to tickets. What is written is read anew, so a repeat does no harm."""
    texts = {event.ticket_id for event in events if _changes_text(event)}
    stored = access.tickets({event.ticket_id for event in events})
    texts |= {str(number) for number in search.follow(stored.values())}
    _follow_texts([stored[ticket_id] for ticket_id in texts if ticket_id in stored])


def follow_at_once(tickets: Iterable[Ticket]) -> None:
    """Let every list show a change to whoever has just made it; its text comes with the outbox.

    Never raises, and never waits for another writer: the outbox does all of it again. Cost: a few
    small SQL statements.
    """
    try:
        with search.without_waiting():
            search.follow(tickets)
    except DatabaseError as error:
        log.warning("index_not_followed", reason=str(error))


def follow_tickets(ticket_ids: Iterable[str]) -> None:
    """Write anew what the index says of these tickets and their people. A repeat does no harm."""
    _follow_texts(list(access.tickets(ticket_ids).values()))


def follow_whole(ticket_ids: Iterable[str]) -> None:
    """Write anew all that the index says of these tickets. A repeat does no harm."""
    stored = list(access.tickets(ticket_ids).values())
    search.follow(stored)
    _follow_texts(stored)


def forget_remains() -> None:
    """Let nothing of a text stay in the index's files after it was taken out or written anew.

    Cost: the full text is written anew, in small pieces. Never raises: the next one does it.
    """
    try:
        search.forget_remains()
    except DatabaseError as error:
        log.warning("remains_not_forgotten", reason=str(error))


def rebuild(each: Callable[[int], object] = lambda done: None) -> int:
    """Make the index anew from the tickets; call `each` with how many are done. Returns that.

    Changes that are made meanwhile are followed as always; an entry never goes back.
    """
    search.clear()
    done = 0
    tickets = access.every_ticket()
    while batch := list(islice(tickets, REBUILD_BATCH)):
        search.follow(ticket for ticket, _log in batch)
        people = _People(ticket for ticket, _log in batch)
        search.follow_text(
            (people.document(ticket, lines), int(ticket.version)) for ticket, lines in batch
        )
        done += len(batch)
        each(done)
    search.take_stock()
    return done


def words_of(text: str) -> list[str]:
    """The words that a text is searched by: no case, no accents, a phone number as one."""
    digits = re.sub(r"\D", "", text)
    if len(digits) >= _PHONE_DIGITS and re.fullmatch(r"\s*\+?[\d\s()/.-]+", text):
        return [digits.lstrip("0")]
    return _words(text)


def snippet(text: str, words: Sequence[str]) -> str:
    """The surroundings of the first hit in `text`, every hit between the marks; empty if none."""
    pattern, plain = _pattern(words), folded_in_place(text)
    first = pattern.search(plain)
    if first is None:
        return ""
    start = max(first.start() - _AROUND, 0)
    end = min(first.end() + 2 * _AROUND, len(text))
    while start > 0 and not text[start - 1].isspace() and start > first.start() - 2 * _AROUND:
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    marked = mark_hits(text[start:end], words)
    shown = f"{'…' if start > 0 else ''}{marked}{'…' if end < len(text) else ''}"
    return " ".join(shown.split())


def mark_hits(text: str, words: Sequence[str]) -> str:
    """`text` with every word that begins as one of `words` between the marks."""
    parts, at, plain = [], 0, folded_in_place(text)
    for hit in _pattern(words).finditer(plain):
        stop = hit.end()
        while stop < len(text) and text[stop].isalnum():
            stop += 1
        parts += [text[at : hit.start()], MARK_START, text[hit.start() : stop], MARK_END]
        at = stop
    return "".join([*parts, text[at:]])


def folded_in_place(text: str) -> str:
    """`text` without case and accents, letter for letter, so that places in it stay the same."""
    if text.isascii():
        return text.lower()
    return "".join(
        (folded(letter) or letter)[:1] if letter > "\x7f" else letter.lower() for letter in text
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, words)) + ")")


class _People:
    """Customers and vehicles of some tickets, read together."""

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        about = list(tickets)
        self._customers = get_customers(ticket.customer_id for ticket in about)
        self._vehicles = get_vehicles(
            (ticket.customer_id, ticket.vehicle_id) for ticket in about if ticket.vehicle_id
        )

    def document(self, ticket: Ticket, lines: Iterable[Communication]) -> Document:
        customer = self._customers.get(ticket.customer_id)
        vehicle = self._vehicles.get(ticket.vehicle_id or "")
        said = [
            line.content for line in lines if line.type != CommunicationType.SYSTEM_UPDATE.value
        ]
        strong = [ticket.ticket_id, ticket.subject, *ticket.tags]
        strong += [*_names(customer), *_marks(vehicle)]
        return Document(
            number=int(ticket.ticket_id),
            strong=_words(" ".join(strong)),
            weak=_words(" ".join([ticket.description, *said])),
            original="\n".join([ticket.description, *said, *_names(customer), *_marks(vehicle)]),
        )


def _follow_texts(tickets: Sequence[Ticket]) -> None:
    people = _People(tickets)
    search.follow_text(
        (
            people.document(ticket, access.whole_log(ticket.ticket_id, most=MOST_LINES)),
            int(ticket.version),
        )
        for ticket in tickets
    )


def _changes_text(event: OutboxEvent) -> bool:
    if event.kind in _TEXTLESS:
        return False
    return event.kind != "changed" or any(f'"{name}"' in event.data for name in _TEXT_FIELDS)


def _names(customer: Customer | None) -> Iterator[str]:
    if customer is None:
        return
    yield customer.name
    yield customer.email or ""
    yield customer.company or ""
    digits = re.sub(r"\D", "", customer.phone or "")
    # As dialled from abroad, and as people at home say it.
    yield from (digits[start:] for start in range(min(4, max(len(digits) - 5, 0))))


def _marks(vehicle: Vehicle | None) -> Iterator[str]:
    if vehicle is None:
        return
    yield vehicle.label
    if vehicle.vin:
        yield vehicle.vin
        yield vehicle.vin[-6:]


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))
