"""Mail services hand in raw messages."""

import json

import pytest

from helpdesk.accounts.tokens import make_mail_token, make_token, revoke_all
from tests.email.conftest import raw
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


def test_what_is_no_message_is_refused_in_words(client, desk, token):
    assert hand_in(client, token, b"").status_code == 422
    wrong = hand_in(client, token, content_type="application/json")
    assert wrong.status_code == 422
    assert "message/rfc822" in wrong.content.decode()
