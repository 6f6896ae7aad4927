"""The query of a report's page: read from its URL, and its form."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from reporting.domain import days
from reporting.domain.days import Range, day_of
from reporting.domain.presets import Preset, range_of
from reporting.services.drill_down import Part
from reporting.services.query import GroupBy, ReportQuery, parse_query, zones
from reporting.web import links
from reporting.web.labels import PRESETS
from tickets.domain.filters import ME, NOBODY
from tickets.domain.ticket import Category, Channel, Priority
from tickets.presenters.labels import label
from tickets.services.assignment.assignable import people_in_lists

Answer = TypeVar("Answer", bound=HttpResponseBase)

OVER_TIME = {
    GroupBy.DAY: gettext_lazy("Day"),
    GroupBy.WEEK: gettext_lazy("Week"),
    GroupBy.MONTH: gettext_lazy("Month"),
}
USUAL = Preset.LAST_30_DAYS

_FILTERS = ("priority", "category", "channel", "assignedTo", "customer", "tag", "includeMerged")


@dataclass(frozen=True, slots=True)
class View:
    """A report as its URL says: the query, the name of its range if it has one, the part that is
    shown, and as they were typed by what time its charts are grouped and the minutes of a reply."""

    asked: ReportQuery
    preset: Preset | None
    part: str
    group_by: str = ""
    minutes: str = ""

    def pairs(self, **others: str) -> list[tuple[str, str]]:
        """Return the parameters of its URL, with these instead of its own."""
        found = {name: value for name, value in links.pairs(self.asked) if name not in _FILTERS}
        if self.preset:
            del found["from"], found["until"]
            found = {"range": self.preset.value, **found}
        found |= {"groupBy": self.group_by, "minutes": self.minutes, "part": self.part, **others}
        filters = [
            (name, value)
            for name, value in links.pairs(self.asked)
            if name in _FILTERS and name not in others
        ]
        return [*((name, value) for name, value in found.items() if value), *filters]

    def query(self, **others: str) -> str:
        """Return the query string of its URL, with these parameters instead of its own."""
        return urlencode(self.pairs(**others))


def view_of(request: HttpRequest, by: Actor, today: date, *, part: str) -> View:
    """Return the report in a page's URL. Raises as `query_of`."""
    asked = query_of(request, by, today)
    typed = request.GET.get
    return View(
        asked,
        _preset(request, asked, today),
        part,
        group_by=typed("groupBy", ""),
        minutes=typed("minutes", ""),
    )


def usual(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters of a report for which nothing was chosen."""
    return [("range", USUAL.value), ("tz", own_zone(request))]


def _preset(request: HttpRequest, asked: ReportQuery, today: date) -> Preset | None:
    """Return the preset that a URL names, unless its days are others."""
    named = request.GET.get("range", "")
    if not (named or request.GET.get("from") or request.GET.get("until")):
        return USUAL
    chosen = Preset(named) if named in list(Preset) else None
    return chosen if chosen and range_of(chosen, today) == asked.range else None


def query_of(request: HttpRequest, by: Actor, today: date) -> ReportQuery:
    """Return the query in a page's URL. Raises as `parse_query`.

    The zone is the reader's unless the URL names one. `range` names a preset; days that are named
    beside it have the last word.
    """
    given = {name: list(values) for name, values in request.GET.lists()}
    given["tz"] = [zone_of(request)]
    preset = request.GET.get("range", "")
    if preset and preset not in list(Preset):
        raise Invalid({"range": _("Choose one of: %(words)s.") % {"words": ", ".join(Preset)}})
    if not (given.get("from", [""])[-1] or given.get("until", [""])[-1]):
        chosen = range_of(Preset(preset or USUAL), today)
        given |= {"from": [str(chosen.start)], "until": [str(chosen.end - days.DAY)]}
    return parse_query(given, by=by, today=today, inclusive=True)


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


def zone_of(request: HttpRequest) -> str:
    """Return the zone that a URL names, or the reader's, or else the business's."""
    return request.GET.get("tz") or own_zone(request)


def own_zone(request: HttpRequest) -> str:
    """Return the zone of the reader's preferences, or the business's."""
    return getattr(request.user, "time_zone", "") or settings.REPORT_TIME_ZONES[-1]


def today_of(request: HttpRequest) -> date:
    zone = zone_of(request)
    return day_of(this_second(), zone if zone in zones() else settings.REPORT_TIME_ZONES[-1])


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


def over_time(group_by: GroupBy) -> GroupBy:
    """Return what charts are grouped by: time, whatever a table for spreadsheets is grouped by."""
    return group_by if group_by in OVER_TIME else GroupBy.DAY


def form(request: HttpRequest, by: Actor, today: date, *, part: str) -> dict[str, Any]:
    """Return the filters as they were typed, and their choices."""
    given = {name: request.GET.get(name, "") for name in _FILTERS}
    if given["assignedTo"] == ME:
        given["assignedTo"] = by.user_id
    named = request.GET.get("range", USUAL)
    days_of_range = range_of(Preset(named) if named in list(Preset) else USUAL, today)
    first = request.GET.get("from") or str(days_of_range.start)
    until = request.GET.get("until") or str(days_of_range.end - days.DAY)
    kept = [
        ("tz", zone_of(request)),
        *((name, value) for name, value in given.items() if value),
        ("part", part),
    ]
    return {
        "given": {**given, "assigned": given["assignedTo"]},
        "from_": first,
        "until": until,
        "zone": zone_of(request),
        "range": named,
        "filtered": any(given.values()),
        "reset": urlencode([*usual(request), ("part", part)]),
        "presets": [
            {
                "label": name,
                "query": urlencode([("range", preset.value), *kept]),
                "chosen": preset == named and (first, until) == _ends(preset, today),
            }
            for preset, name in PRESETS.items()
        ],
        "zone_options": zone_options(),
        "priorities": list(Priority),
        "categories": list(Category),
        "channels": [*((one, label(one)) for one in Channel), (NOBODY, _("Unknown"))],
        "people": _people(given["assignedTo"]) if by.supervises else [],
        "groupings": [(one.value, name) for one, name in OVER_TIME.items()],
    }


@cache
def zone_options() -> SafeString:
    """Return the choices of a field for a zone: those with a place, and UTC."""
    names = ["UTC", *sorted(name for name in zones() if _is_place(name))]
    return format_html_join("", '<option value="{}"></option>', ((name,) for name in names))


def _is_place(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


def _ends(preset: Preset, today: date) -> tuple[str, str]:
    """Return the first and the last day of a preset."""
    found = range_of(preset, today)
    return str(found.start), str(found.end - days.DAY)


def _people(chosen: str) -> dict[str, str]:
    """Return the users who can be chosen, by id; with one who has left if they were chosen."""
    people = {one.user_id: one.label for one in people_in_lists()}
    return {**names_of([chosen]), **people}


def part_of(request: HttpRequest) -> Part:
    """Return the row of a table, or the bar of a distribution, in a URL."""

    def given(name: str) -> str | None:
        value = request.GET.get(name)
        return "" if value == NOBODY else value

    return Part(**{name: given(name) for name in links.PART})
