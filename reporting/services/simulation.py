"""SLA simulation: the last days under other targets, and what these would do to open tickets.

The recorded timelines are evaluated by the same clock, with the draft's targets. Only the
simulation itself is written.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk import jobs
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotFound
from reporting.domain.days import DAY
from reporting.domain.facts import FactKind, facts_of
from reporting.models import Simulation
from reporting.services import generations, simulated_open
from reporting.services.facts import read
from reporting.services.simulated_versions import NEW, SimulatedVersions
from reporting.store import queries
from tickets.domain.sla import clock
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.models import Calendar, Policy
from tickets.models.policy import CLOCKS, target_field
from tickets.services.read import get_tickets
from tickets.services.sla.policies import POLICY_SNAPSHOTS

DAYS = 90
STEP = 5
"""Days of one step."""

MOST_SHOWN = 200
BATCH = 100
_KINDS = {FactKind.RESPONSE: "response", FactKind.RESOLUTION: "resolution"}


def start(
    policy_id: int, *, calendar_id: int, targets: Mapping[str, str], by: Actor, today: date
) -> Simulation:
    """Start a simulation of the last DAYS days.

    `targets` are texts such as `4h` by field of the policy (`high_response`). Raises Invalid with
    every one that is wrong; NotFound, NotAllowed.
    """
    require_supervision(by)
    policy = Policy.objects.filter(pk=policy_id).select_related("calendar").first()
    if policy is None:
        raise NotFound(_("SLA policy not found."))
    errors: dict[str, str] = {}
    calendar = Calendar.objects.filter(pk=calendar_id).first()
    if calendar is None:
        errors["calendar"] = _("Choose a business hours calendar.")
    else:
        policy.calendar = calendar
    for field in fields():
        text = targets.get(field, "").strip()
        try:
            Policy._meta.get_field(field).clean(text, policy)  # type: ignore[union-attr]
        except ValidationError as wrong:
            errors[field] = " ".join(wrong.messages)
        setattr(policy, field, text)
    errors = {field: str(text) for field, text in policy.lacking().items()} | errors
    if errors:
        raise Invalid(errors)
    return create([policy], source={}, by=by, today=today)


def create(
    policies: Sequence[Policy], *, source: Mapping[str, Any], by: Actor, today: date
) -> Simulation:
    """Start a simulation of the last DAYS days, with these policies as they are in memory.

    One that is not stored yet is listed with the default policy.
    """
    end = today + DAY
    drafts = {str(policy.pk or NEW): policy.as_written() for policy in policies}
    return Simulation.objects.create(
        policy=policies[0] if policies[0].pk else Policy.objects.get(is_default=True),
        draft=policies[0].as_written(),
        drafts=drafts,
        source=dict(source),
        start=end - timedelta(days=DAYS),
        end=end,
        next_day=end - timedelta(days=DAYS),
        asked_by_id=int(by.user_id),
    )


def fields() -> list[str]:
    """Return the policy's fields that hold targets."""
    return [target_field(priority, clock) for priority in Priority for clock in CLOCKS]


def simulation_of(simulation_id: int, *, by: Actor) -> Simulation:
    """Return a simulation. Raises NotFound, NotAllowed."""
    require_supervision(by)
    found = Simulation.objects.select_related("policy").filter(pk=simulation_id).first()
    if found is None:
        raise NotFound(_("SLA simulation not found."))
    return found


def left() -> QuerySet[Simulation]:
    """Return unfinished simulations that nobody works on."""
    return jobs.abandoned(Simulation)


def step(simulation_id: int, *, now: datetime | None = None) -> Simulation:
    """Simulate the next STEP days, and after the last a page of open tickets, unless somebody else
    has the lease."""
    simulation = jobs.lease(Simulation, simulation_id)
    if simulation is None:
        return Simulation.objects.select_related("policy").get(pk=simulation_id)
    versions = SimulatedVersions(simulation)
    until = min(simulation.next_day + STEP * DAY, simulation.end)
    if simulation.next_day == until:
        simulation.open_tickets = simulated_open.next_page(
            simulation.open_tickets, versions, now=now or this_second()
        )
    while simulation.next_day < until:
        _go_through(simulation, simulation.next_day, versions)
        simulation.next_day += DAY
    jobs.step_done(simulation, finished=bool(simulation.open_tickets.get("done")))
    return simulation


def _go_through(simulation: Simulation, day: date, versions: SimulatedVersions) -> None:
    """Evaluate the clocks that ended on a day of UTC under the draft; of tickets with their first
    reply on that day also the next replies, whenever they were."""
    ended: dict[str, list[tuple[str, str, bool]]] = {}
    for item in queries.facts_of_day(generations.current().number, day):
        about, facts = read(item)
        if about.merged:
            continue  # as reports do: it was neither replied to nor resolved
        clocks = [
            (_KINDS[fact.kind], about.priority, fact.met) for fact in facts if fact.kind in _KINDS
        ]
        if clocks:
            ended.setdefault(item.ticket_id, []).extend(clocks)
    numbers = sorted(ended, key=int)
    for at in range(0, len(numbers), BATCH):
        for number, ticket in get_tickets(numbers[at : at + BATCH]).items():
            timeline = Timeline.load(ticket.timeline)
            simulated = versions.of(ticket, timeline)
            again = {
                _KINDS[fact.kind]: fact.met
                for fact in facts_of(timeline, simulated, [])
                if fact.kind in _KINDS
            }
            for name, priority, met in ended[number]:
                if name in again:
                    _tally(simulation, number, name, priority, met, again[name])
                if name == "response":
                    actual = _next_replies(timeline, POLICY_SNAPSHOTS)
                    for run, met_now in _next_replies(timeline, simulated).items():
                        then = actual.get(run)
                        _tally(simulation, number, "nextResponse", priority, then, met_now)


def _next_replies(timeline: Timeline, terms: Mapping[str, PolicySnapshot]) -> dict[int, bool]:
    """Return of each run of next response that ended, by its number, whether it met its target."""
    exchanges = clock.read(timeline, terms, now=timeline.last_at).exchanges
    return {run.number: run.breached_at is None for run in exchanges if run.stopped_at}


def _tally(
    simulation: Simulation, number: str, clock: str, priority: str, then: bool | None, now: bool
) -> None:
    """Count a clock; `then` is None if it had no target."""
    tallies: dict[str, dict[str, list[Any]]] = simulation.tallies
    row = tallies.setdefault(clock, {}).setdefault(priority, [0, 0, 0])
    row[0] += 1
    row[1] = None if None in (row[1], then) else row[1] + then
    row[2] += now
    if then not in (None, now):
        simulation.differ += 1
        if len(simulation.differing) < MOST_SHOWN:
            told: dict[str, Any] = {"ticket": number, "clock": clock, "met": now}
            simulation.differing.append(told)
