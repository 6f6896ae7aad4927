"""Next response on tickets: stored deadlines, milestones of each run, policies, import."""

import json
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from helpdesk.errors import Invalid
from reporting.services import simulation
from tests.world import NOON, after, escalations_of, log_of, settle, stored
from tickets.domain.filters import Filters
from tickets.domain.ticket import CommunicationType, Direction, Priority
from tickets.models import Calendar, EscalationRule, Policy, Recalculation
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.links_and_merges import merge, undo_merge
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.find import find
from tickets.services.maintenance.ticket_import import import_history
from tickets.services.maintenance.verify import verify
from tickets.services.sla.configure import save_policy
from tickets.services.sla.recalculation import recalculate_page, start_recalculation

TARGETS = {f"{priority.value.lower()}_next_response": "2h" for priority in Priority}


@pytest.fixture
def promised(desk):
    """A policy that promises customs matters their next reply within 2 h."""
    calendar = Calendar.objects.get(name="Around the clock")
    policy = Policy(
        name="Customs", slug="customs", calendar=calendar, categories=["Customs"], **TARGETS
    )
    policy.full_clean()
    save_policy(policy)
    return policy


def customer_writes(ticket, desk, now):
    found, _line = communicate(
        ticket.ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="And now?",
        by=desk.rep,
        now=now,
    )
    return found


def answer(ticket, desk, now):
    return respond(ticket.ticket_id, content="Soon.", by=desk.rep, now=now)


def unanswered(desk, *, now=NOON, wrote=1):
    """A ticket with a first response, to which the customer wrote an hour after it was opened."""
    ticket = desk.ticket(category="Customs", now=now)
    answer(ticket, desk, now)
    return customer_writes(ticket, desk, after(hours=wrote))


def fired(ticket_id):
    return [one.rule for one in sorted(escalations_of(ticket_id), key=lambda one: one.due_at)]


def test_the_rules_come_with_the_first_policy_that_has_the_target(promised):
    rules = EscalationRule.objects.filter(trigger__startswith="next-response")
    assert [
        (one.key, one.level, one.notify_assignee, one.notify_team, one.notify_supervisors)
        for one in rules
    ] == [
        ("next-response-at-risk", 0, True, True, False),
        ("next-response-breached", 1, True, False, True),
    ]
    rules.filter(key="next-response-at-risk").delete()
    promised.high_next_response = "1h"
    save_policy(promised)
    assert rules.all().count() == 1, "a supervisor who removed one has decided"


def test_a_policy_has_the_target_for_all_priorities_or_for_none(promised):
    promised.low_next_response = ""
    promised.high_next_response = "soon"
    with pytest.raises(ValidationError) as refused:
        promised.full_clean()
    assert set(refused.value.error_dict) == {"low_next_response", "high_next_response"}
    default = Policy.objects.get(is_default=True)
    assert "nextResponse" not in json.dumps(default.as_written())
    assert default.versions.count() == 1


def test_the_stored_deadline_is_that_of_the_run_and_leads_the_list(promised, desk):
    ticket = unanswered(desk)
    assert ticket.sla.next_response_deadline == ticket.sla_deadline == after(hours=3)
    assert ticket.next_sla_at == after(hours=2, minutes=30)
    again = customer_writes(ticket, desk, after(hours=2))
    assert again.sla.next_response_deadline == after(hours=3)
    number = ticket.ticket_id
    settle()

    def found(now, **filters):
        page = find(Filters(**filters), by=desk.rep, now=now)
        return [row.ticket_id for row in page.tickets]

    assert found(after(hours=2, minutes=40), at_risk=True) == [number]
    assert found(after(hours=4), overdue=True) == [number]

    answered = answer(ticket, desk, after(hours=3))
    assert answered.sla.next_response_deadline is None
    assert answered.sla.next_response_breaches is None
    assert answered.sla_deadline == answered.sla.resolution_deadline


def test_without_the_target_the_stored_map_is_what_it_was(desk):
    ticket = desk.ticket()
    answer(ticket, desk, NOON)
    wrote = customer_writes(ticket, desk, after(hours=1))
    assert not [name for name in wrote.serialize()["sla"]["M"] if name.startswith("next")]
    assert wrote.sla_deadline == wrote.sla.resolution_deadline


def test_each_run_escalates_once_whoever_sees_it_first(promised, desk):
    ticket = unanswered(desk)
    number = ticket.ticket_id
    sweep(now=after(hours=3, seconds=1))
    sweep(now=after(hours=3, seconds=2))
    assert fired(number) == ["next-response-at-risk.1", "next-response-breached.1"]
    assert stored(number).escalation_level == 1

    answer(ticket, desk, after(hours=4))
    customer_writes(ticket, desk, after(hours=5))
    # No sweep comes: the late answer itself fires what it missed, and is no less late.
    late = answer(ticket, desk, after(hours=8))

    assert fired(number)[2:] == ["next-response-at-risk.2", "next-response-breached.2"]
    assert list(late.sla.next_response_breaches) == [
        "2026-11-02T15:00:00Z",
        "2026-11-02T19:00:00Z",
    ]
    rules = [line.rule for line in log_of(number) if line.rule]
    assert rules == ["next-response-at-risk", "next-response-breached"] * 2
    sweep(now=after(hours=9))
    assert len(fired(number)) == 4
    settle()
    assert list(verify([number])) == []


def test_resolving_ends_it_and_a_message_that_reopens_begins_anew(promised, desk):
    ticket = unanswered(desk)
    done = change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=2))
    assert done.next_sla_at is done.sla.next_response_deadline is None
    sweep(now=after(hours=6))
    assert fired(ticket.ticket_id) == []

    again = customer_writes(ticket, desk, after(hours=10))
    assert again.sla.next_response_deadline == after(hours=12)
    sweep(now=after(hours=12, seconds=1))
    records = escalations_of(ticket.ticket_id)
    assert {(one.reopen_cycle, one.rule) for one in records} == {
        (2, "next-response-at-risk.2"),
        (2, "next-response-breached.2"),
    }


def test_undoing_a_merge_fires_once_what_passed_meanwhile(promised, desk):
    source, target = unanswered(desk), desk.ticket()
    merge(source.ticket_id, into=target.ticket_id, by=desk.supervisor, now=after(hours=2))
    sweep(now=after(hours=5))
    assert fired(source.ticket_id) == []

    undo_merge(source.ticket_id, by=desk.supervisor, now=after(hours=6))
    assert fired(source.ticket_id) == ["next-response-at-risk.1", "next-response-breached.1"]
    assert list(stored(source.ticket_id).sla.next_response_breaches) == ["2026-11-02T15:00:00Z"]


def test_a_policy_that_gives_the_target_later_counts_from_the_message(desk):
    default = Policy.objects.get(is_default=True)
    ticket = unanswered(desk)
    assert ticket.sla.next_response_deadline is None
    for field in TARGETS:
        setattr(default, field, "1000d")
    save_policy(default)
    run = start_recalculation("test")
    while not recalculate_page(run.pk):
        pass

    moved = stored(ticket.ticket_id)
    assert moved.policy_id == "default-2"
    assert moved.sla.next_response_deadline == after(hours=1, days=1000)
    assert Recalculation.objects.get(pk=run.pk).changed == 1


def test_an_import_plans_the_run_that_goes_on_and_escalates_nothing(promised, desk, tmp_path):
    def line(minutes, kind, **fields):
        at = after(minutes=minutes).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps({"ticket": "HD-1", "at": at, "event": kind, "by": "rosa", **fields})

    told = [
        line(
            *(0, "created"),
            subject="Duty",
            description="Why?",
            category="Customs",
            priority="High",
            customer={"externalId": "C-1", "name": "Ada"},
        ),
        line(10, "responded", content="Because."),
        line(20, "customer_replied", content="And?"),
        line(200, "responded", content="So."),
        line(210, "customer_replied", content="Well?"),
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(told))
    import_history(path, now=after(minutes=310))

    ticket = stored("1")
    assert list(ticket.sla.next_response_breaches) == ["2026-11-02T14:20:00Z"]
    assert ticket.sla.next_response_deadline == after(minutes=330)
    assert ticket.next_sla_at == after(minutes=330), "at risk since minute 300 counts as fired"
    assert fired("1") == []
    sweep(now=after(minutes=331))
    assert fired("1") == ["next-response-breached.2"]
    settle()
    assert list(verify(["1"])) == []


def test_sla_explain_tells_each_run(promised, desk):
    ticket = unanswered(desk)
    answer(ticket, desk, after(hours=4))
    customer_writes(ticket, desk, after(hours=5))
    out = StringIO()
    call_command("sla_explain", ticket.ticket_id, stdout=out)
    told = out.getvalue()
    assert "Next response: running" in told
    assert "2026-11-02T13:00:00Z – 2026-11-02T16:00:00Z  run, 3h used" in told
    assert "breached 2026-11-02T15:00:00Z" in told
    assert "2026-11-02T17:00:00Z – now  run" in told


def test_a_simulation_says_how_many_next_replies_would_have_met_a_target(desk):
    """The tickets were under a policy without it."""
    quick, slow, never = (unanswered(desk) for _ in range(3))
    for ticket, hours in ((quick, 2), (slow, 6)):
        answer(ticket, desk, after(hours=hours))
    assert never.sla.next_response_deadline is None
    settle()
    policy = Policy.objects.get(is_default=True)

    def simulated(**targets):
        fields = {field: getattr(policy, field) for field in simulation.fields()}
        asked = simulation.start(
            policy.pk,
            calendar_id=policy.calendar_id,
            targets=fields | targets,
            by=desk.supervisor,
            today=NOON.date(),
        )
        while not simulation.step(asked.pk).finished_at:
            pass
        asked.refresh_from_db()
        return asked

    promised = simulated(**TARGETS)
    assert promised.tallies["nextResponse"] == {"Medium": [2, None, 1]}
    assert promised.differ == 0, "nothing was promised, so nothing turns out otherwise"
    assert "nextResponse" not in simulated().tallies
    with pytest.raises(Invalid) as refused:
        simulated(**TARGETS | {"low_next_response": ""})
    assert set(refused.value.errors) == {"low_next_response"}
