"""What is set of a mailbox and does: its team, its signature, its secrets, its envelope address."""

import pytest
from django.db import connection

from helpdesk.mail import delivery
from tests.email.conftest import GIULIA, after, send, take
from tests.mail.test_delivery import server  # noqa: F401 (a fixture)
from tests.world import log_of, settle, stored, team
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.email.mailboxes import signer


def test_its_tickets_begin_with_its_team(desk, mailbox):
    assert not stored(take().ticket_id).team_id
    mailbox.team = team("Customs", desk.rep_user)
    mailbox.save()

    found = take(message_id="b@posta.example")

    assert stored(found.ticket_id).team_id == str(mailbox.team.pk)


def test_its_signature_is_below_answers_and_acknowledgements(desk, mailbox, mailoutbox):
    mailbox.signature, mailbox.acknowledges = "ACME Shipping\nGenoa & Trieste", True
    mailbox.save()
    first = take()
    respond(first.ticket_id, content="Soon.", by=desk.rep, now=after(minutes=1))

    sent = send(mailoutbox, after(minutes=2))

    assert len(sent) == 2
    for one in sent:
        assert one.body.rstrip().endswith("ACME Shipping\nGenoa & Trieste")
        [html] = [content for content, kind in one.alternatives if kind == "text/html"]
        assert "ACME Shipping<br>Genoa &amp; Trieste" in html


def columns():
    with connection.cursor() as cursor:
        cursor.execute("SELECT imap_secret, oauth_client_secret FROM tickets_mailbox")
        return cursor.fetchone()


def test_its_secrets_are_stored_encrypted_and_outlive_a_new_key(mailbox, settings):
    mailbox.imap_secret, mailbox.oauth_client_secret = "open sesame", "of the client"
    mailbox.save()

    stored_so = columns()
    assert all(stored_so)
    assert not any(word in text for text in stored_so for word in ("sesame", "client"))

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one of production, and longer"
    again = Mailbox.objects.get()
    assert (again.imap_secret, again.oauth_client_secret) == ("open sesame", "of the client")

    settings.SECRET_KEY_FALLBACKS = []
    assert Mailbox.objects.get().imap_secret == "", "nobody without the key reads it"


@pytest.mark.usefixtures("mailbox")
def test_the_sender_on_the_wire_is_the_address_that_gets_reports(desk, server):  # noqa: F811
    first = take(cc="bea@posta.example")
    respond(first.ticket_id, content="Soon.", by=desk.rep, now=after(minutes=1))
    settle()

    delivery.send_due(now=after(minutes=2))

    [line] = [one.communication_id for one in log_of(first.ticket_id) if one.deliveries]
    recipients = [to for [to], _message in server.taken]
    assert sorted(recipients) == ["bea@posta.example", GIULIA]
    assert server.senders == [
        signer().envelope_address("support@desk.example", first.ticket_id, line, recipient=to)
        for to in recipients
    ]
