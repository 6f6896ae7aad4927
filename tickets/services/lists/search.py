"""Keep the search index in line with the tickets, and rebuild it from them."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import structlog
from django.db import DatabaseError

from customers.domain import contact
from customers.domain import vin as vins
from customers.domain.folding import (
    folded_in_place,
    pattern_of,
    sets_spaces,
    words_asked,
    words_to_find,
)
from customers.domain.search_words import words_of_vehicle
from customers.services.read import get_customers, get_vehicles
from customers.store.custom_values import texts_of
from customers.store.items import Customer, Vehicle
from helpdesk.clock import this_second
from helpdesk.log_redaction import kind_of
from tickets.domain.events import Assigned, Changed, Closed, Escalated, Reopened, Resolved
from tickets.domain.ticket import CommunicationType
from tickets.services.delivery import outbox
from tickets.store import queries, search
from tickets.store.events import OutboxEvent
from tickets.store.fulltext import Document
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

CONSUMER = "search"
"""The name of `handle_events` in OUTBOX_CONSUMERS."""

MOST_LINES = 2_000
"""Lines of one conversation that can be searched, the newest ones."""

REBUILD_BATCH = 200
MARK_START, MARK_END = "\ue000", "\ue001"
"""Marks around a hit in a snippet; no stored text contains them."""

_TEXTLESS = Assigned | Escalated | Resolved | Closed | Reopened
"""Events after which a ticket's text is what it was."""
_TEXT_FIELDS = {
    *("subject", "description", "vehicleId", "tags", "participants", "customFields"),
}
_AROUND = 60
_PHONE_DIGITS = 8  # fewer may be the end of a VIN
_VIN_SIGNS = 17
_OF_LINES = ("type", "content", "email", "deliveries")
"""What the index reads of a log's entries."""


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Update the index after events. Tickets are read anew, so a repeat does no harm."""
    texts = {event.ticket_id for event in events if _changes_text(event)}
    stored = queries.tickets({event.ticket_id for event in events})
    texts |= {str(number) for number in search.index_tickets(stored.values())}
    _follow_texts([stored[ticket_id] for ticket_id in texts if ticket_id in stored])


def index_at_once(tickets: Iterable[Ticket]) -> None:
    """Update the index at once, so that the user who made a change sees it; the text follows later.

    Never raises, and never waits for another writer: the outbox repeats all of it. Cost: a few
    small SQL statements.
    """
    try:
        with search.without_waiting():
            search.index_tickets(tickets)
    except DatabaseError as error:
        log.warning("index_not_followed", reason=kind_of(error))


def index_texts_of(ticket_ids: Iterable[str]) -> None:
    """Update the texts of these tickets and their customers in the index. A repeat does no harm."""
    _follow_texts(list(queries.tickets(ticket_ids).values()))


def index_whole(ticket_ids: Iterable[str]) -> None:
    """Update everything about these tickets in the index. A repeat does no harm."""
    stored = list(queries.tickets(ticket_ids).values())
    search.index_tickets(stored)
    _follow_texts(stored)


def forget_remains() -> None:
    """Remove deleted and replaced texts from the index's files, too.

    Cost: the full text is rewritten, in small pieces. Never raises: the next call repeats it.
    """
    try:
        search.forget_remains()
    except DatabaseError as error:
        log.warning("remains_not_forgotten", reason=kind_of(error))


def rebuild(each: Callable[[int], object] = lambda done: None) -> int:
    """Rebuild the index from the tickets; call `each` with the number done. Returns that number.

    Changes made meanwhile are indexed as always; an entry is never replaced by an older one.
    """
    begun = this_second()
    search.clear()
    done = 0
    tickets = queries.every_ticket()
    while batch := list(islice(tickets, REBUILD_BATCH)):
        search.index_tickets(ticket for ticket, _log in batch)
        people = _People(ticket for ticket, _log in batch)
        search.index_texts(
            (people.document(ticket, lines), ticket.version) for ticket, lines in batch
        )
        done += len(batch)
        each(done)
    search.take_stock()
    outbox.made_anew(CONSUMER, since=begun)
    return done


def words_of(text: str) -> list[str]:
    """Return the words to search a text by: without case and accents; a phone number or
    VIN is one."""
    digits = contact.phone_digits(text)
    if len(digits) >= _PHONE_DIGITS:
        return [digits]
    vin = vins.as_kept(text)
    if len(vin) == _VIN_SIGNS and vin.isalnum() and any(map(str.isdigit, vin)):
        return words_asked(vin)
    return words_asked(text)


def one_code(text: str) -> list[str]:
    """Return `text` without its gaps if it can be one chassis number or booking, else "".

    That is several groups of letters and digits, with at least one digit.
    """
    groups = words_asked(text)
    code = "".join(groups)
    could_be = len(groups) > 1 and len(code) <= vins.LONGEST and any(map(str.isdigit, code))
    return [code] if could_be else []


def snippet(text: str, words: Sequence[str]) -> str:
    """Return the text around the first hit in `text`, with every hit marked; empty if there is
    none."""
    text = unicodedata.normalize("NFC", text)
    plain, places = folded_in_place(text)
    first = pattern_of(words).search(plain)
    if first is None:
        return ""
    begin, stop = places[first.start()], places[first.end() - 1]
    start = max(begin - _AROUND, 0)
    end = min(begin + 2 * _AROUND, len(text))
    while start > 0 and not text[start - 1].isspace() and start > begin - 2 * _AROUND:
        start -= 1
    while end < len(text) and (text[end].isalnum() or end <= stop):
        end += 1
    marked = mark_hits(text[start:end], words)
    shown = f"{'…' if start > 0 else ''}{marked}{'…' if end < len(text) else ''}"
    return " ".join(shown.split())


def mark_hits(text: str, words: Sequence[str]) -> str:
    """Return `text` with every word marked that begins with one of `words`."""
    text = unicodedata.normalize("NFC", text)
    parts, at = [], 0
    plain, places = folded_in_place(text)
    for hit in pattern_of(words).finditer(plain):
        begin, stop = max(places[hit.start()], at), places[hit.end() - 1] + 1
        while stop < len(text) and sets_spaces(text[stop - 1]) and _goes_on(text[stop]):
            stop += 1
        parts += [text[at:begin], MARK_START, text[begin:stop], MARK_END]
        at = max(stop, at)
    return "".join([*parts, text[at:]]).replace(MARK_END + MARK_START, "")


def _goes_on(letter: str) -> bool:
    """Return whether a word continues with `letter`."""
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


class _People:
    """The customers and vehicles of some tickets, read together."""

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        about = list(tickets)
        self._customers = get_customers(ticket.customer_id for ticket in about)
        self._vehicles = get_vehicles(
            (ticket.customer_id, ticket.vehicle_id) for ticket in about if ticket.vehicle_id
        )

    def document(self, ticket: Ticket, lines: Iterable[Communication]) -> Document:
        customer = self._customers.get(ticket.customer_id)
        vehicle = self._vehicles.get(ticket.vehicle_id or "")
        lines = list(lines)
        said = [
            line.content for line in lines if line.type != CommunicationType.SYSTEM_UPDATE.value
        ]
        people = [*_names(customer), *_marks(vehicle), *ticket.participants, *_written_to(lines)]
        own = texts_of(ticket.custom_fields)
        strong = [ticket.ticket_id, ticket.subject, *ticket.tags, *own, *people]
        return Document(
            number=int(ticket.ticket_id),
            strong=[*words_to_find(" ".join(strong)), *_ends(customer, vehicle)],
            weak=words_to_find(" ".join([ticket.description, *said])),
            original="\n".join([ticket.description, *said, *own, *people]),
        )


def _follow_texts(tickets: Sequence[Ticket]) -> None:
    people = _People(tickets)
    search.index_texts(
        (
            people.document(
                ticket, queries.whole_log(ticket.ticket_id, most=MOST_LINES, only=_OF_LINES)
            ),
            ticket.version,
        )
        for ticket in tickets
    )


def _changes_text(event: OutboxEvent) -> bool:
    match event.what:
        case Changed(fields):
            return not _TEXT_FIELDS.isdisjoint(name.partition(".")[0] for name in fields)
        case what:
            return not isinstance(what, _TEXTLESS)


def _names(customer: Customer | None) -> list[str]:
    """Return the texts about a customer by which a ticket can be found."""
    if customer is None:
        return []
    return [*filter(None, (customer.name, customer.email, customer.company, customer.phone))]


def _written_to(lines: Sequence[Communication]) -> list[str]:
    """Return who wrote a ticket's emails and to whom, each once."""
    found: dict[str, None] = {}
    for line in lines:
        if line.email:
            people = (line.email.sender, *(line.email.to or ()), *(line.email.cc or ()))
            found.update(dict.fromkeys(people))
        found.update(dict.fromkeys(one.address for one in line.deliveries or ()))
    return sorted(found)


def _marks(vehicle: Vehicle | None) -> list[str]:
    """Return the texts about a vehicle by which a ticket can be found."""
    return [*filter(None, (vehicle.label, vehicle.vin, vehicle.booking))] if vehicle else []


def _ends(customer: Customer | None, vehicle: Vehicle | None) -> Iterator[str]:
    """Yield the endings of a number by which it can be found. They are only in the index."""
    if customer and customer.phone:
        digits = contact.phone_digits(customer.phone)
        # As dialled from abroad, and as people at home say it.
        yield from (digits[start:] for start in range(min(4, max(len(digits) - 5, 0))))
    if vehicle:
        vin = vehicle.vin or ""
        yield from words_to_find(" ".join(vin[-signs:] for signs in range(6, 10)))
        yield from (word for kind, word in words_of_vehicle(vin=None, booking=vehicle.booking))
