"""The wallboard, and the page on which televisions are paired with it."""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.addresses import client_address
from helpdesk.accounts.people import every_team
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, TooManyTries
from helpdesk.messages import saved
from reporting.services import televisions
from reporting.services.wall import Board, board
from theme.templatetags.desk import number, span
from tickets.services.lists.counts import TicketCounts
from tickets.services.lists.wall_counts import BANDS

COOKIE = "wallboard"
ROWS = 4
"""Teams of a panel: more would not be read across a room."""


@dataclass(frozen=True)
class Figure:
    """A figure with its label; `tone` if it is one to act on."""

    label: Any
    value: str
    tone: str = ""

    @property
    def long(self) -> bool:
        """Whether it is written smaller: it is never cut off."""
        return len(self.value) > 4


@dataclass(frozen=True)
class Panel:
    """What stands on the wall at a time: some figures, or some rows of them."""

    title: Any
    figures: list[Figure] = field(default_factory=list)
    rows: list[tuple[str, list[Figure]]] = field(default_factory=list)
    part: str = ""
    """Which of several: 1/2."""


@login_not_required
@never_cache
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Show the figures to whoever works tickets and to paired televisions; a code to others."""
    by, now = actor_of(request.user), this_second()
    secret = request.COOKIES.get(COOKIE, "")
    viewer = by if by.works_tickets else televisions.paired(secret, now=now)
    if viewer is None:
        return _code(request, secret)
    found = board(viewer, now=now)
    zone = settings.REPORT_TIME_ZONES[-1]
    with timezone.override(None if viewer is by else zoneinfo.ZoneInfo(zone)):
        context = {"board": found, "panels": list(_panels(found)), "television": viewer is not by}
        answer = render(request, "reporting/wall.html", context)
    if viewer is not by:
        _keep(answer, secret, televisions.LIVES)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def screens(request: HttpRequest) -> HttpResponse:
    """Show the paired televisions, and pair another."""
    by, errors = actor_of(request.user), {}
    if request.method == "POST":
        try:
            code, name = request.POST.get("code", ""), request.POST.get("name", "")
            made = televisions.pair(code=code, name=name, by=by, now=this_second())
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("%(name)s shows the wallboard now.") % {"name": made.name})
            return redirect("wall_screens")
    context = {
        "view": "sla",
        "televisions": televisions.televisions(by=by),
        "errors": errors,
        "typed": request.POST if errors else {},
        "address": request.build_absolute_uri(reverse("wall")),
    }
    return render(request, "reporting/wall_screens.html", context, status=422 if errors else 200)


@require_POST
def revoke(request: HttpRequest, television_id: int) -> HttpResponse:
    televisions.revoke(television_id, by=actor_of(request.user))
    saved(request, _("Television revoked."))
    return redirect("wall_screens")


def _code(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        found = televisions.code_for(secret, address=client_address(request), now=this_second())
    except TooManyTries as refused:
        return render(request, "reporting/wall_code.html", {"refused": refused}, status=429)
    context = {
        "halves": (found.code[:4], found.code[4:]),
        "minutes": round(televisions.CODE_LIVES / timedelta(minutes=1)),
        "address": request.build_absolute_uri(reverse("wall_screens")),
    }
    answer = render(request, "reporting/wall_code.html", context)
    _keep(answer, found.secret, televisions.CODE_LIVES)
    return answer


def _keep(answer: HttpResponse, secret: str, lives: timedelta) -> None:
    """Set the cookie, which is sent to the wallboard's own address alone."""
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(lives.total_seconds()),
        path=reverse("wall"),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _panels(found: Board) -> Iterator[Panel]:
    yield Panel(
        _("Now"),
        [
            Figure(_("Active"), number(found.now.active)),
            _alarm(_("Overdue"), found.now.overdue, "error"),
            _alarm(_("At risk"), found.now.at_risk, "warning"),
            Figure(_("Unassigned"), number(found.now.unassigned)),
            Figure(_("Waiting"), number(found.now.waiting)),
            Figure(_("Escalated"), number(found.now.escalated)),
        ],
    )
    bands = [_("Within %(span)s") % {"span": span(BANDS[0])}]
    bands += [f"{span(one)} – {span(other)}" for one, other in pairwise(BANDS)]
    tones = ("error", "warning", "", "")
    yield Panel(
        _("Next deadlines"),
        [_alarm(*one) for one in zip(bands, found.due, tones, strict=True)],
    )
    today = found.today
    share = f"{number_format(100 * today.met / today.ended, 1)} %" if today.ended else "–"
    yield Panel(
        _("Today"),
        [
            Figure(_("Created"), number(today.created)),
            Figure(_("Resolved"), number(today.resolved)),
            _alarm(_("Escalations"), today.escalated, "warning"),
            Figure(_("SLA attainment"), share),
        ],
    )
    yield from _teams(found)


def _teams(found: Board) -> Iterator[Panel]:
    names = {str(team.pk): team.name for team in every_team()}
    rows = sorted(
        (names.get(team, _("No team")), _of_team(counts)) for team, counts in found.teams.items()
    )
    pages = range(0, len(rows), ROWS)
    for place, start in enumerate(pages, 1):
        part = f"{place}/{len(pages)}" if len(pages) > 1 else ""
        yield Panel(_("By team"), rows=rows[start : start + ROWS], part=part)


def _of_team(counts: TicketCounts) -> list[Figure]:
    return [
        Figure(_("Active"), str(counts.active)),  # without a separator: there is little room
        Figure(_("At risk"), str(counts.at_risk), "warning" if counts.at_risk else ""),
        Figure(_("Overdue"), str(counts.overdue), "error" if counts.overdue else ""),
    ]


def _alarm(label: Any, count: int, tone: str) -> Figure:
    return Figure(label, number(count), tone if count else "")
