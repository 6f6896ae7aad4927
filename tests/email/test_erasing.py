"""Mail of a customer who is erased is gone from every store; what they may have is exported."""

import io
import json
import zipfile

from helpdesk.dynamo.table import client
from tests.email.conftest import GIULIA, after, raw, send, take
from tests.world import log_of, settle, stored
from tickets.models import BlockedSender
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records import data_export, merge_and_erase
from tickets.services.email import raw_messages, suspended
from tickets.services.email.receive import receive
from tickets.services.maintenance.verify import verify
from tickets.store.ticket import Ticket

WORDS = ("giulia", "posta.example", "It should be here", "Where is my car", "bea@", "On its way")


def everything():
    """All that stands in the table of tickets, as text."""
    found, place = [], {}
    while True:
        page = client().scan(TableName=Ticket.Meta.table_name, **place)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return json.dumps(found)
        place = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_nothing_of_an_erased_customers_mail_is_left(desk, mailbox, mailoutbox):
    first = take(cc="Bea <bea@posta.example>", references="<older@posta.example>")
    respond(first.ticket_id, content="On its way.", by=desk.rep, now=after(minutes=5))
    send(mailoutbox, after(minutes=6))
    take(auto_submitted="auto-replied", message_id="auto@posta.example", body="Away.")
    BlockedSender.objects.create(address=GIULIA)
    originals = [line.email.sha256 for line in log_of(first.ticket_id) if line.email]
    assert all(map(raw_messages.is_there, originals))
    assert all(word in everything() for word in WORDS)

    job = merge_and_erase.start_erasure(desk.customer.customer_id, by=desk.supervisor)
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)

    left = everything()
    assert [word for word in WORDS if word.casefold() in left.casefold()] == []
    assert not any(map(raw_messages.is_there, originals))
    assert suspended.suspended(by=desk.rep).mails == []
    assert not BlockedSender.objects.exists()
    assert (
        receive(
            raw(cc="Bea <bea@posta.example>", references="<older@posta.example>"), now=after(days=1)
        ).outcome
        == "duplicate"
    ), "that it came is remembered"
    settle()
    assert list(verify([first.ticket_id])) == []


def test_the_export_has_the_originals(desk, mailbox):
    first = take(cc="Bea <bea@posta.example>")

    archive = b"".join(data_export.export(desk.customer.customer_id, by=desk.rep))

    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        data = json.loads(found.read("customer.json"))
        [message] = [one for one in data["tickets"][0]["conversation"] if "email" in one]
        assert message["email"]["sender"] == GIULIA
        assert message["email"]["cc"] == ["Bea <bea@posta.example>"]
        assert found.read(message["email"]["path"]) == raw(cc="Bea <bea@posta.example>")
    assert data["tickets"][0]["participants"] == ["Bea <bea@posta.example>"]
    assert stored(first.ticket_id).mailbox == "support"


def test_verify_tells_of_an_original_that_is_lost(desk, mailbox):
    first = take()
    settle()
    assert list(verify([first.ticket_id])) == []

    [line] = [one for one in log_of(first.ticket_id) if one.email]
    raw_messages.forget(line.email.sha256)

    [drift] = verify([first.ticket_id])
    assert "original" in drift.what
