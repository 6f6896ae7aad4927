"""SLA simulation: started in a form, with progress on a page of its own."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.actors import actor_of, require_supervision
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from helpdesk.htmx import wants_fragment
from helpdesk.messages import saved
from helpdesk.parsing import whole_number
from reporting.domain.days import DAY
from reporting.models import Simulation
from reporting.services import simulated_drafts, simulation
from reporting.services.completeness import complete_until
from tickets.domain import instant, target
from tickets.domain.ticket import Priority
from tickets.models import Calendar, Policy
from tickets.models.policy import target_field

CLOCK_LABELS = {
    "response": gettext_lazy("First reply"),
    "nextResponse": gettext_lazy("Next reply"),
    "resolution": gettext_lazy("Resolution"),
}

OUTCOMES = {
    "overdue": gettext_lazy("Would be overdue now"),
    "sooner": gettext_lazy("Due sooner"),
    "later": gettext_lazy("Due later"),
    "rescued": gettext_lazy("Would no longer be overdue"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_supervision(by)
    policies = list(Policy.objects.all())
    chosen = whole_number(request.POST.get("policy") or request.GET.get("policy"))
    policy = next((one for one in policies if one.pk == chosen), policies[0])
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            started = simulation.start(
                policy.pk,
                calendar_id=whole_number(request.POST.get("calendar")) or 0,
                targets=request.POST.dict(),
                by=by,
                today=this_second().date(),
            )
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("Simulation started."))
            return redirect("simulation_result", started.pk)
    typed = request.POST if errors else {}
    context: dict[str, Any] = {
        "view": "reports",
        "policies": policies,
        "policy": policy,
        "calendars": Calendar.objects.all(),
        "calendar": whole_number(typed.get("calendar")) or policy.calendar_id,
        "days": simulation.DAYS,
        "errors": errors,
        "clocks": CLOCK_LABELS.values(),
        "rows": [
            (
                priority.value,
                [
                    (label, field, typed.get(field, getattr(policy, field)), errors.get(field, ""))
                    for clock, label in CLOCK_LABELS.items()
                    for field in [target_field(priority, clock)]
                ],
            )
            for priority in reversed(Priority)
        ],
    }
    return render(request, "reporting/simulation.html", context, status=422 if errors else 200)


@require_safe
def result(request: HttpRequest, simulation_id: int) -> HttpResponse:
    return _shown(request, simulation.simulation_of(simulation_id, by=actor_of(request.user)))


@require_safe
def moved(request: HttpRequest, **ids: int) -> HttpResponse:
    """Redirect an address of an earlier release."""
    require_supervision(actor_of(request.user))
    address = reverse("simulation_result" if ids else "simulation", kwargs=ids)
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address, permanent=True)


@require_POST
def step(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Do the next step, and show the progress."""
    found = simulation.step(simulation.simulation_of(simulation_id, by=actor_of(request.user)).pk)
    return (
        _shown(request, found)
        if wants_fragment(request)
        else redirect("simulation_result", simulation_id)
    )


def _rows(clock: str, found: Simulation) -> list[dict[str, Any]]:
    """Return a clock's figures by priority; `then` is None where not all had a target then."""
    targets = found.draft["targets"]
    return [
        {
            "priority": priority.value,
            "target": target.format(seconds) if seconds else "–",
            "count": row[0],
            "then": None if row[1] is None else row[1] / row[0] * 100,
            "now": row[2] / row[0] * 100,
            "more": None if row[1] is None else row[2] - row[1],
        }
        for priority in reversed(Priority)
        if (row := found.tallies.get(clock, {}).get(priority.value))
        for seconds in [targets[priority.value].get(clock)]
    ]


def _open_tickets(found: Simulation) -> dict[str, Any] | None:
    """Return what saving would do to open tickets; None until they have been looked at."""
    if not (counted := found.open_tickets):
        return None
    return {
        "at": instant.parse(counted["at"]),
        "seen": counted["seen"],
        "outcomes": [
            {
                "name": name,
                "label": label,
                "count": counted["counts"][name],
                "tickets": [
                    {"number": number, "then": instant.parse(then), "now": instant.parse(now)}
                    for number, then, now in counted["listed"][name]
                ],
                "unshown": counted["counts"][name] - len(counted["listed"][name]),
            }
            for name, label in OUTCOMES.items()
        ],
    }


def _shown(request: HttpRequest, found: Simulation) -> HttpResponse:
    context = {
        "view": "reports",
        "simulation": found,
        "complete_until": complete_until(),
        "last": found.end - DAY,
        "open": _open_tickets(found),
        "stale": simulated_drafts.is_stale(found),
        "typed": [
            (name, value)
            for name, values in found.source.get("typed", {}).items()
            for value in values
        ],
        "worked": (found.next_day - found.start).days,
        "total": (found.end - found.start).days,
        "clocks": [
            (clock, label, rows)
            for clock, label in CLOCK_LABELS.items()
            if (rows := _rows(clock, found)) or clock != "nextResponse"
        ],
        "differing": [{**one, "label": CLOCK_LABELS[one["clock"]]} for one in found.differing],
        "unshown": found.differ - len(found.differing),
    }
    name = "reporting/simulation_result.html"
    return render(request, f"{name}#progress" if wants_fragment(request) else name, context)
