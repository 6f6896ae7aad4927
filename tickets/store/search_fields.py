"""Custom values in the search index."""

from collections.abc import Iterable

from django.db.models import Q

from customers.store.custom_values import asked, indexed, rank_of
from helpdesk.custom_fields.definition import LONGEST_TEXT, as_text
from tickets.models.search import EntryField
from tickets.store.ticket import Ticket


def with_fields(conditions: Iterable[str]) -> Q:
    """Return the condition that a ticket has these custom values; see custom_values.py."""
    every = Q()
    for key, one in asked(conditions).items():
        rows = EntryField.objects.filter(key=key)
        if one.texts:
            rows = rows.filter(text__in=sorted(one.texts))
        if one.at_least is not None:
            rows = rows.filter(rank__gte=one.at_least)
        if one.at_most is not None:
            rows = rows.filter(rank__lte=one.at_most)
        every &= Q(number__in=rows.values("entry"))
    return every


def values_written(numbers: Iterable[int], keys: Iterable[str]) -> dict[int, dict[str, str]]:
    """Return values of custom fields as they were written, by ticket and key. One SQL query."""
    found: dict[int, dict[str, str]] = {}
    rows = EntryField.objects.filter(entry__in=list(numbers), key__in=list(keys))
    for number, key, written in rows.values_list("entry_id", "key", "written"):
        found.setdefault(number, {})[key] = written
    return found


def fields_of(ticket: Ticket) -> list[EntryField]:
    """Return the rows of a ticket, which are not saved."""
    return [
        EntryField(
            entry_id=int(ticket.ticket_id),
            key=key,
            text=indexed(value),
            rank=rank_of(value),
            written=as_text(value)[:LONGEST_TEXT],
        )
        for key, value in (ticket.custom_fields or {}).items()
    ]
