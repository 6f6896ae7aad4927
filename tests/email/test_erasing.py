"""Mail of a customer who is erased is gone from every store; what they may have is exported."""

import io
import json
import zipfile

from django.contrib.admin.models import LogEntry

from helpdesk.dynamo.table import client
from helpdesk.mail.problems import ProblemCode
from helpdesk.mail.queue import UndeliveredEmail
from helpdesk.mail.smtp import Refused, Server
from tests.email.conftest import GIULIA, after, raw, send, take
from tests.world import log_of, settle, stored
from tickets.domain.filters import Filters
from tickets.models import BlockedSender
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records import data_export, merge_and_erase
from tickets.services.email import suspended
from tickets.services.email.incoming.receive import receive
from tickets.services.email.participation import participants
from tickets.services.email.storage import raw_messages
from tickets.services.lists.find import find
from tickets.services.maintenance.verify import verify
from tickets.store.mail import InboundEmail
from tickets.store.ticket import Ticket

WORDS = ("giulia", "posta.example", "It should be here", "Where is my car", "bea@", "On its way")


def everything():
    """All that stands in the table of tickets, as text."""
    return everything_in(Ticket.Meta.table_name)


def everything_sent():
    return everything_in(UndeliveredEmail.Meta.table_name)


def everything_in(table):
    found, place = [], {}
    while True:
        page = client().scan(TableName=table, **place)
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


def test_verify_tells_of_a_message_whose_email_says_otherwise(desk, mailbox):
    first = take()
    answer = take(message_id="2@posta.example", in_reply_to="<first@posta.example>")
    settle()
    number = first.ticket_id
    assert answer.ticket_id == number
    assert list(verify([number])) == []
    [key] = [
        line.email.key
        for line in log_of(number)
        if line.email and line.email.message_id == "2@posta.example"
    ]

    for actions, told in (
        ([InboundEmail.communication_id.set("01J")], "names a message that is not there"),
        ([InboundEmail.state.set("suspended")], "outcome is suspended"),
        ([InboundEmail.state.set("stored")], "outcome is stored"),
    ):
        InboundEmail(key).update(actions)
        [drift] = verify([number])
        assert told in drift.what
    InboundEmail(key).delete()
    [drift] = verify([number])
    assert "not recorded" in drift.what


def erased(desk, customer_id):
    job = merge_and_erase.start_erasure(customer_id, by=desk.supervisor)
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)


def test_who_took_part_in_tickets_of_others_is_gone_from_them(desk, mailbox, mailoutbox):
    """Bea was in copy of Giulia's ticket, wrote into it, and has a ticket of her own."""
    number = take(cc="Bea <bea@posta.example>", body="Please read this.").ticket_id
    own = take(
        sender="Bea <bea@posta.example>", message_id="own@posta.example", body="My own."
    ).ticket_id
    bea = stored(own).customer_id
    respond(number, content="Dear both.", by=desk.rep, now=after(minutes=5))
    to_bea = next(one for one in send(mailoutbox, after(minutes=6)) if "bea@" in one.to[0])
    take(
        now=after(minutes=7),
        sender="Bea <bea@posta.example>",
        to=to_bea.extra_headers["Reply-To"],
        message_id="hers@posta.example",
        body="Private words of hers.",
    )
    participants.remove(number, address="bea@posta.example", by=desk.rep, now=after(minutes=8))
    participants.add(number, address="bea@posta.example", by=desk.rep, now=after(minutes=9))
    settle()
    [hers] = [one for one in log_of(number) if "Private words" in one.content]
    assert everything().count("bea@posta.example") > 5

    erased(desk, bea)

    left = everything()
    for word in ("bea@posta", "Private words of hers", "My own."):
        assert word not in left, word
    assert not raw_messages.is_there(hers.email.sha256)
    assert stored(number).participants == []
    assert stored(number).customer_id == desk.customer.customer_id
    contents = [one.content for one in log_of(number)]
    assert "Please read this." in contents, "Giulia's own words stay"
    assert "Dear both." in contents
    assert [one.event for one in log_of(number)].count("erased") == 1
    settle()
    assert find(Filters(text="bea@posta.example"), by=desk.rep).tickets == []
    assert list(verify([number])) == []
    erased(desk, bea)  # a repeat changes nothing
    assert [one.event for one in log_of(number)].count("erased") == 1


def test_originals_that_name_an_erased_person_are_removed_from_tickets_of_others(desk, mailbox):
    """Bea is a customer, and only in copy of Giulia's ticket, in the text of one mail, and in none
    of another."""
    own = take(sender="Bea <bea@posta.example>", message_id="own@posta.example").ticket_id
    copied = take(cc="Bea <bea@posta.example>", message_id="a@posta.example")
    number = copied.ticket_id
    fields = {"in_reply_to": "<a@posta.example>"}
    told = take(**fields, message_id="b@posta.example", body="bea@posta.example knows it.")
    hidden = take(
        **fields,
        message_id="c@posta.example",
        content_type="text/html",
        body="<p title='bea@posta.example'>Look.</p>",
    )
    plain = take(**fields, message_id="d@posta.example", body="Hello?")
    participants.remove(number, address="bea@posta.example", by=desk.rep, now=after(minutes=8))
    settle()
    shas = {line.communication_id: line.email.sha256 for line in log_of(number) if line.email}

    erased(desk, stored(own).customer_id)

    there = {key for key, sha in shas.items() if raw_messages.is_there(sha)}
    assert there == {plain.communication_id}
    lines = {line.communication_id: line for line in log_of(number)}
    for one in (copied, told, hidden):
        facts = lines[one.communication_id].email
        assert (facts.sha256, facts.html) == (None, None)
        assert "original-erased" in facts.remarks
    assert "knows it" in lines[told.communication_id].content, "what Giulia wrote stays"
    assert [one.event for one in log_of(number)].count("originals-erased") == 1
    settle()
    assert list(verify([number])) == []
    erased(desk, stored(own).customer_id)
    assert [one.event for one in log_of(number)].count("originals-erased") == 1


def test_whoever_is_in_copy_of_mail_is_found_without_taking_part(desk, mailbox):
    """They were taken off, or there were too many: the mail still names them."""
    own = take(sender="Bea <bea@posta.example>", message_id="own@posta.example").ticket_id
    number = take(cc="Bea <bea@posta.example>", message_id="a@posta.example").ticket_id
    participants.remove(number, address="bea@posta.example", by=desk.rep, now=after(minutes=8))
    settle()

    found = find(Filters(text="bea@posta.example"), by=desk.rep)

    assert {one.ticket_id for one in found.tickets} == {own, number}


def test_an_erased_customers_acknowledgement_is_not_listed_as_undelivered(
    desk, mailbox, mailoutbox, monkeypatch
):
    mailbox.acknowledges = True
    mailbox.save()
    take()

    def refused(*_words):
        raise Refused(ProblemCode.RESPONSE, f"550 <{GIULIA}>: no such user giulia")

    monkeypatch.setattr(Server, "give", refused)
    send(mailoutbox, after(minutes=1))
    assert "no such user giulia" in everything_sent()

    erased(desk, desk.customer.customer_id)

    assert "no such user giulia" not in everything_sent()


def test_a_blocked_sender_is_gone_from_the_admins_history(client, desk, mailbox):
    client.force_login(desk.supervisor_user)
    client.post("/admin/tickets/blockedsender/add/", {"address": GIULIA})
    assert LogEntry.objects.filter(object_repr__contains="giulia").exists()

    erased(desk, desk.customer.customer_id)

    assert not BlockedSender.objects.exists()
    assert not LogEntry.objects.filter(object_repr__contains="giulia").exists()
