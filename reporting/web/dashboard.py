"""The SLA dashboard: the desk now."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.people import every_team
from helpdesk.htmx import wants_fragment
from reporting.services.today import complete_until_lately, escalated_today
from tickets.domain.ticket import Priority
from tickets.presenters import rows
from tickets.presenters.labels import RULES
from tickets.services.assignment.workload import workload
from tickets.services.lists.counts import HOUR, snapshot


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    found = snapshot(by=by)
    names = {str(team.pk): team.name for team in every_team()}
    people = [person for person in workload(by=by).people if person.load or person.capacity]
    most = max((person.load for person in people), default=0) or 1
    complete_until = complete_until_lately()  # before the figures: these may know more
    context = {
        "complete_until": complete_until,
        "view": "sla",
        "supervises": by.supervises,
        "now": found.at,
        "counts": found.all,
        "priorities": [
            (priority.value, found.by_priority[priority.value]) for priority in reversed(Priority)
        ],
        "teams": sorted(
            (names.get(team, _("No team")), team, one) for team, one in found.by_team.items()
        ),
        "due": [
            {
                "line": line,
                "x": round(((line.due_at or found.at) - found.at) / HOUR * 100, 2),
            }
            for line in rows.ticket_lines(found.due, now=found.at)
        ],
        "people": [
            {"person": person, "share": round(100 * person.load / (person.capacity or most))}
            for person in people[:12]
        ],
        "escalated": [
            (RULES.get(rule, rule), level, count)
            for (rule, level), count in sorted(escalated_today(by=by, now=found.at).items())
        ],
        "zone": settings.REPORT_TIME_ZONES[-1],
    }
    name = "reporting/dashboard.html"
    return render(request, f"{name}#now" if wants_fragment(request) else name, context)
