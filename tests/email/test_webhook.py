"""Mail services hand in raw messages."""

import json

import pytest

from helpdesk.accounts.tokens import make_mail_token, make_token, revoke_all
from tests.email.conftest import raw, take
from tests.world import stored
from tickets.models import Mailbox


@pytest.fixture
def token(mailbox):
    return make_mail_token("support")[1]


def hand_in(client, token, body=None, mailbox="support", content_type="message/rfc822"):
    return client.post(
        f"/api/mail/{mailbox}",
        raw() if body is None else body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_message_is_taken_and_answered_with_what_became_of_it(client, desk, token):
    answer = hand_in(client, token)

    assert answer.status_code == 202
    said = json.loads(answer.content)
    assert set(said) == {"outcome", "cause", "ticketId", "communicationId", "messageKey"}
    assert said["outcome"] == "ticket"
    assert stored(said["ticketId"]).mailbox == "support"
    assert json.loads(hand_in(client, token).content)["outcome"] == "duplicate"


def test_a_message_of_29_megabytes_is_taken_and_one_above_30_is_not(client, desk, token):
    large = raw(body="x" * 78 + "\r\n" + ("y" * 78 + "\r\n") * 360_000)
    assert len(large) > 28_000_000

    assert hand_in(client, token, large).status_code == 202
    assert hand_in(client, token, b"x" * (30 * 1024 * 1024 + 1)).status_code == 413


def test_only_the_mailboxs_own_token_is_good(client, desk, token):
    Mailbox.objects.create(name="billing", address="billing@desk.example")
    _made, personal = make_token(desk.rep_user, name="mine")

    assert hand_in(client, token, mailbox="billing").status_code == 403
    assert hand_in(client, personal).status_code == 403
    assert hand_in(client, "hd_wrong").status_code == 401
    assert client.post("/api/mail/support", raw(), content_type="message/rfc822").status_code == 401


def test_the_token_of_a_mailbox_is_good_for_nothing_else(client, desk, token):
    for path in ("/api/tickets", "/api/customers", "/api/users"):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403, path


def test_a_revoked_token_hands_in_nothing(client, desk, mailbox):
    made, text = make_mail_token("support")
    revoke_all([made])

    assert hand_in(client, text).status_code == 401


def test_the_token_outlives_a_new_password_of_everybody(client, desk, token):
    _made, personal = make_token(desk.supervisor_user, name="mine")
    auth = {"Authorization": f"Bearer {personal}"}
    assert client.get("/api/tickets", headers=auth).status_code == 200

    for user in (desk.rep_user, desk.supervisor_user):
        user.set_password("another long password")
        user.save()

    assert client.get("/api/tickets", headers=auth).status_code == 401
    assert hand_in(client, token).status_code == 202


def test_what_is_no_message_is_refused_in_words(client, desk, token):
    assert hand_in(client, token, b"").status_code == 422
    wrong = hand_in(client, token, content_type="application/json")
    assert wrong.status_code == 422
    assert "message/rfc822" in wrong.content.decode()


def test_a_program_reads_who_wrote_decides_on_suspended_mail_and_gets_originals(
    client, desk, mailbox
):
    _made, text = make_token(desk.rep_user, name="mine")
    auth = {"headers": {"Authorization": f"Bearer {text}"}, "content_type": "application/json"}
    first = take(cc="Bea <bea@posta.example>")
    number = first.ticket_id

    ticket = client.get(f"/api/tickets/{number}", **auth).json()
    assert (ticket["channel"], ticket["participants"]) == ("email", ["Bea <bea@posta.example>"])
    [listed] = client.get("/api/tickets", **auth).json()["items"]
    assert (listed["channel"], listed["participants"]) == ("email", ["Bea <bea@posta.example>"])
    [message] = [one for one in ticket["communications"] if one["channel"] == "email"]
    assert message["from"] == "giulia@posta.example"
    assert message["cc"] == ["Bea <bea@posta.example>"]
    place = f"/api/tickets/{number}/communications/{message['communicationId']}/original"
    original = client.get(place, **auth)
    assert original.content == raw(cc="Bea <bea@posta.example>")
    assert original["Content-Type"] == "message/rfc822"

    address = f"/api/tickets/{number}/participants"
    client.delete(f"{address}/bea@posta.example", **auth)
    added = client.post(address, json.dumps({"address": "Carl@posta.example"}), **auth)
    assert added.json()["participants"] == ["<carl@posta.example>"]

    take(auto_submitted="auto-replied", message_id="auto@posta.example")
    [waiting] = client.get("/api/suspended-mail", **auth).json()["items"]
    assert (waiting["state"], waiting["cause"]) == ("suspended", "automatic")
    decided = client.post(
        "/api/suspended-mail",
        json.dumps({"key": waiting["key"], "action": "add", "ticketId": number}),
        **auth,
    )
    assert (decided.json()["outcome"], decided.json()["ticketId"]) == ("auto-reply", number)
    assert client.get("/api/suspended-mail", **auth).json()["items"] == []


@pytest.mark.parametrize(("action", "outcome"), [("open", "ticket"), ("delete", "deleted")])
def test_a_program_opens_a_ticket_of_a_suspended_mail_or_deletes_it(
    client, desk, mailbox, action, outcome
):
    take(auto_submitted="auto-replied", subject="Your order")
    _made, text = make_token(desk.rep_user, name="mine")
    auth = {"Authorization": f"Bearer {text}"}
    [waiting] = client.get("/api/suspended-mail", headers=auth).json()["items"]

    answer = client.post(
        "/api/suspended-mail",
        json.dumps({"key": waiting["key"], "action": action}),
        content_type="application/json",
        headers=auth,
    ).json()

    assert answer["outcome"] == outcome
    tickets = client.get("/api/tickets", headers=auth).json()["items"]
    assert [one["subject"] for one in tickets] == (["Your order"] if action == "open" else [])
    assert client.get("/api/suspended-mail", headers=auth).json()["items"] == []


def test_blocking_by_a_program_is_for_supervisors(client, desk, mailbox):
    take(auto_submitted="auto-replied")
    for user, status in ((desk.rep_user, 403), (desk.supervisor_user, 200)):
        _made, text = make_token(user, name="mine")
        auth = {"Authorization": f"Bearer {text}"}
        [waiting] = client.get("/api/suspended-mail", headers=auth).json()["items"]
        answer = client.post(
            "/api/suspended-mail",
            json.dumps({"key": waiting["key"], "action": "block"}),
            content_type="application/json",
            headers=auth,
        )
        assert answer.status_code == status
