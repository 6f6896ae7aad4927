"""How many deadlines of active tickets are near, from the search index."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from django.db.models import Count, Q

from tickets.domain import instant
from tickets.models.search import Entry


def due_counts(edges: Sequence[datetime]) -> list[int]:
    """Return how many tickets are due from each of these instants up to the next one.

    One SQL query. Cost: grows with the tickets due between the first and the last.
    """
    seconds = [instant.seconds(edge) for edge in edges]
    bands = {
        str(place): Count("number", filter=Q(due_at__gte=first, due_at__lt=last))
        for place, (first, last) in enumerate(pairwise(seconds))
    }
    due = Entry.objects.filter(due_at__gte=seconds[0], due_at__lt=seconds[-1], active=True)
    found = due.aggregate(**{f"band_{place}": count for place, count in bands.items()})
    return [found[f"band_{place}"] for place in bands]
