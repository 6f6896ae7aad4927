"""Users who left and still hold tickets stay in lists; others are notified in their place."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from helpdesk.accounts.models import Absence, User
from tests.admin.leaving import finish, leave, open_tickets
from tests.world import NOON, after, settle, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import EscalationRule
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.assignment.assignable import people_in_lists
from tickets.services.assignment.hand_over import hand_over
from tickets.services.conversation.communicate import communicate
from tickets.services.delivery import notifications
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.status import change_status


@pytest.mark.parametrize("page", ["/tickets/?view=active", "/team/", "TICKET", "/reports/"])
def test_whoever_holds_tickets_stays_in_every_list_marked_inactive(desk, client, page):
    [number] = open_tickets(desk, 1)
    leave(desk)
    client.force_login(desk.supervisor_user)

    address = page.replace("TICKET", f"/tickets/{number}/")
    shown = client.get(address, follow=True).content.decode()

    assert "Rosa Marin (inactive)" in shown
    finish(hand_over(desk.rep.user_id, to="", by=desk.supervisor))
    shown = client.get(address, follow=True).content.decode()
    assert "Rosa Marin (inactive)" not in shown, "without tickets they are in no list of people"


def test_the_admin_lists_whoever_left_with_open_tickets_and_marks_them(desk, client):
    [number] = open_tickets(desk, 1)
    leave(desk)
    User.objects.create_user("gone", first_name="Gone", is_active=False)
    client.force_login(desk.supervisor_user)
    cache.clear()
    address = "/admin/tickets/ticket/"

    listed = client.get(address).content.decode()
    theirs = client.get(f"{address}?assignee={desk.rep.user_id}")
    form = client.get(f"{address}{number}/change/").context["adminform"].form

    assert f'?assignee={desk.rep.user_id}">Rosa Marin (inactive)</a>' in listed
    assert "Gone" not in listed, "holds nothing"
    assert f"{address}{number}/change/" in theirs.content.decode()
    assert (desk.rep.user_id, "Rosa Marin (inactive)") in form.fields["assigned_to"].choices
    assert (desk.rep2.user_id, "Tomasz Nowak") in form.fields["assigned_to"].choices


def test_one_who_has_only_done_tickets_is_in_no_list(desk):
    [number] = open_tickets(desk, 1)
    change_status(number, to="Resolved", by=desk.rep)
    settle()
    leave(desk)

    assert desk.rep.user_id not in [one.user_id for one in people_in_lists()]


def test_people_in_lists_are_one_query_however_many_left(desk, django_assert_num_queries):
    open_tickets(desk, 1)
    for place in range(20):
        User.objects.create_user(f"left{place}", is_active=False)
    leave(desk)

    with django_assert_num_queries(1):
        found = people_in_lists()

    assert [one.label for one in found if not one.assignable] == ["Rosa Marin (inactive)"]


def told(actor):
    return [(one.kind, one.ticket_id) for one in notifications.newest(by=actor)]


def hear(desk, number, at):
    said = {"type": CommunicationType.CUSTOMER_RESPONSE, "direction": Direction.INBOUND}
    communicate(number, **said, content="Hello?", by=desk.rep2, now=at)
    settle()


def test_a_reply_to_somebody_who_cannot_work_reaches_their_team_or_supervisors(desk):
    number = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    Absence.objects.create(user=desk.rep_user, first_day=NOON.date(), last_day=NOON.date())

    hear(desk, number, after(hours=1))

    assert ("replied", number) in told(desk.supervisor), "the ticket has no team"
    assert ("replied", number) in told(desk.rep), "they find it when they are back"
    leave(desk)
    before = told(desk.rep)
    hear(desk, number, after(hours=2))
    assert told(desk.rep) == before, "whoever left is told of nothing"


def test_a_reply_to_somebody_who_is_there_is_theirs_alone(desk):
    number = desk.ticket(assigned_to=desk.rep.user_id).ticket_id

    hear(desk, number, after(hours=1))

    assert ("replied", number) in told(desk.rep)
    assert told(desk.supervisor) == []


def test_a_rule_for_the_team_alone_reaches_it_when_the_assignee_cannot_work(desk):
    EscalationRule.objects.update(active=False)
    EscalationRule.objects.create(
        key="team-only", trigger="response-breached", level=1,
        notify_assignee=False, notify_team=True, notify_supervisors=False,
    )  # fmt: skip
    crew = team("Crew", desk.rep_user, desk.rep2_user)
    number = desk.ticket().ticket_id
    assign_team(number, team_id=str(crew.pk), by=desk.supervisor, now=NOON)
    assign(number, to=desk.rep.user_id, by=desk.supervisor, now=NOON)
    leave(desk)

    sweep(now=after(hours=9))
    settle()

    assert ("escalated", number) in told(desk.rep2)
    assert told(desk.supervisor) == []


def test_saving_a_rule_takes_its_target_away_from_nobody_who_left(desk, client):
    """The form offered only who can work: with the level the target was cleared."""
    rule = EscalationRule.objects.get(key="response-breached")
    rule.reassign_to = desk.rep2_user
    rule.save()
    desk.rep2_user.is_active = False
    desk.rep2_user.save()
    client.force_login(desk.supervisor_user)
    address = reverse("admin:tickets_escalationrule_change", args=[rule.pk])
    form = client.get(address).context["adminform"].form
    typed = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    typed = {name: "" if value is None else value for name, value in typed.items()}
    answer = client.post(address, {**typed, "level": "2", "_confirmed": "1"})
    rule.refresh_from_db()
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert (rule.level, rule.reassign_to) == (2, desk.rep2_user)


def test_a_team_with_a_member_who_left_can_be_saved(desk, client):
    crew = team("Port crew", desk.rep_user, desk.rep2_user)
    desk.rep2_user.is_active = False
    desk.rep2_user.save()
    client.force_login(desk.supervisor_user)
    address = reverse("admin:accounts_team_change", args=[crew.pk])
    page = client.get(address)
    formset = page.context["inline_admin_formsets"][0].formset
    typed = {"name": "Night crew", "distribution": crew.distribution}
    typed |= {
        f"{formset.prefix}-{name}": value for name, value in formset.management_form.initial.items()
    }
    for form in formset.initial_forms:
        typed |= {f"{form.prefix}-{name}": form.initial.get(name) or "" for name in form.fields}
        typed |= {f"{form.prefix}-id": form.instance.pk, f"{form.prefix}-team": crew.pk}
    typed = {name: value for name, value in typed.items() if not name.endswith("DELETE")}
    answer = client.post(address, typed)
    crew.refresh_from_db()
    assert answer.status_code == 302, answer.content.decode()[:500]
    assert crew.name == "Night crew"
    assert set(crew.members.all()) == {desk.rep_user, desk.rep2_user}
