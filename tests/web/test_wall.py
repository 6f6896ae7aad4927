"""The wallboard: televisions are paired by a code and see counts, no names, until revoked."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.core.cache import cache
from django.test import Client

from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed, NotFound, TooManyTries
from reporting.models import Television
from reporting.services import rollups, televisions, wall
from reporting.services.today import escalated_today
from reporting.web.wall import COOKIE
from tests.world import settle
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.escalate import escalate

WALL = "/sla/wall/"
SCREENS = "/sla/wall/screens/"


@pytest.fixture(autouse=True)
def nothing_cached():
    cache.clear()


@pytest.fixture
def tv():
    return Client()


def code_on(client):
    answer = client.get(WALL)
    assert answer.status_code == 200
    return "".join(answer.context["halves"])


def figures(answer, panel):
    [found] = [one for one in answer.context["panels"] if one.title == panel]
    return [figure.value for figure in found.figures]


@pytest.fixture
def paired(desk, tv):
    code = code_on(tv)
    return televisions.pair(code=code, name="Hall", by=desk.supervisor, now=this_second())


def test_a_television_is_paired_and_sees_counts_without_names(desk, tv, client, subtests):
    now = this_second()
    late = desk.ticket(priority="Critical", now=now - timedelta(hours=3))
    soon = desk.ticket(priority="High", now=now - timedelta(hours=3, minutes=30))
    done = desk.ticket(now=now)
    respond(done.ticket_id, content="Soon.", by=desk.rep, now=now)
    escalate(late.ticket_id, reason="secret", by=desk.rep)
    settle()
    while rollups.roll_up():
        pass

    code = code_on(tv)
    assert len(code) == 8
    assert set(code) <= set(televisions.SIGNS)
    assert code_on(tv) == code, "it asks again and again"
    client.force_login(desk.supervisor_user)
    written = f" {code[:4].lower()}-{code[4:].lower()} "
    made = client.post(SCREENS, {"code": written, "name": " Hall,  left "})
    assert (made.status_code, made["Location"]) == (302, SCREENS)
    page = client.get(SCREENS).content.decode()
    assert "Hall, left" in page
    assert "Last seen" in page

    answer = tv.get(WALL)
    text = answer.content.decode()
    assert figures(answer, "Now")[:4] == ["3", "1", "1", "3"]
    assert figures(answer, "Next deadlines") == ["0", "1", "0", "0"]
    escalated = sum(escalated_today(by=desk.supervisor, now=this_second()).values())
    assert escalated > 0
    # One clock has ended; those that are late still run.
    assert figures(answer, "Today") == ["3", "0", str(escalated), "100.0 %"]
    [teams] = [one for one in answer.context["panels"] if one.title == "By team"]
    assert [name for name, _figures in teams.rows] == ["No team"]
    for secret in (
        *(desk.customer.name, desk.rep.name, desk.supervisor.name, "Giulia", "secret"),
        *(late.subject, desk.rep_user.username, f"/tickets/{soon.ticket_id}/", "VIN"),
    ):
        assert secret not in text
    assert "style=" not in text
    assert "no-store" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy

    with subtests.test("the cookie opens nothing else"):
        cookie: SimpleCookie = answer.cookies
        kept = cookie[COOKIE]
        assert kept["httponly"]
        assert kept["samesite"] == "Lax"
        assert kept["path"] == WALL
        assert kept["max-age"] == 400 * 86_400
        assert Television.objects.get().digest != kept.value
        stranger = Client()
        stranger.cookies[COOKIE] = kept.value
        for address in ("/", "/sla/", "/tickets/", "/reports/", SCREENS):
            assert stranger.get(address)["Location"].startswith("/accounts/login/")
        assert stranger.get("/api/tickets").status_code == 401


def test_a_code_is_good_for_ten_minutes_and_once(desk, tv):
    now = this_second()
    code = code_on(tv)
    late = now + timedelta(minutes=11)
    with pytest.raises(Invalid) as refused:
        televisions.pair(code=code, name="Hall", by=desk.supervisor, now=late)
    assert set(refused.value.errors) == {"code"}

    televisions.pair(code=code, name="Hall", by=desk.supervisor, now=now)
    for again in (code, ""):
        with pytest.raises(Invalid):
            televisions.pair(code=again, name="Thief", by=desk.supervisor, now=now)
    assert [one.name for one in televisions.televisions(by=desk.supervisor)] == ["Hall"]

    other = Client()
    old = code_on(other)
    Television.objects.filter(code=old).update(code_expires_at=now - timedelta(seconds=1))
    assert code_on(other) != old
    assert not Television.objects.filter(code=old).exists(), "what nobody paired is deleted"


def test_codes_are_neither_guessed_nor_made_without_end(desk, tv, client):
    now = this_second()
    code = code_on(tv)
    for _guess in range(10):
        with pytest.raises(Invalid):
            televisions.pair(code="AAAABBBB", name="x", by=desk.supervisor, now=now)
    with pytest.raises(TooManyTries):
        televisions.pair(code=code, name="x", by=desk.supervisor, now=now)
    client.force_login(desk.supervisor_user)
    assert client.post(SCREENS, {"code": code, "name": "x"}).status_code == 429

    answers = [Client().get(WALL) for _browser in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 19 + [429]
    assert "accept cookies" in answers[-1].content.decode()
    assert code_on(tv) == code, "the others are not in its way"


def test_a_revoked_television_shows_a_new_code_at_its_next_refresh(desk, tv, client, paired):
    assert "panels" in tv.get(WALL).context
    client.force_login(desk.supervisor_user)
    assert client.post(f"{SCREENS}{paired.pk}/revoke/").status_code == 302
    assert client.post(f"{SCREENS}{paired.pk}/revoke/").status_code == 404
    assert code_on(tv)

    told = [(one.action, one.actor) for one in QueuedEntry.objects.filter(kind="wallboard")]
    by = desk.supervisor.user_id
    assert sorted(told) == [("paired", "system"), ("revoked", by)]


def test_a_cookie_of_somebody_elses_making_is_never_taken(tv, desk):
    tv.cookies[COOKIE] = "chosen"
    answer = tv.get(WALL)
    assert answer.cookies[COOKIE].value != "chosen"
    assert not Television.objects.filter(digest=televisions._digest("chosen")).exists()


def test_a_television_that_was_away_for_very_long_is_paired_anew(paired, tv):
    now = this_second()
    secret = tv.cookies[COOKIE].value
    assert televisions.paired(secret, now=now + timedelta(days=399)) == paired
    paired.refresh_from_db()
    assert paired.seen_at == now + timedelta(days=399)
    assert televisions.paired(secret, now=paired.seen_at + timedelta(days=400)) is None


def test_pairing_is_the_supervisors(desk, tv, paired):
    for by in (desk.rep, desk.outsider):
        with pytest.raises(NotAllowed):
            televisions.pair(code=code_on(Client()), name="x", by=by, now=this_second())
        with pytest.raises(NotAllowed):
            televisions.televisions(by=by)
        with pytest.raises(NotAllowed):
            televisions.revoke(paired.pk, by=by)
    with pytest.raises(NotFound):
        televisions.revoke(0, by=desk.supervisor)


def test_whoever_works_tickets_sees_the_wall_without_pairing(desk, client):
    client.force_login(desk.rep_user)
    assert len(client.get(WALL).context["panels"]) == 3, "no team has a ticket"
    client.force_login(desk.outsider_user)
    assert "halves" in client.get(WALL).context, "who works no tickets is a stranger here"


def test_all_share_one_look(desk, tv, paired, monkeypatch, django_assert_max_num_queries):
    desk.ticket()
    settle()
    now = this_second().replace(second=20)
    with capacity.counting() as used, django_assert_max_num_queries(3):
        wall.board(paired, now=now)
    assert used.requests <= 8, used.operations
    by = [wall.board(viewer, now=now) for viewer in (desk.rep, paired, paired)]
    assert by[0] == by[1] == by[2]
    monkeypatch.setattr("reporting.web.wall.this_second", lambda: now)
    with django_assert_max_num_queries(2):  # which television it is, and the names of teams
        tv.get(WALL)
