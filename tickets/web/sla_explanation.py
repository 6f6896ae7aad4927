"""The page that explains how a ticket's deadlines are calculated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from tickets.domain.calendar import Calendar
from tickets.domain.sla.ahead import ahead
from tickets.domain.sla.clock import Clock
from tickets.domain.sla.explain import Segment
from tickets.domain.workflow import Event, EventType
from tickets.presenters import time_strip
from tickets.services.sla.explain import explained

WIDTH = 1_000
"""Units of the picture; the page scales it."""


@require_safe
def why(request: HttpRequest, ticket_id: str) -> HttpResponse:
    found = explained(ticket_id, by=actor_of(request.user))
    reading = found.explanation.reading
    clocks = [
        (_("First reply"), reading.response, found.explanation.response),
        (_("Resolution"), reading.resolution, found.explanation.resolution),
    ]
    if reading.next_response:
        following = (_("Next reply"), reading.next_response, found.explanation.next_response)
        clocks.insert(1, following)
    context = {
        "ticket": found.ticket,
        "now": found.now,
        "events": found.timeline.events
        if found.explanation.next_response
        else _effective(found.timeline.events),
        "exchanges": reading.exchanges,
        "paused_seconds": reading.paused_seconds,
        "clocks": [
            _picture(name, read, segments, found.timeline.created_at, found.now)
            | _to_come(read, found.explanation.calendar, found.now)
            for name, read, segments in clocks
        ],
        "width": WIDTH,
        "calendar_name": found.calendar_name,
    }
    return render(request, "tickets/why.html", context)


def _effective(events: Sequence[Event]) -> list[Event]:
    """Return the events that may have affected a clock; of replies only the first one has."""
    effective: list[Event] = []
    answered = False
    for event in events:
        again = event.type is EventType.RESPONDED and answered
        answered = answered or event.type is EventType.RESPONDED
        if not again:
            effective.append(event)
    return effective


def _to_come(read: Clock, calendar: Calendar, now: datetime) -> dict[str, Any]:
    """Return what is to come of a clock with its rows; nothing of one that does not run."""
    found = ahead(read, calendar, now=now, zone=get_current_timezone_name())
    if found is None or read.deadline is None:
        return {"ahead": None}
    return {
        "ahead": found,
        "days": list(time_strip.rows(found, now=now, deadline=read.deadline)),
        "later": time_strip.hours(found.later_seconds),
        "total": time_strip.hours(found.seconds),
    }


def _picture(
    name: Any, read: Clock, segments: list[Segment], start: datetime, now: datetime
) -> dict[str, Any]:
    end = max(now, read.deadline or now)
    # Some room on the right, so that a deadline at the end is seen.
    length = max((end - start).total_seconds() * 1.02, 1)

    def place(at: datetime) -> float:
        return round((at - start).total_seconds() / length * WIDTH, 1)

    return {
        "name": name,
        "clock": read,
        "segments": [
            {
                "segment": segment,
                "x": place(segment.start),
                "width": max(round(place(segment.end) - place(segment.start), 1), 1),
            }
            for segment in segments
        ],
        "deadline_x": place(read.deadline) if read.deadline else None,
        "now_x": place(now),
        "start": start,
        "end": end,
    }
