"""URLs of reports, and of the tickets behind their figures."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.urls import reverse

from helpdesk.request_cache import once_a_page
from reporting.domain import days
from reporting.services.drill_down import WHOLE, Part
from reporting.services.query import ReportQuery
from tickets.domain.filters import NOBODY

PART = ("team", "segment", "make", "rule", "level", "band")
"""Parameters that name a part of a figure."""


def pairs(asked: ReportQuery) -> list[tuple[str, str]]:
    """Return the parameters of a query in a page's URL."""
    assignee = NOBODY if asked.assignee == "" else asked.assignee
    return [
        ("from", str(asked.range.start)),
        ("until", str(asked.range.end - days.DAY)),
        ("tz", asked.zone),
        *(("priority", word) for word in sorted(asked.priorities)),
        *(("category", word) for word in sorted(asked.categories)),
        *(("channel", word or NOBODY) for word in sorted(asked.channels)),
        *([("assignedTo", assignee)] if assignee else []),
        *([("customer", asked.customer)] if asked.customer else []),
        *([("tag", asked.tag)] if asked.tag else []),
        *([("includeMerged", "true")] if asked.include_merged else []),
    ]


def query(asked: ReportQuery) -> str:
    return urlencode(pairs(asked))


def drill_down_pairs(asked: ReportQuery, figure: str, part: Part) -> list[tuple[str, str]]:
    """Return the parameters of the page with the tickets behind a figure."""
    of_part = [(name, value) for name in PART if (value := getattr(part, name)) is not None]
    named = [(name, value or NOBODY) for name, value in of_part]
    return [*pairs(asked), *named, ("figure", figure)]


def drill_down_links(asked: ReportQuery, part: Part = WHOLE) -> Callable[[str], str]:
    """Return the URL of the page with the tickets behind a figure, for each figure of one row.

    A report has hundreds of links: what those of a row have in common is built only once.
    """
    address = f"{_drill_down()}?{urlencode(drill_down_pairs(asked, '', part))}"
    return lambda figure: address + figure


@once_a_page
def _drill_down() -> str:
    return reverse("report_tickets")


def customer_report(asked: ReportQuery, customer_id: str) -> str:
    """Return the URL of a customer's report of the days of a query."""
    days_of_range = [pair for pair in pairs(asked) if pair[0] in ("from", "until", "tz")]
    return f"{reverse('customer_report', args=[customer_id])}?{urlencode(days_of_range)}"


def narrowed_link(asked: ReportQuery, name: str, key: str, part: str) -> str:
    """Return the URL of a part of the report of one group of a table."""
    kept = [pair for pair in pairs(asked) if pair[0] != name]
    return f"{reverse('reports')}?{urlencode([*kept, (name, key or NOBODY), ('part', part)])}"
