"""What guards an account, or gives a customer away whole, asks for the password again."""

import re
import time
from html import unescape

import pytest
from django.test import Client
from django.utils.html import escape
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts import confirm
from helpdesk.accounts.models import ApiToken, User
from tests.security.test_login import code_of

TOKENS, SECOND, CONFIRM = "/accounts/tokens/", "/accounts/second-factor/", "/accounts/confirm/"
TOKEN = {"name": "Booking & <b>", "scope": "read", "days": "30"}


@pytest.fixture
def rosa(desk):
    return desk.rep_user


def age(client, seconds=15 * 60 + 1):
    session = client.session
    session[confirm.CONFIRMED] -= seconds
    session.save()


@pytest.fixture
def stale(client, rosa):
    """A session whose password was given a while ago."""
    client.force_login(rosa)
    age(client)
    return client


def hidden(page):
    """The fields that the page would post again, as a browser does."""
    form = page.partition('<form method="post" class="mx-auto max-w-md"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    fields = {}
    for name, value in found:
        fields.setdefault(name, []).append(unescape(value))
    return {name: values for name, values in fields.items() if name != "csrfmiddlewaretoken"}


def test_a_token_is_made_only_after_the_password_and_nothing_typed_is_lost(stale):
    asked = stale.post(TOKENS, TOKEN)

    assert asked.status_code == 403
    assert ApiToken.objects.count() == 0, "a session left open makes tokens"
    page = asked.content.decode()
    assert escape(TOKEN["name"]) in page
    assert "<b>" not in page
    made = stale.post(TOKENS, {**hidden(page), confirm.FIELD: "demo"})
    assert made.status_code == 200
    assert ApiToken.objects.get().name == TOKEN["name"]
    assert stale.post(TOKENS, TOKEN).status_code == 200, "asked twice within 15 minutes"


def test_a_wrong_password_makes_nothing_and_asks_again_with_what_was_typed(stale):
    page = stale.post(TOKENS, TOKEN).content.decode()
    again = stale.post(TOKENS, {**hidden(page), confirm.FIELD: "wrong"})

    assert again.status_code == 422
    assert ApiToken.objects.count() == 0
    assert "Incorrect password" in again.content.decode()
    assert "wrong" not in str(hidden(again.content.decode()))
    assert hidden(again.content.decode()) == hidden(page)


def test_the_password_is_guessed_here_under_the_same_limits(stale):
    answers = [stale.post(TOKENS, {**TOKEN, confirm.FIELD: "wrong"}) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert ApiToken.objects.count() == 0


def test_the_page_of_the_second_factor_shows_no_key_before_the_password(stale, rosa):
    asked = stale.get(f"{SECOND}?x=1")
    assert asked["Location"] == f"{CONFIRM}?next=/accounts/second-factor/%3Fx%3D1"
    assert not TOTPDevice.objects.exists()
    back = stale.post(asked["Location"], {confirm.FIELD: "demo"})

    assert back["Location"] == f"{SECOND}?x=1"
    assert "data:image/svg+xml" in stale.get(back["Location"]).content.decode()


def test_a_second_factor_is_neither_added_nor_removed_without_the_password(stale, rosa):
    device = TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)
    assert stale.post(SECOND, {"code": code_of(device)}).status_code == 403
    assert TOTPDevice.objects.filter(confirmed=True).exists()
    stale.post(SECOND, {"code": code_of(device), confirm.FIELD: "demo"})
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_customer_is_exported_only_after_the_password(stale, desk):
    page = f"/customers/{desk.customer.customer_id}/"
    assert f'{page}export/">' in stale.get(page).content.decode(), "or the question is saved"
    asked = stale.get(f"{page}export/", headers={"Referer": f"http://testserver{page}"})
    assert asked.status_code == 302
    assert asked["Location"].startswith(CONFIRM)
    done = stale.post(asked["Location"], {confirm.FIELD: "demo"})

    text = done.content.decode()
    assert done.status_code == 200
    assert f"0;url={page}export/" in text, "the download starts by itself"
    assert f'href="{page}"' in text, "and one is where one was"
    assert stale.get(f"{page}export/")["Content-Type"] == "application/zip"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_in_parts_is_led_to_the_question_and_back_to_itself(stale, method):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tickets/?q=x"}
    asked = getattr(stale, method)(SECOND, headers=headers)

    assert asked.status_code == 204
    assert asked["HX-Redirect"] == f"{CONFIRM}?next=/tickets/%3Fq%3Dx"
    back = stale.post(asked["HX-Redirect"], {confirm.FIELD: "demo"})
    assert back["Location"] == "/tickets/?q=x"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", ""],
)
def test_the_question_leads_to_no_other_site(stale, wanted):
    answer = stale.post(f"{CONFIRM}?next={wanted}", {confirm.FIELD: "demo"})
    assert answer["Location"] == "/"
    age(stale)
    there = {"HX-Request": "true", "HX-Current-URL": wanted}
    assert "evil" not in stale.get(SECOND, headers=there)["HX-Redirect"]
    asked = stale.get("/customers/x/export/", headers={"Referer": wanted})
    assert "evil" not in asked["Location"]


def test_a_login_is_a_confirmation(client, rosa):
    client.post("/accounts/login/", {"username": "rosa", "password": "demo"})
    assert client.post(TOKENS, TOKEN).status_code == 200
    assert client.session[confirm.CONFIRMED] <= time.time()


def test_somebody_elses_password_confirms_nothing(stale, desk):
    desk.supervisor_user.set_password("of-the-supervisor-9")
    desk.supervisor_user.save()
    answer = stale.post(TOKENS, {**TOKEN, confirm.FIELD: "of-the-supervisor-9"})
    assert answer.status_code == 422


def test_in_the_admin_accounts_change_only_after_the_password(client, rosa):
    boss = User.objects.create_superuser("root", "root@helpdesk.example", "demo")
    TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)
    client.force_login(boss)
    age(client)
    users = "/admin/accounts/user/"
    action = {"action": "forget_second_factor", "_selected_action": [rosa.pk, boss.pk]}
    password = {"password1": "blue-Gantry-47", "password2": "blue-Gantry-47"}
    password |= {"usable_password": "true"}

    assert client.post(users, action).status_code == 403
    assert client.post(f"{users}{rosa.pk}/password/", password).status_code == 403
    assert client.post(f"{users}{rosa.pk}/change/", {"username": "x"}).status_code == 403
    assert client.post(f"{users}add/", {"username": "x"}).status_code == 403
    assert TOTPDevice.objects.exists()
    asked = client.post(users, action).content.decode()
    assert hidden(asked)["_selected_action"] == [str(rosa.pk), str(boss.pk)]
    client.post(users, {**hidden(asked), confirm.FIELD: "demo"})
    assert not TOTPDevice.objects.exists()


@pytest.mark.parametrize(
    "deactivate",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: setattr(user, "is_active", False) or user.save(),
        lambda user: (
            setattr(user, "is_active", False) or User.objects.bulk_update([user], ["is_active"])
        ),
    ],
    ids=["update", "save", "bulk_update"],
)
def test_neither_sessions_nor_tokens_come_back_with_an_account(rosa, deactivate):
    from helpdesk.accounts.tokens import make_token

    client = Client()
    client.force_login(rosa)
    _token, text = make_token(rosa, name="Booking")
    bearer = {"Authorization": f"Bearer {text}"}
    assert client.get("/accounts/preferences/").status_code == 200
    deactivate(User.objects.get(pk=rosa.pk))
    User.objects.filter(pk=rosa.pk).update(is_active=True)

    assert client.get("/accounts/preferences/").status_code == 302, "a session came back"
    assert Client().get("/api/tickets", headers=bearer).status_code == 401, "a token came back"
    again = Client()
    again.force_login(User.objects.get(pk=rosa.pk))
    assert again.get("/accounts/preferences/").status_code == 200


def test_a_password_that_is_written_in_bulk_ends_tokens_too(rosa):
    from helpdesk.accounts.tokens import make_token

    _token, text = make_token(rosa, name="Booking")
    rosa.set_password("a new and longer one")
    User.objects.bulk_update([rosa], ["password"])
    bearer = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/tickets", headers=bearer).status_code == 401


def test_half_a_login_ends_with_the_password_it_was_begun_with(client, rosa):
    device = TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)
    client.post("/accounts/login/", {"username": "rosa", "password": "demo"})
    rosa.set_password("a new and longer one")
    rosa.save()

    answer = client.post("/accounts/login/code/", {"code": code_of(device)})
    assert answer["Location"] == "/accounts/login/"
    assert client.get("/accounts/preferences/").status_code == 302
