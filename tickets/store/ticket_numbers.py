"""The numbers of tickets, from one atomic counter. Gaps are fine."""

from pynamodb.exceptions import DoesNotExist

from tickets.store.items import COUNTER, Counter


def next_ticket_id() -> str:
    """Return a new ticket number; one that is not used in the end leaves a gap. One write."""
    counter = Counter(f"{COUNTER}#tickets")
    counter.update(actions=[Counter.last.add(1)])
    return str(counter.last)


def take_numbers(count: int) -> range:
    """Return this many new ticket numbers. One write."""
    counter = Counter(f"{COUNTER}#tickets")
    counter.update(actions=[Counter.last.add(count)])
    last = counter.last
    return range(last - count + 1, last + 1)


def last_ticket_number() -> int:
    """Return the last ticket number that was used; 0 before the first. One GetItem."""
    try:
        counter = Counter.get(f"{COUNTER}#tickets", COUNTER, consistent_read=True)
    except DoesNotExist:
        return 0
    return counter.last
