"""Who is told of a bounce, what search finds of mails, what waits where nothing can be counted."""

import pytest
from botocore.exceptions import EndpointConnectionError

from customers.services.create import create_customer
from tests.email.conftest import GIULIA, SUPPORT, after, passed, raw, send, take
from tests.email.test_bounces import bounce
from tests.email.test_no_work import acknowledging
from tests.world import log_of, settle, stored
from tickets.domain.filters import Filters
from tickets.domain.mail.outcome import Outcome
from tickets.models import Mailbox
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import notifications
from tickets.services.email.incoming.receive import process_left_behind, receive
from tickets.services.lifecycle.change import change
from tickets.services.lists.find import find
from tickets.store.mail import MailCount


def test_author_and_assignee_are_told_of_a_bounce(desk, mailbox, mailoutbox):
    number = take().ticket_id
    respond(number, content="Here.", by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    assign(number, to=desk.rep2.user_id, by=desk.supervisor, now=after(minutes=7))
    settle()
    before = {who: notifications.unread_count(by=who) for who in (desk.rep, desk.rep2)}

    receive(bounce(sent.extra_headers["Return-Path"]), now=after(minutes=8))
    settle()

    for who in (desk.rep, desk.rep2):
        assert notifications.unread_count(by=who) == before[who] + 1
    assert notifications.unread_count(by=desk.supervisor) == 0


@pytest.mark.parametrize(
    "words", ["Antwerp harbour", "bea@posta.example", GIULIA, "Bea Rossi", "Ursula Ufficio"]
)
def test_search_finds_words_senders_and_participants(desk, mailbox, words):
    number = take(
        sender=f"Ursula Ufficio <{GIULIA}>",
        cc="Bea Rossi <bea@posta.example>",
        body="It lies in Antwerp harbour.",
    ).ticket_id
    take(sender="Otto <otto@altro.example>", message_id="other@altro.example", body="Else.")
    settle()

    found = find(Filters(text=words), by=desk.rep).tickets

    if words == "Ursula Ufficio":  # a known customer has their own name
        assert found == []
        return
    assert [one.ticket_id for one in found] == [number]


@pytest.mark.parametrize("header", ["X-Original-To", "Delivered-To"])
def test_case_18_the_mailbox_is_found_in_what_the_mail_server_noted(desk, mailbox, header):
    Mailbox.objects.create(name="customs", address="customs@desk.example", category="Customs")
    mail = raw(to="undisclosed-recipients:;")

    found = receive(f"{header}: customs@desk.example\r\n".encode() + mail, now=after(minutes=1))

    assert stored(found.ticket_id).category == "Customs"


def test_case_11a_a_group_gets_no_acknowledgement(desk, checked, mailoutbox):
    acknowledging(checked)
    checked.relays = "support@groups.example"
    checked.save()

    found = take(
        sender="'Giulia' via Support <support@groups.example>",
        list_id="<support.groups.example>",
        x_original_sender=GIULIA,
        authentication_results=passed("groups.example"),
    )

    assert found.outcome is Outcome.TICKET
    assert send(mailoutbox, after(minutes=5)) == []


def test_while_nothing_can_be_counted_mail_waits_and_nothing_is_acknowledged(
    desk, mailbox, mailoutbox, monkeypatch
):
    acknowledging(mailbox)

    def away(*_words, **_more):
        raise EndpointConnectionError(endpoint_url="http://dynamodb.example")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(MailCount, "update", away)
        first = take()
        assert first.outcome is None, "it waits"
        assert send(mailoutbox, after(minutes=1)) == []

    assert process_left_behind(now=after(minutes=10)) == 1

    assert len(find(Filters(), by=desk.rep).tickets) == 1
    [sent] = send(mailoutbox, after(minutes=11))
    assert sent.subject.startswith("We received your message")


@pytest.mark.parametrize(
    "kind",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n",
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n',
    ],
)
def test_an_encrypted_mail_is_a_ticket_that_says_so(client, desk, mailbox, kind):
    client.force_login(desk.rep_user)
    secret = b"--b\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n"
    mail = raw(body="").replace(b"Content-Type: text/plain; charset=utf-8\r\n", kind) + secret

    found = receive(mail, now=after(minutes=1))

    assert found.outcome is Outcome.TICKET
    page = client.get(f"/tickets/{found.ticket_id}/").content.decode()
    assert "The email is encrypted. Open the original to read it." in page
    [line] = [one for one in log_of(found.ticket_id) if one.email]
    address = f"/tickets/{found.ticket_id}/messages/{line.communication_id}/original/"
    assert client.get(address).content == mail


def test_case_17_the_page_names_the_new_customer(client, desk, mailbox):
    client.force_login(desk.rep_user)
    number = take().ticket_id
    other = create_customer(
        name="Otto", email="otto@altro.example", by=desk.rep, now=after(minutes=1)
    )

    def hand_over(draft):
        draft.ticket.customer_id = other.customer_id

    change(number, hand_over, by=desk.rep, now=after(minutes=2))

    page = client.get(f"/tickets/{number}/").content.decode()
    recipients = page[page.index('id="recipients"') :][:600]
    assert "otto@altro.example" in recipients
    assert GIULIA not in recipients
    assert SUPPORT not in recipients
