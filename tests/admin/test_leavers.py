"""Somebody who leaves: their open tickets are counted, handed over, and meanwhile in every list."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import Absence, User
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotAllowed
from tests.admin.leaving import finish, leave, open_tickets
from tests.death import at_call, dies_of_9
from tests.world import log_of, settle, stored, team
from tickets.models import Bulk
from tickets.services.assignment import assign as assigning
from tickets.services.assignment import hand_over as handing
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.assignment.assignable import people_in_lists
from tickets.services.assignment.hand_over import hand_over
from tickets.services.conversation.communicate import note
from tickets.services.lists import bulk


def form_of(page):
    form = page.context["adminform"].form
    sent = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if name != "password" and value not in (None, False, ""):
            sent[name] = [one.pk for one in value] if name == "groups" else value
    return {name: "on" if value is True else value for name, value in sent.items()}


def test_an_administrator_sees_how_many_and_is_asked_where_they_go(desk, root, monkeypatch):
    monkeypatch.setattr("helpdesk.accounts.admin.question", lambda _request: None)
    numbers = open_tickets(desk, 3)
    change = reverse("admin:accounts_user_change", args=[desk.rep_user.pk])
    page = root.get(change)
    assert "3 open tickets are assigned to this person." in page.content.decode()

    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent = {**form_of(page), **joined, "is_active": ""}
    asked = root.post(change, sent, follow=True)

    assert not User.objects.get(pk=desk.rep_user.pk).is_active
    assert "3 open tickets are assigned to" in asked.content.decode()
    address = asked.redirect_chain[-1][0]
    unsaid = root.post(address, {"how": "person"})
    assert "Select a person." in unsaid.content.decode()
    assert not Bulk.objects.exists()

    progress = root.post(address, {"how": "person", "person": desk.rep2_user.pk}, follow=True)
    assert re.search(r"Hand over to Tomasz", progress.content.decode())
    finish(Bulk.objects.all())
    assert {stored(number).assigned_to for number in numbers} == {desk.rep2.user_id}
    assert "No open tickets are assigned to" in root.get(address).content.decode()


@pytest.fixture
def parts(desk, monkeypatch):
    """Somebody who left five tickets, of which a job takes two."""
    monkeypatch.setattr(bulk, "MOST", 2)
    numbers = open_tickets(desk, 5)
    leave(desk)
    return numbers


def test_every_job_of_a_large_hand_over_is_shown_until_it_is_done(desk, root, client, parts):
    address = reverse("admin:accounts_user_hand_over", args=[desk.rep_user.pk])

    page = root.post(address, {"how": "queue"}, follow=True).content.decode()

    jobs = list(Bulk.objects.order_by("pk"))
    assert [len(job.ticket_ids) for job in jobs] == [2, 2, 1]
    assert re.findall(r'href="(/bulk/\d+/)"', page) == [f"/bulk/{job.pk}/" for job in jobs]
    assert "Not now" not in page, "it is asked for once"
    again = html.unescape(root.post(address, {"how": "auto"}).content.decode())
    assert "already being handed over" in again
    assert Bulk.objects.count() == 3
    finish(jobs[:1])
    page = root.get(address).content.decode()
    assert re.findall(r'href="(/bulk/\d+/)"', page) == [f"/bulk/{job.pk}/" for job in jobs[1:]]
    finish(jobs[1:])
    assert "No open tickets are assigned to" in root.get(address).content.decode()
    assert {stored(number).assigned_to for number in parts} == {None}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_between_the_jobs_leaves_none_and_they_are_made_once(desk, parts):
    def begins_two_and_dies():
        at_call(bulk, "start", 2, after=True)
        hand_over(desk.rep.user_id, to="", by=desk.supervisor)

    assert dies_of_9(begins_two_and_dies)
    assert not Bulk.objects.exists()

    jobs = hand_over(desk.rep.user_id, to="", by=desk.supervisor)

    assert sorted(number for job in jobs for number in job.ticket_ids) == sorted(parts)
    with pytest.raises(Invalid, match="already"):
        hand_over(desk.rep.user_id, to="", by=desk.supervisor)
    finish(jobs)
    later = desk.ticket(assigned_to=desk.rep2.user_id).ticket_id
    give_to_whoever_left(desk, later)
    assert [job.ticket_ids for job in hand_over(desk.rep.user_id, to="", by=desk.supervisor)] == [
        [later]
    ], "what is done is in nobody's way"


def give_to_whoever_left(desk, number):
    User.objects.filter(pk=desk.rep_user.pk).update(is_active=True)
    assign(number, to=desk.rep.user_id, by=desk.supervisor)
    settle()
    leave(desk)


def test_two_who_ask_in_the_same_moment_get_the_same_jobs(desk, parts, monkeypatch):
    first = hand_over(desk.rep.user_id, to="", by=desk.supervisor)
    monkeypatch.setattr(handing, "running", lambda _holder: [])  # as one saw it a moment before

    second = hand_over(desk.rep.user_id, to="auto", by=desk.supervisor)

    assert [job.pk for job in second] == [job.pk for job in first]
    assert Bulk.objects.count() == 3


@pytest.mark.parametrize("lost", ["account", "role"])
def test_whoever_started_it_may_leave_too_and_an_administrator_sees_the_rest(
    desk, root, lost, monkeypatch
):
    monkeypatch.setattr(bulk, "STEP", 1)
    numbers = open_tickets(desk, 2)
    leave(desk)
    [job] = hand_over(desk.rep.user_id, to=desk.rep2.user_id, by=desk.supervisor)
    bulk.step(job.pk)
    if lost == "account":
        User.objects.filter(pk=desk.supervisor_user.pk).update(is_active=False)
    else:
        desk.supervisor_user.groups.clear()

    page = root.get(f"/bulk/{job.pk}/").content.decode()
    assert "The system completes it" in page
    results = finish([job])

    assert [one["refused"] for one in results] == ["", ""]
    assert {stored(number).assigned_to for number in numbers} == {desk.rep2.user_id}
    signed = [log_of(one["ticket"])[-1].created_by for one in results]
    assert signed == [desk.supervisor.user_id, "system"]
    asker = actor_of(User.objects.get(pk=desk.supervisor_user.pk))
    with pytest.raises(NotAllowed):
        hand_over(desk.rep.user_id, to="", by=asker)


def test_another_change_of_somebody_who_left_is_refused_from_then_on(desk):
    [number] = open_tickets(desk, 1)
    job = bulk.start(action="assign", value="", ticket_ids=[number], by=desk.rep)
    leave(desk)

    results = finish([job])

    assert "Only representatives" in results[0]["refused"]
    assert stored(number).assigned_to == desk.rep.user_id


def test_the_page_opens_for_nobody_who_can_work_now(desk, root):
    [number] = open_tickets(desk, 1)
    address = reverse("admin:accounts_user_hand_over", args=[desk.rep_user.pk])
    for answer in (root.get(address), root.post(address, {"how": "queue"})):
        assert answer["Location"] == reverse("admin:accounts_user_change", args=[desk.rep_user.pk])
    page = root.get(address, follow=True).content.decode()
    assert "Rosa Marin can work tickets now. Deactivate the account" in page
    with pytest.raises(Invalid, match="This person can work on tickets"):
        hand_over(desk.rep.user_id, to="", by=desk.supervisor)
    assert not Bulk.objects.exists()

    today = timezone.localdate()
    Absence.objects.create(user=desk.rep_user, first_day=today, last_day=today)
    root.post(address, {"how": "queue"})
    finish(Bulk.objects.all())

    assert stored(number).assigned_to is None


def test_round_robin_never_gives_back_to_whoever_is_there_again(desk):
    crew = team("Crew", desk.rep_user, desk.rep2_user)
    crew.distribution = crew.Distribution.ROUND_ROBIN
    crew.save()
    numbers = open_tickets(desk, 3)
    for number in numbers:
        assign_team(number, team_id=str(crew.pk), by=desk.supervisor)
    settle()
    leave(desk)
    jobs = hand_over(desk.rep.user_id, to="auto", by=desk.supervisor)
    User.objects.filter(pk=desk.rep_user.pk).update(is_active=True)

    finish(jobs)

    assert {stored(number).assigned_to for number in numbers} == {desk.rep2.user_id}


def test_only_administrators_hand_over_by_this_page(desk, root, parts):
    address = reverse("admin:accounts_user_hand_over", args=[desk.rep_user.pk])
    for user in (desk.rep2_user, desk.supervisor_user, desk.outsider_user):
        other = Client()
        other.force_login(user)
        refused = other.post(address, {"how": "queue"})
        assert refused.status_code == 403 or "/login/?next=" in refused["Location"]
    assert not Bulk.objects.exists()

    root.post(address, {"how": "queue"})

    assert Bulk.objects.exists()


@pytest.mark.parametrize("way", ["queue", "auto", "person"])
def test_tickets_go_where_was_said_and_a_second_time_changes_nothing(desk, way):
    crew = team("Crew", desk.rep_user, desk.rep2_user)
    crew.distribution = crew.Distribution.ROUND_ROBIN
    crew.save()
    numbers = open_tickets(desk, 3)
    for number in numbers:
        assign_team(number, team_id=str(crew.pk), by=desk.rep2)
        assign(number, to=desk.rep.user_id, by=desk.rep2)
    settle()
    leave(desk)
    to = {"queue": "", "auto": "auto", "person": desk.supervisor.user_id}[way]

    results = finish(hand_over(desk.rep.user_id, to=to, by=desk.supervisor))

    assert [one["refused"] for one in results] == [""] * 3
    expected = {"queue": None, "auto": desk.rep2.user_id, "person": desk.supervisor.user_id}[way]
    assert {stored(number).assigned_to for number in numbers} == {expected}
    assert {stored(number).team_id for number in numbers} == {str(crew.pk)}
    versions = [stored(number).version for number in numbers]
    job = Bulk.objects.get()
    Bulk.objects.filter(pk=job.pk).update(results=[], finished_at=None)  # its worker died
    finish([job])
    assert [stored(number).version for number in numbers] == versions
    assert hand_over(desk.rep.user_id, to=to, by=desk.supervisor) == []


def test_what_somebody_has_taken_meanwhile_stays_theirs(desk):
    one, other = open_tickets(desk, 2)
    leave(desk)
    jobs = hand_over(desk.rep.user_id, to=desk.supervisor.user_id, by=desk.supervisor)
    assign(one, to=desk.rep2.user_id, by=desk.rep2)

    finish(jobs)

    assert stored(one).assigned_to == desk.rep2.user_id
    assert stored(other).assigned_to == desk.supervisor.user_id


def test_a_ticket_given_in_the_moment_of_leaving_is_found_by_the_hand_over(desk, monkeypatch):
    number = desk.ticket(now=this_second()).ticket_id
    write = assigning.change

    def leaves_first(*given, **more):
        leave(desk)  # between the check of who is assigned and the write
        return write(*given, **more)

    with monkeypatch.context() as between:
        between.setattr(assigning, "change", leaves_first)
        assign(number, to=desk.rep.user_id, by=desk.rep2)
    settle()
    assert stored(number).assigned_to == desk.rep.user_id
    assert desk.rep.user_id in [one.user_id for one in people_in_lists()]

    finish(hand_over(desk.rep.user_id, to="", by=desk.supervisor))

    assert stored(number).assigned_to is None


@pytest.mark.parametrize("to", ["", "auto", "person"])
def test_a_note_in_the_same_moment_stops_no_hand_over(desk, monkeypatch, to):
    [number] = open_tickets(desk, 1)
    leave(desk)
    written = []

    def meanwhile(write):
        def writes(*given, **more):
            if not written:
                written.append(note(number, content="Look at this.", by=desk.rep2))
            return write(*given, **more)

        return writes

    monkeypatch.setattr(bulk, "set_assignee", meanwhile(bulk.set_assignee))
    monkeypatch.setattr(bulk, "assign_automatically", meanwhile(bulk.assign_automatically))
    chosen = desk.supervisor.user_id if to == "person" else to

    results = finish(hand_over(desk.rep.user_id, to=chosen, by=desk.supervisor))

    assert written
    assert [one["refused"] for one in results] == [""]
    assert stored(number).assigned_to == (chosen if to == "person" else None)


def test_round_robin_without_a_team_goes_back_to_the_queue(desk):
    [number] = open_tickets(desk, 1)
    leave(desk)

    results = finish(hand_over(desk.rep.user_id, to="auto", by=desk.supervisor))

    assert [one["refused"] for one in results] == [""]
    assert stored(number).assigned_to is None


def test_whoever_loses_their_role_is_offered_a_hand_over_too(desk, root, monkeypatch):
    monkeypatch.setattr("helpdesk.accounts.admin.question", lambda _request: None)
    open_tickets(desk, 1)
    change = reverse("admin:accounts_user_change", args=[desk.rep_user.pk])
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent = {**form_of(root.get(change)), **joined, "groups": []}

    asked = root.post(change, sent, follow=True)

    assert "1 open ticket is assigned to" in asked.content.decode()
    assert "Hand over" in root.get(change).content.decode()
