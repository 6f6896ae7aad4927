"""What follows a restore: numbers that were given after the backup are not given again."""

from tickets.store import search, ticket_numbers


def raise_numbers(*, skip: int) -> tuple[int, int]:
    """Skip ticket numbers that may have been given after the backup; return the last one before
    and now.

    Goes by the restored counter and by the search index, which was backed up later, and leaves out
    `skip` more. A repeat leaves out as many again. Two reads, one write.
    """
    before = ticket_numbers.last_ticket_number()
    highest = max(before, search.highest_number())
    return before, ticket_numbers.take_numbers(highest - before + skip)[-1]
