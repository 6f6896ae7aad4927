"""Figures, their changes, periods and names as a reader sees them."""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from customers.services.read import customer_names
from helpdesk.accounts.people import every_team, names_of
from reporting.domain import figures
from reporting.domain.named_figures import FIGURES, Unit, Value
from reporting.services.drill_down import Part
from reporting.services.query import GroupBy, ReportQuery
from theme.templatetags.desk import number, span
from tickets.domain.filters import NOBODY
from tickets.presenters.labels import RULES, label

NONE = "–"


def figure(name: str, value: Value) -> str:
    """Return the text of a figure by its unit; a dash if there is none."""
    if value is None:
        return NONE
    match FIGURES[name].unit:
        case Unit.SHARE:
            return percent(value)
        case Unit.SECONDS:
            return span(int(value))
        case Unit.NUMBER:
            return str(number_format(round(value, 1), 1))
        case _:
            return number(value)


def percent(share: float | None) -> str:
    """Return a share as a percentage with one decimal: 100.0 % is all, and nothing less."""
    if share is None:
        return NONE
    rounded = round(share * 100, 1)
    return f"{number_format(99.9 if share < 1 <= rounded / 100 else rounded, 1)} %"


def change(name: str, now: Value, then: Value) -> str:
    """Return how a figure differs from that of the time before; empty if that cannot be said."""
    if FIGURES[name].unit is Unit.SHARE:
        return points(now, then)
    if not then:
        return _("No previous data") if now else ""
    return f"{_signed(100 * ((now or 0) - then) / then, 0)} %"


def points(now: float | None, then: float | None) -> str:
    """Return the difference of two shares in percentage points; empty if one is not known."""
    if now is None or then is None:
        return ""
    return _("%(points)s points") % {"points": _signed(100 * (now - then), 1)}


def period(key: str, group_by: GroupBy, *, year: bool) -> str:
    """Return a period's name; a day has its `year` if the days are of several."""
    if group_by is GroupBy.DAY:
        return date_format(date.fromisoformat(key), _("j M Y") if year else _("j M"))
    if group_by is GroupBy.MONTH:
        return date_format(date.fromisoformat(f"{key}-01"), _("M Y"))
    of_year, _dash, week = key.partition("-W")
    return _("Week %(week)s, %(year)s") % {"week": int(week), "year": of_year}


def band(place: int) -> str:
    """Return which durations a bar of a distribution counts."""
    if place == 0:
        return _("up to %(limit)s") % {"limit": span(figures.BANDS[0])}
    if place == len(figures.BANDS):
        return _("over %(limit)s") % {"limit": span(figures.BANDS[-1])}
    less, limit = (span(found) for found in figures.BANDS[place - 1 : place + 1])
    return _("over %(less)s, up to %(limit)s") % {"less": less, "limit": limit}


def people(user_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of these users by id; nobody is unassigned. One SQL query."""
    return {**names_of(user_ids), "": _("Unassigned"), NOBODY: _("Unassigned")}


def customers(customer_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of these customers by id, also of those that are gone. One read for each
    hundred."""
    wanted = list(customer_ids)
    return {**dict.fromkeys(wanted, _("Deleted customer")), **customer_names(wanted)}


def teams() -> dict[str, str]:
    """Return the names of all teams by id; "" is none."""
    return {**{str(team.pk): team.name for team in every_team()}, "": _("No team")}


def narrowed_to(asked: ReportQuery, part: Part) -> str:
    """Return what a drill-down is restricted to, as text; empty for no restriction."""
    words = [label(word) for word in (*sorted(asked.priorities), *sorted(asked.categories))]
    words += [label(word) if word else _("Unknown channel") for word in sorted(asked.channels)]
    if asked.assignee is not None:
        words.append(people([asked.assignee]).get(asked.assignee, asked.assignee))
    if asked.customer is not None:
        words.append(customers([asked.customer])[asked.customer])
    if asked.tag is not None:
        words.append(asked.tag)
    if part.team is not None:
        words.append(teams().get(part.team, part.team))
    if part.segment is not None:
        words.append(label(part.segment) if part.segment else _("Unknown"))
    if part.make is not None:
        words.append(part.make or _("No vehicle"))
    if part.rule is not None:
        words.append(str(RULES.get(part.rule, part.rule)))
    if part.level is not None:
        words.append(_("level %(level)s") % {"level": part.level})
    if part.band is not None:
        words.append(band(int(part.band)))
    return ", ".join(words)


def _signed(value: float, decimals: int) -> str:
    """Return a difference with its sign, in the reader's number format."""
    digits = number_format(f"{abs(value):.{decimals}f}", decimals, force_grouping=True)
    return f"{'−' if value < 0 else '+'}{digits}"
