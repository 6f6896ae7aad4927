"""Sessions end: without activity, after a day, with the role, and from elsewhere."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from helpdesk.accounts.browsers import browser_and_system
from helpdesk.accounts.models import SUPERVISORS, User
from helpdesk.accounts.session_models import UserSession
from helpdesk.accounts.sessions import BACKGROUND, REMEMBERED

PAGE, SESSIONS = "/accounts/preferences/", "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(client):
    return client.get(PAGE).status_code == 200


def pass_time(*, active=None, started=None):
    """Let every session have been active, or begun, so long ago."""
    now = timezone.now()
    if active is not None:
        UserSession.objects.update(active_at=now - active)
    if started is not None:
        UserSession.objects.update(started_at=now - started)


def test_a_supervisor_who_does_nothing_is_signed_out_and_told_why(client, desk):
    client.force_login(desk.supervisor_user)
    pass_time(active=timedelta(minutes=29))
    assert signed_in(client)
    pass_time(active=timedelta(minutes=30))
    answer = client.get(f"{PAGE}?x=1")

    assert answer["Location"] == "/accounts/login/?next=/accounts/preferences/%3Fx%3D1&ended=idle"
    assert "were not active" in client.get(answer["Location"]).content.decode()
    # Another part of the page, which asked a moment later, may lead to the login, too.
    assert "were not active" in client.get("/accounts/login/").content.decode()
    assert not signed_in(client)


def test_a_representatives_session_lasts_a_working_day(client, desk):
    client.force_login(desk.rep_user)
    pass_time(active=timedelta(hours=7))
    assert signed_in(client)
    pass_time(started=timedelta(hours=12))
    assert client.get(PAGE)["Location"].endswith("&ended=limit")


def test_limits_are_settings(client, desk, settings):
    settings.SESSION_IDLE_MINUTES = 5
    client.force_login(desk.rep_user)
    pass_time(active=timedelta(minutes=5))
    assert not signed_in(client)


@pytest.mark.parametrize("address", ["/live/", "/notifications/bell/", "/nav/"])
def test_what_a_page_asks_by_itself_is_no_activity(client, desk, address):
    client.force_login(desk.supervisor_user)
    pass_time(active=timedelta(minutes=20))
    before = UserSession.objects.get().active_at
    assert client.get(address, headers={BACKGROUND: "1"}).status_code in (200, 204)
    assert UserSession.objects.get().active_at == before, "an open page stays signed in for ever"

    client.get(address, headers={BACKGROUND: "0"})
    assert UserSession.objects.get().active_at > before


@pytest.mark.parametrize(
    "headers",
    [{BACKGROUND: "1"}, {BACKGROUND: "0"}, {"HX-Request": "true"}],
    ids=["poll", "script", "fragment"],
)
def test_a_part_of_a_page_leads_all_of_it_to_the_login(client, desk, headers):
    client.force_login(desk.supervisor_user)
    pass_time(active=timedelta(hours=1))
    here = {"HX-Current-URL": "http://testserver/tickets/?q=x"}
    answer = client.get("/live/", headers={**headers, **here})

    assert answer.status_code == 204, "the login page is swapped into a corner of the page"
    assert answer["HX-Redirect"] == "/accounts/login/?next=/tickets/%3Fq%3Dx&ended=idle"
    evil = client.get("/live/", headers={**headers, "HX-Current-URL": "https://evil.example/"})
    assert "evil" not in evil["HX-Redirect"]


def test_a_form_that_was_sent_too_late_leads_back_to_its_page(client, desk):
    client.force_login(desk.supervisor_user)
    pass_time(active=timedelta(hours=1))
    number = desk.ticket().ticket_id
    form = {"Referer": f"http://testserver/tickets/{number}/"}
    answer = client.post(f"/tickets/{number}/reply/", {"content": "x"}, headers=form)
    assert answer["Location"] == f"/accounts/login/?next=/tickets/{number}/&ended=idle"


def test_the_api_asks_a_session_that_is_over_to_authenticate(client, desk):
    client.force_login(desk.supervisor_user)
    assert client.get("/api/tickets").status_code == 200
    pass_time(active=timedelta(hours=1))
    assert client.get("/api/tickets").status_code == 401


def test_a_session_ends_with_the_role_and_not_with_a_higher_one(client, desk):
    user = desk.rep_user
    client.force_login(user)
    user.groups.add(Group.objects.get(name=SUPERVISORS))
    assert signed_in(client)
    again = Client()
    again.force_login(User.objects.get(pk=user.pk))
    user.groups.remove(Group.objects.get(name=SUPERVISORS))

    assert again.get(PAGE)["Location"].endswith("&ended=role")
    assert signed_in(client), "still what it was when this one signed in"


def test_one_sees_ones_sessions_and_signs_out_of_one(client, desk):
    client.force_login(desk.rep_user)
    other = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.9")
    other.post("/accounts/login/", {"username": "rosa", "password": "demo"})
    strangers = Client()
    strangers.force_login(desk.rep2_user)
    page = client.get(SESSIONS).content.decode()
    assert "Firefox · Windows" in page
    assert "203.0.113.9" in page
    assert page.count('action="/accounts/sessions/') == 2, "one session, and all others"

    [key] = UserSession.objects.filter(address="203.0.113.9").values_list("pk", flat=True)
    assert strangers.post(f"{SESSIONS}{key}/end/").status_code == 404
    assert signed_in(other)
    client.post(f"{SESSIONS}{key}/end/")

    assert other.get(PAGE)["Location"].endswith("&ended=elsewhere")
    assert "203.0.113.9" not in client.get(SESSIONS).content.decode()


def test_signing_out_elsewhere_leaves_this_session_and_those_of_others(client, desk):
    others = [Client(), Client()]
    for one in (client, *others):
        one.force_login(desk.rep_user)
    colleague = Client()
    colleague.force_login(desk.rep2_user)
    answer = client.post(f"{SESSIONS}end-others/", follow=True)

    assert "Signed out of 2 other sessions." in answer.content.decode()
    assert [signed_in(one) for one in (client, *others, colleague)] == [True, False, False, True]


def test_a_new_password_and_logging_out_leave_no_session_in_the_list(client, desk):
    other = Client()
    other.force_login(desk.rep_user)
    client.force_login(desk.rep_user)
    new = {"new_password1": "blue-Gantry-47", "new_password2": "blue-Gantry-47"}
    client.post("/accounts/password/", {"old_password": "demo", **new})
    assert UserSession.objects.filter(ended_at=None).count() == 1
    client.post("/accounts/logout/")
    assert not UserSession.objects.filter(ended_at=None).exists()


def test_a_session_from_before_sessions_were_recorded_goes_on(client, desk):
    client.force_login(desk.rep_user)
    session = client.session
    del session["user_session"]
    session.save()
    UserSession.objects.all().delete()

    assert signed_in(client)
    assert signed_in(client)
    assert UserSession.objects.get().user == desk.rep_user


def test_addresses_are_forgotten_a_month_later(client, desk):
    client.force_login(desk.rep_user)
    pass_time(active=REMEMBERED)
    Client().force_login(desk.rep2_user)
    assert not UserSession.objects.filter(user=desk.rep_user).exists()


def test_activity_is_not_written_with_each_request(client, desk):
    client.force_login(desk.rep_user)
    signed_in(client)
    before = UserSession.objects.get().active_at
    signed_in(client)
    assert UserSession.objects.get().active_at == before


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            ("Chrome", "Linux"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("curl/8.5.0", ("", "")),
    ],
)
def test_browsers_have_names(text, names):
    assert browser_and_system(text) == names
