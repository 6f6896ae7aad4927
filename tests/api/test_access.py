"""Who may ask, and what everybody else is told; problems of the API itself."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from ninja.openapi.schema import OpenAPISchema

from helpdesk.accounts.models import ApiToken
from helpdesk.accounts.tokens import make_token, revoke, revoke_all
from helpdesk.api import limits
from helpdesk.api.site import api
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotFound
from tests.api.conftest import Program
from tests.api.test_tickets import is_problem
from tests.email.conftest import SUPPORT, take
from tests.world import AWAY, stored
from tickets.models import CannedReply, Mailbox
from tickets.services.customer_records.notes import add_note
from tickets.services.email import suspended

BODIES = {
    "post /tickets": {
        "customerId": "{customer}",
        "subject": "x",
        "description": "x",
        "category": "General",
        "priority": "Low",
    },
    "put /tickets/{ticket_id}": {"priority": "High"},
    "post /tickets/{ticket_id}/assign": {"assignedTo": None},
    "post /tickets/{ticket_id}/communicate": {"type": "Internal Note", "content": "x"},
    "post /tickets/{ticket_id}/forward": {"to": ["desk@carrier.example"], "content": "x"},
    "post /tickets/{ticket_id}/escalate": {"reason": "x"},
    "put /tickets/{ticket_id}/snooze": {"until": None},
    "put /tickets/{ticket_id}/reminder": {"at": "{tomorrow}"},
    "post /tickets/{ticket_id}/participants": {"address": "bea@posta.example"},
    "post /suspended-mail": {"key": "{mail}", "action": "readAgain"},
    "post /customers": {"name": "x"},
    "put /customers/{customer_id}": {"company": "x"},
    "post /customers/{customer_id}/vehicles": {"make": "x"},
    "put /vehicles/{vehicle_id}": {"model": "x"},
    "post /customers/{customer_id}/notes": {"content": "x"},
    "put /customers/{customer_id}/notes/{note_id}": {"content": "x"},
}


def described() -> OpenAPISchema:
    return api.get_openapi_schema()


ENDPOINTS = sorted(
    f"{method} {path.removeprefix('/api')}"
    for path, methods in described()["paths"].items()
    for method in methods
    if path != "/api/mail/{mailbox}"  # with a token of its own: tests/email/test_webhook.py
)


@pytest.fixture
def ask(desk):
    """Ask an endpoint about things that are there."""
    Mailbox.objects.create(name="support", address=SUPPORT)
    take(now=this_second(), message_id="auto@p.example", auto_submitted="auto-replied")
    [waiting] = suspended.suspended(by=desk.rep).mails
    written = take(now=this_second())
    number = written.ticket_id
    about = add_note(desk.customer.customer_id, content="About her", by=desk.rep)
    given = {
        "note_id": about.note_id,
        "ticket_id": number,
        "customer_id": desk.customer.customer_id,
        "vehicle_id": desk.vehicle.vehicle_id,
        "communication_id": written.communication_id,
        "address": "bea@posta.example",
        "canned_reply_id": str(CannedReply.objects.create(name="Papers", text="x").pk),
    }

    def ask(program, endpoint):
        method, path = endpoint.split(" ")
        body = BODIES.get(endpoint)
        if body and "customerId" in body:
            body = {**body, "customerId": desk.customer.customer_id}
        if body and "at" in body:
            body = {"at": (timezone.now() + timedelta(days=1)).isoformat()}
        if body and "key" in body:
            body = {**body, "key": waiting.key}
        if path == "/suspended-mail/original":
            path += f"?key={quote(waiting.key)}"
        return program.ask(method.upper(), path.format(**given), body)

    ask.number, ask.mail, ask.note_id = number, waiting.key, about.note_id
    return ask


def test_every_endpoint_of_the_table_is_there():
    assert set(ENDPOINTS) == set(BODIES) | {
        "get /tickets",
        "get /tickets/{ticket_id}",
        "get /tickets/{ticket_id}/attention",
        "put /tickets/{ticket_id}/follow",
        "delete /tickets/{ticket_id}/follow",
        "delete /tickets/{ticket_id}/snooze",
        "delete /tickets/{ticket_id}/reminder",
        "get /tickets/sla-report",
        "get /tickets/analytics",
        "get /reports/tables",
        "get /reports/heat-map",
        "get /reports/escalations",
        "get /customers",
        "get /customers/{customer_id}",
        "get /customers/{customer_id}/tickets",
        "get /customers/{customer_id}/vehicles",
        "get /vehicles",
        "get /customers/{customer_id}/notes",
        "delete /customers/{customer_id}/notes/{note_id}",
        "get /vehicles/{vehicle_id}",
        "get /vehicles/{vehicle_id}/tickets",
        "get /canned-replies",
        "get /canned-replies/{canned_reply_id}",
        "get /users",
        "get /suspended-mail",
        "get /suspended-mail/original",
        "get /tickets/{ticket_id}/communications/{communication_id}/original",
        "delete /tickets/{ticket_id}/participants/{address}",
    }


WRITING = [endpoint for endpoint in ENDPOINTS if not endpoint.startswith("get")]
READING = [endpoint for endpoint in ENDPOINTS if endpoint.startswith("get")]


def test_whoever_may_not_is_refused_everywhere(client, desk, ask, subtests):
    revoked, revoked_text = make_token(desk.rep_user, name="revoked")
    revoke_all([revoked])
    expired, expired_text = make_token(desk.rep_user, name="expired")
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    _left, left_text = make_token(desk.rep2_user, name="of somebody who left")
    desk.rep2_user.is_active = False
    desk.rep2_user.save()
    _read, read_text = make_token(desk.rep_user, name="reads", scope="read")
    _mallory, mallory_text = make_token(desk.outsider_user, name="works no tickets")

    for endpoint in ENDPOINTS:
        with subtests.test(endpoint):
            for text in (None, "nonsense", "", revoked_text, expired_text, left_text, "\xff"):
                answer = ask(Program(client, text), endpoint)
                is_problem(answer, 401)
                assert answer["WWW-Authenticate"].startswith("Bearer")
            is_problem(ask(Program(client, mallory_text), endpoint), 403)
            answer = ask(Program(client, read_text), endpoint)
            if endpoint in WRITING:
                is_problem(answer, 403)
            else:
                assert answer.status_code == 200, answer.json()
            assert stored(ask.number).version == 1


def test_whoever_may_reads_everything(program, ask, subtests):
    for endpoint in READING:
        with subtests.test(endpoint):
            assert ask(program, endpoint).status_code == 200


@pytest.mark.parametrize("endpoint", WRITING)
def test_whoever_may_writes_everything(program, ask, endpoint):
    assert ask(program, endpoint).status_code in (200, 201)


@pytest.mark.parametrize("endpoint", sorted(BODIES))
def test_a_session_writes_with_its_csrf_token_only(desk, ask, endpoint):
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.rep_user)

    is_problem(ask(Program(client), endpoint), 403)
    assert stored(ask.number).version == 1
    client.get("/accounts/preferences/")
    program = Program(client)
    program.headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert ask(program, endpoint).status_code in (200, 201)


def test_a_bad_token_is_not_saved_by_a_session(client, desk):
    client.force_login(desk.rep_user)
    assert client.get("/api/tickets").status_code == 200
    is_problem(Program(client, "nonsense").get("/tickets"), 401)
    answer = client.get("/api/tickets", headers={"Authorization": "Basic cm9zYTpkZW1v"})
    is_problem(answer, 401)


def test_figures_of_colleagues_are_for_supervisors(program, client, desk):
    for report in ("tickets/sla-report", "tickets/analytics", "reports/tables", "reports/heat-map"):
        is_problem(program.get(f"/{report}?assignedTo={desk.rep2.user_id}"), 403)
        assert program.get(f"/{report}?assignedTo=me").status_code == 200
        _made, text = make_token(desk.supervisor_user, name="sees all")
        seen = Program(client, text).get(f"/{report}?assignedTo={desk.rep2.user_id}")
        assert seen.status_code == 200


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/tickets/", "/tickets/1/close", "/v2/x"])
def test_an_unknown_address_is_a_problem(program, path):
    is_problem(program.get(path), 404)


def test_a_method_that_is_not_there_is_a_problem(program, ask, subtests):
    for endpoint in ENDPOINTS:
        with subtests.test(endpoint):
            answer = ask(program, f"patch {endpoint.split(' ')[1]}")

            is_problem(answer, 405)
            assert endpoint.split(" ")[0].upper() in answer["Allow"].split(", ")


def test_a_token_makes_so_many_requests_a_minute(program, desk, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    left = [program.get("/users")["RateLimit-Remaining"] for _ in range(3)]
    over = program.get("/users")

    assert left == ["2", "1", "0"]
    is_problem(over, 429)
    assert 1 <= int(over["Retry-After"]) <= 60
    assert over["RateLimit-Limit"] == "3"
    other = Program(program.client, make_token(desk.rep_user, name="another")[1])
    assert other.get("/users").status_code == 200


def test_the_next_minute_begins_anew(settings, tables):
    settings.API_REQUESTS_PER_MINUTE = 1
    assert limits.count(7, now=119.0).reset == 1
    with pytest.raises(limits.TooMany):
        limits.count(7, now=119.5)
    assert limits.count(7, now=120.0).used == 1


def test_a_cache_that_is_away_limits_nothing(settings):
    settings.CACHES = {"default": AWAY}
    settings.API_REQUESTS_PER_MINUTE = 1
    assert [limits.count(7), limits.count(7)] == [None, None]


def test_the_last_use_is_shown_and_only_a_hash_is_kept(program, desk):
    assert ApiToken.objects.get().last_used_at is None
    program.get("/users")

    [kept] = ApiToken.objects.values()
    text = program.headers["Authorization"].removeprefix("Bearer ")
    assert timezone.now() - kept["last_used_at"] < timedelta(minutes=1)
    assert text not in map(str, kept.values())
    assert kept["beginning"] == text[:8]


def test_a_token_ends_by_its_owner_or_a_supervisor(desk):
    mine, _text = make_token(desk.rep_user, name="mine")
    other, _text = make_token(desk.rep_user, name="other")

    with pytest.raises(NotFound):
        revoke(mine.pk, by=desk.rep2)
    revoke(mine.pk, by=desk.rep)
    revoke(other.pk, by=desk.supervisor)

    assert not ApiToken.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "x" * 61}, {"scope": "all"}, {"days": 0}, {"days": 9_999}]
)
def test_a_token_says_what_it_is_for_and_ends_some_day(desk, wrong):
    with pytest.raises(Invalid) as refused:
        make_token(desk.rep_user, **{"name": "x", **wrong})
    assert set(refused.value.errors) == set(wrong)


def test_the_command_prints_the_token_alone_on_its_last_line(client, desk, capsys):
    call_command("create_api_token", "rosa")

    text = capsys.readouterr().out.splitlines()[-1]
    assert Program(client, text).get("/users").status_code == 200


def test_people_make_see_and_end_their_tokens(rep_client, desk):
    answer = rep_client.post(
        "/accounts/tokens/", {"name": "Booking", "scope": "read", "days": "30"}
    )
    text = answer.context["text"]
    assert text in answer.content.decode()
    assert Program(Client(), text).get("/users").status_code == 200
    again = rep_client.get("/accounts/tokens/").content.decode()
    assert text not in again
    assert "Booking" in again
    make_token(desk.rep2_user, name="Not mine")
    assert "Not mine" not in rep_client.get("/accounts/tokens/").content.decode()

    rep_client.post(f"/accounts/tokens/{ApiToken.objects.get(name='Booking').pk}/revoke/")
    assert Program(Client(), text).get("/users").status_code == 401
    theirs = ApiToken.objects.get(name="Not mine")
    assert rep_client.post(f"/accounts/tokens/{theirs.pk}/revoke/").status_code == 404
    wrong = rep_client.post("/accounts/tokens/", {"name": "", "scope": "read", "days": "x"})
    assert wrong.status_code == 422


def test_supervisors_end_tokens_in_the_admin(client, desk):
    made, text = make_token(desk.rep_user, name="Old program")
    client.force_login(desk.supervisor_user)
    listed = client.get("/admin/accounts/apitoken/")
    assert "Old program" in listed.content.decode()
    assert client.get(f"/admin/accounts/apitoken/{made.pk}/change/").status_code == 200

    client.post("/admin/accounts/apitoken/", {"action": "end", "_selected_action": [made.pk]})

    assert Program(Client(), text).get("/users").status_code == 401
