"""The query of a report in a form and in a URL."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from helpdesk.request_cache import once_a_page
from reporting.domain import days
from reporting.domain.days import Range, day_of
from reporting.services.drill_down import WHOLE, Part
from reporting.services.query import GroupBy, ReportQuery, parse_query, zones
from tickets.domain.filters import ME, NOBODY
from tickets.domain.ticket import Category, Channel, Priority
from tickets.presenters.labels import label
from tickets.services.assignment.assignable import people_in_lists

Answer = TypeVar("Answer", bound=HttpResponseBase)

_PART = ("team", "segment", "make", "rule", "level", "band")
_FILTERS = ("from", "until", "tz", "priority", "category", "channel", "assignedTo", "includeMerged")


def query_of(request: HttpRequest, by: Actor, today: date) -> ReportQuery:
    """Return the query in a page's URL. Raises as `parse_query`."""
    return parse_query(dict(request.GET.lists()), by=by, today=today, inclusive=True)


def redirects_to(view: Callable[[HttpRequest], Answer]) -> Callable[[HttpRequest], Answer]:
    """Redirect URLs of earlier releases to the current ones.

    Those name the day after the last as `to`; the current ones name the last day as `until`.
    """

    @wraps(view)
    def redirecting(request: HttpRequest) -> Any:
        if "to" not in request.GET:
            return view(request)
        given = request.GET.copy()
        after = given.pop("to")[-1]
        try:
            given.setdefault("until", str(date.fromisoformat(after) - days.DAY))
        except (ValueError, OverflowError):
            given.setdefault("until", after)  # its error is shown beside it
        return redirect(f"{request.path}?{given.urlencode()}", permanent=True)

    return redirecting


def today_of(request: HttpRequest) -> date:
    zone = request.GET.get("tz", "")
    return day_of(this_second(), zone if zone in zones() else settings.REPORT_TIME_ZONES[0])


def group_by_of(request: HttpRequest, asked: Range) -> GroupBy:
    """Return the grouping of the request, or one that suits the length of the range."""
    word = request.GET.get("groupBy", "")
    if word:
        if word not in list(GroupBy):
            raise Invalid(
                {"groupBy": _("Choose one of: %(words)s.") % {"words": ", ".join(GroupBy)}}
            )
        return GroupBy(word)
    if asked.days <= 45:
        return GroupBy.DAY
    return GroupBy.WEEK if asked.days <= 200 else GroupBy.MONTH


def form(request: HttpRequest, by: Actor, today: date) -> dict[str, Any]:
    """Return the filters as they were typed, and their choices."""
    given = {name: request.GET.get(name, "") for name in _FILTERS}
    if given["assignedTo"] == ME:
        given["assignedTo"] = by.user_id
    month = days.month_of(today)
    last_of_month = month - days.DAY
    presets = [
        (_("7 days"), today - 6 * days.DAY, today),
        (_("30 days"), today - 29 * days.DAY, today),
        (_("90 days"), today - 89 * days.DAY, today),
        (_("Last month"), days.month_of(last_of_month), last_of_month),
        (_("This year"), today.replace(month=1, day=1), today),
        (_("12 months"), month.replace(year=month.year - 1), last_of_month),
    ]
    first = given["from"] or str(today - 29 * days.DAY)
    until = given["until"] or str(today)
    kept = [
        (name, value) for name, value in given.items() if value and name not in ("from", "until")
    ]
    return {
        "given": {**given, "assigned": given["assignedTo"]},
        "from_": first,
        "until": until,
        "presets": [
            {
                "label": name,
                "query": urlencode([("from", start), ("until", end), *kept]),
                "chosen": (first, until) == (str(start), str(end)),
            }
            for name, start, end in presets
        ],
        "zones": settings.REPORT_TIME_ZONES,
        "priorities": list(Priority),
        "categories": list(Category),
        "channels": [*((one, label(one)) for one in Channel), (NOBODY, _("Unknown"))],
        "people": _people(given["assignedTo"]) if by.supervises else [],
        "groupings": [
            (GroupBy.DAY.value, _("Day")),
            (GroupBy.WEEK.value, _("Week")),
            (GroupBy.MONTH.value, _("Month")),
        ],
    }


def _people(chosen: str) -> dict[str, str]:
    """Return the users who can be chosen, by id; with one who has left if they were chosen."""
    people = {one.user_id: one.label for one in people_in_lists()}
    return {**names_of([chosen]), **people}


def pairs(asked: ReportQuery) -> list[tuple[str, str]]:
    assignee = NOBODY if asked.assignee == "" else asked.assignee
    return [
        ("from", str(asked.range.start)),
        ("until", str(asked.range.end - days.DAY)),
        ("tz", asked.zone),
        *(("priority", word) for word in sorted(asked.priorities)),
        *(("category", word) for word in sorted(asked.categories)),
        *(("channel", word or NOBODY) for word in sorted(asked.channels)),
        *([("assignedTo", assignee)] if assignee else []),
        *([("includeMerged", "true")] if asked.include_merged else []),
    ]


def query(asked: ReportQuery) -> str:
    return urlencode(pairs(asked))


def part_of(request: HttpRequest) -> Part:
    """Return the row of a table, or the bar of a distribution, in a URL."""

    def given(name: str) -> str | None:
        value = request.GET.get(name)
        return "" if value == NOBODY else value

    return Part(**{name: given(name) for name in _PART})


def drill_down_pairs(asked: ReportQuery, figure: str, part: Part) -> list[tuple[str, str]]:
    """Return the query string of the page with the tickets behind a figure."""
    of_part = [(name, value) for name in _PART if (value := getattr(part, name)) is not None]
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


def narrowed_link(asked: ReportQuery, name: str, key: str) -> str:
    """Return the URL of the report of one group of a table."""
    kept = [pair for pair in pairs(asked) if pair[0] != name]
    return f"{reverse('reports')}?{urlencode([*kept, (name, key or NOBODY)])}"
