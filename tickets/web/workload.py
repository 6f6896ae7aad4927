"""The workload page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from tickets.services.assignment.workload import workload


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = workload(by=actor_of(request.user))
    most = max((person.load for person in found.people), default=0) or 1
    rows: list[dict[str, Any]] = [
        {"person": person, "share": round(100 * person.load / (person.capacity or most))}
        for person in found.people
    ]
    plans = actor_of(request.user).supervises
    context = {"rows": rows, "view": "team", "found": found, "plans": plans}
    return render(request, "tickets/team.html", context)
