"""What a colleague may forward to a third party, with which files, and to whom else."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.errors import Invalid
from tests.email.conftest import GIULIA, after, send, take
from tests.email.test_files import file, with_files
from tests.email.test_side_threads import CARRIER, forwarded
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Outcome
from tickets.services.conversation import attachments
from tickets.services.conversation.communicate import note, respond
from tickets.services.email import suspended
from tickets.services.email.participation.side_threads import forward

BOSS = "boss@carrier.example"


@pytest.fixture
def rep(client, desk):
    client.force_login(desk.rep_user)
    return client


def sent_to_carrier(mailoutbox):
    """The emails to the carrier's people, by address; the forms wrote them at the real time."""
    sent = send(mailoutbox, after(days=900))
    return {one.to[0]: one for one in sent if one.to[0].endswith("@carrier.example")}


def stored_files(ticket_id):
    return set(attachments._storage().listdir(f"tickets/{ticket_id}")[1])


def suggested(page):
    """Whom the forms of a page offer as recipients."""
    found = re.findall(r'<input type="checkbox" name="to" value="([^"]*)"', page)
    return list(dict.fromkeys(found))


def form_of(page, line_id):
    """The form below a message that writes to a third party."""
    found = re.search(rf'<details id="forward-{line_id}".*?</details>', page, re.DOTALL)
    return found[0] if found else ""


def page_of(client, ticket_id):
    return client.get(f"/tickets/{ticket_id}/").content.decode()


def test_whom_the_carrier_puts_in_copy_is_offered_and_has_an_address_once_written_to(
    rep, desk, mailbox, mailoutbox
):
    first = take(cc="Bea <bea@posta.example>")
    [sent] = forwarded(desk, mailoutbox, first)
    address = sent.extra_headers["Reply-To"]
    take(
        sender=CARRIER,
        to=f"{address}, Port <PORT@port.example>",
        cc=f"Boss <{BOSS}>, {GIULIA}, bea@posta.example, {CARRIER}, <not an address>",
        message_id="a@carrier.example",
        now=after(hours=1),
    )

    assert suggested(page_of(rep, first.ticket_id)) == ["port@port.example", BOSS]
    assert stored(first.ticket_id).participants == ["Bea <bea@posta.example>"]
    form = {"to": [CARRIER, BOSS], "content": "Thanks, both.", "side_thread": "1"}
    rep.post(f"/tickets/{first.ticket_id}/forward/", form)
    by_address = sent_to_carrier(mailoutbox)
    assert set(by_address) == {CARRIER, BOSS}
    answer = take(
        sender=BOSS,
        to=by_address[BOSS].extra_headers["Reply-To"],
        message_id="boss@carrier.example",
        now=after(hours=2),
    )
    assert answer.outcome is Outcome.REPLY
    assert log_of(first.ticket_id)[-1].side_thread == "1"


def test_everybody_of_a_conversation_is_offered_on_each_of_its_messages(
    rep, desk, mailbox, mailoutbox
):
    """The next message of the carrier need not name those in copy again; other conversations have
    others in them."""
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    to = sent.extra_headers["Reply-To"]
    take(sender=CARRIER, to=to, cc=BOSS, message_id="a@carrier.example", now=after(hours=1))
    take(sender=CARRIER, to=to, message_id="b@carrier.example", now=after(hours=2))
    forward(first.ticket_id, to=["b@broker.example"], content="Hi", by=desk.rep, now=after(hours=3))
    page = page_of(rep, first.ticket_id)
    ours, _naming, last, broker = (line for line in log_of(first.ticket_id) if line.side_thread)

    assert suggested(form_of(page, ours.communication_id)) == [BOSS]
    assert suggested(form_of(page, last.communication_id)) == [BOSS]
    assert suggested(form_of(page, broker.communication_id)) == []
    form = {"to": [CARRIER, BOSS], "content": "Thanks.", "side_thread": "1"}
    rep.post(f"/tickets/{first.ticket_id}/forward/", form)
    page = page_of(rep, first.ticket_id)
    assert suggested(form_of(page, last.communication_id)) == [BOSS], "they were written to"


def test_the_files_of_a_conversation_can_be_sent_on_in_it(rep, desk, mailbox, mailoutbox):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    back = take(
        **with_files(file("bill.pdf", b"of the carrier")),
        sender=CARRIER,
        to=sent.extra_headers["Reply-To"],
        message_id="a@carrier.example",
        now=after(hours=1),
    )
    form = form_of(page_of(rep, first.ticket_id), back.communication_id)
    assert re.search(r'name="with_file" value="0"[^>]*>', form)
    assert "checked" not in form, "the carrier has them"

    typed = {"to": BOSS, "content": "See this.", "line": back.communication_id}
    rep.post(
        f"/tickets/{first.ticket_id}/forward/", {**typed, "side_thread": "1", "with_file": "0"}
    )

    sent = sent_to_carrier(mailoutbox)[BOSS]
    assert names(sent) == ["bill.pdf"]
    assert "> See these." in sent.body


def test_nobody_is_offered_whom_somebody_unknown_named(rep, desk, mailbox, mailoutbox):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    take(
        sender=BOSS,
        to=sent.extra_headers["Reply-To"],
        cc="mallory@altro.example",
        message_id="boss@carrier.example",
    )
    [waiting] = suspended.suspended(by=desk.rep).mails

    suspended.add_to_ticket(waiting.key, first.ticket_id, by=desk.rep, now=after(hours=1))

    assert log_of(first.ticket_id)[-1].side_thread == "1"
    assert suggested(page_of(rep, first.ticket_id)) == [CARRIER], "whom the desk wrote to itself"


@pytest.fixture
def lines(desk, mailbox, mailoutbox):
    """A ticket with every sort of message, and their ids."""
    first = take()
    forwarded(desk, mailoutbox, first)
    note(first.ticket_id, content="SECRET", by=desk.rep, now=after(minutes=10))
    respond(first.ticket_id, content="REPLY", by=desk.rep, now=after(minutes=11))
    found = {line.content.split("\n")[0]: line.communication_id for line in log_of(first.ticket_id)}
    return first.ticket_id, {**found, "unknown": "01JZ0000000000000000000000"}


@pytest.mark.parametrize("which", ["SECRET", "REPLY", "Where is it?", "unknown"])
def test_what_third_parties_must_not_read_is_not_forwarded(rep, desk, lines, which):
    ticket_id, ids = lines
    before = stored(ticket_id).version

    with pytest.raises(Invalid):
        forward(
            ticket_id,
            to=["b@broker.example"],
            content="Hi",
            forwarded_line=ids[which],
            by=desk.rep,
            now=after(minutes=20),
        )
    form = {"to": "b@broker.example", "content": "Hi", "line": ids[which]}
    answer = rep.post(f"/tickets/{ticket_id}/forward/", form)

    assert answer.status_code == 422
    assert stored(ticket_id).version == before


def test_a_message_of_the_same_conversation_is_forwarded_in_it(desk, lines):
    ticket_id, ids = lines

    forward(
        ticket_id,
        to=[CARRIER],
        content="Again:",
        side_thread="1",
        forwarded_line=ids["Where is it?"],
        by=desk.rep,
        now=after(minutes=20),
    )

    assert "> Where is it?" in log_of(ticket_id)[-1].content


def test_the_customer_is_no_third_party(rep, desk, lines):
    ticket_id, _ids = lines
    before = stored(ticket_id).version

    form = {"to": [CARRIER, "Giulia@posta.example"], "content": "Hi", "side_thread": "1"}
    answer = rep.post(f"/tickets/{ticket_id}/forward/", form)

    assert answer.status_code == 422
    assert stored(ticket_id).version == before


def names(message):
    return [one.get_filename() for one in message.attachments]


def test_the_files_of_a_forwarded_message_go_with_it_and_more_can_be_added(
    rep, desk, mailbox, mailoutbox
):
    first = take(**with_files(file("papers.pdf", b"of the customer")))
    number = first.ticket_id
    assert 'name="with_file"' in page_of(rep, number)
    form = {
        "to": CARRIER,
        "content": "See these.",
        "line": first.communication_id,
        "with_file": "0",
    }

    before = stored_files(number)
    for _twice in range(2):
        more = SimpleUploadedFile("map.pdf", b"%PDF of the desk")
        rep.post(f"/tickets/{number}/forward/", {**form, "files": more})

    sent = sent_to_carrier(mailoutbox)[CARRIER]
    assert sorted(names(sent)) == ["map.pdf", "papers.pdf"]
    [theirs], ours = (line.attachments for line in log_of(number) if line.attachments)
    assert theirs.file_id not in {one.file_id for one in ours}, "each message has its own copy"
    assert len(stored_files(number) - before) == 2, "a repeat leaves no files"


def test_files_can_be_left_out_and_are_not_taken_beyond_what_mail_servers_take(
    rep, desk, mailbox, mailoutbox, monkeypatch
):
    first = take(**with_files(file("papers.pdf", b"x" * 60)))
    path = f"/tickets/{first.ticket_id}/forward/"
    form = {"to": CARRIER, "content": "Hi", "line": first.communication_id}
    monkeypatch.setattr(attachments, "LARGEST", 100)
    more = SimpleUploadedFile("map.pdf", b"%PDF" + b"y" * 56)
    before = stored_files(first.ticket_id)

    assert rep.post(path, {**form, "with_file": "0", "files": more}).status_code == 422
    assert stored(first.ticket_id).side_threads == 0
    assert stored_files(first.ticket_id) == before
    more.seek(0)
    rep.post(path, {**form, "files": more})

    sent = sent_to_carrier(mailoutbox)[CARRIER]
    assert names(sent) == ["map.pdf"]
