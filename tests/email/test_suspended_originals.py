"""The original of a mail that is suspended or could not be read: for whom, and how it is given."""

from urllib.parse import quote

import pytest

from helpdesk.accounts.tokens import make_token
from helpdesk.mail.reading import Unreadable
from tests.email.conftest import raw, take
from tickets.domain.mail.outcome import Outcome
from tickets.services.email import suspended
from tickets.services.email.incoming import process as processing

ODD = {"auto_submitted": "auto-generated", "cc": "Bea <bea@posta.example>"}


@pytest.fixture(params=[Outcome.SUSPENDED, Outcome.PARKED])
def waiting(request, desk, mailbox, monkeypatch):
    """A mail on which a person decides, and one that could not be read."""
    with monkeypatch.context() as reading:
        if request.param is Outcome.PARKED:
            reading.setattr(processing, "read_safely", unreadable)
        take(**ODD)
    [one] = suspended.suspended(state=request.param, by=desk.rep).mails
    return one


def unreadable(_raw):
    raise Unreadable(Unreadable.TOO_SLOW)


def test_its_page_gives_it_out_as_it_came(client, desk, waiting):
    client.force_login(desk.rep_user)
    shown = client.get("/mail/suspended/message/", {"mail": waiting.key}).content.decode()
    address = f"/mail/suspended/original/?mail={quote(waiting.key)}"

    assert address in shown
    answer = client.get(address)
    assert answer.content == raw(**ODD)
    assert answer["Content-Type"] == "message/rfc822"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-store"


def test_a_program_reads_it(client, desk, waiting):
    _made, token = make_token(desk.rep_user, name="reads", scope="read")

    answer = client.get(
        "/api/suspended-mail/original",
        {"key": waiting.key},
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 200
    assert answer.content == raw(**ODD)
    assert answer["Content-Type"] == "message/rfc822"


def test_it_is_for_people_who_work_tickets(client, desk, waiting):
    place = "/mail/suspended/original/"

    assert client.get(place, {"mail": waiting.key}).status_code == 302
    client.force_login(desk.outsider_user)
    assert client.get(place, {"mail": waiting.key}).status_code == 403


@pytest.mark.parametrize("key", ["", "TICKET#1", "EMAIL#support#no", f"EMAIL#{'x' * 3000}"])
def test_what_is_not_there_is_not_found(client, desk, key):
    client.force_login(desk.rep_user)

    assert client.get("/mail/suspended/original/", {"mail": key}).status_code == 404
    assert client.get("/api/suspended-mail/original", {"key": key}).status_code == 404


def test_after_a_decision_it_is_on_the_ticket_alone(client, desk, waiting):
    suspended.delete(waiting.key, by=desk.rep)
    client.force_login(desk.rep_user)

    assert client.get("/mail/suspended/original/", {"mail": waiting.key}).status_code == 404


def test_the_page_says_to_whom_it_was_sent(client, desk, mailbox):
    take(**ODD)
    [one] = suspended.suspended(by=desk.rep).mails
    client.force_login(desk.rep_user)

    shown = client.get("/mail/suspended/message/", {"mail": one.key}).content.decode()

    assert "support@desk.example" in shown
    assert "Bea &lt;bea@posta.example&gt;" in shown
