"""The report that a person saw last."""

from reporting.models import LastReport

LONGEST = 1_000


def last_report(user_id: int) -> str:
    """Return the query string of the report that a user saw last, or "". One SQL query."""
    return LastReport.objects.filter(pk=user_id).values_list("query", flat=True).first() or ""


def remember(user_id: int, query: str) -> None:
    """Keep the query string of a report as the last one that a user saw.

    One SQL query; a write only if it is another than before.
    """
    if len(query) <= LONGEST and last_report(user_id) != query:
        LastReport.objects.bulk_create(
            [LastReport(pk=user_id, query=query)],
            update_conflicts=True,
            unique_fields=["user"],
            update_fields=["query"],
        )
