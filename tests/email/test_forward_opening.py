"""A ticket by phone is forwarded from the message that it was opened with: what the form shows."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.errors import Invalid, NotAllowed
from tests.email.conftest import after
from tests.email.test_forwarding import sent_to_carrier
from tests.email.test_side_threads import CARRIER
from tests.world import log_of, stored
from tickets.domain.ticket import Channel
from tickets.services.conversation.communicate import note
from tickets.services.email.participation.forwarded import OPENING, opening
from tickets.services.email.participation.side_threads import forward
from tickets.services.lifecycle.edit import edit

QUOTE = """\
---------- Forwarded message ----------
From: Rosa Marin
Date: 2 Nov 2026, 12:00 UTC
> She says the **lock** is gone.
>{space}
> Call her back."""
QUOTE = QUOTE.format(space=" ")


@pytest.fixture
def number(desk, mailbox):
    """A caller's ticket with two files, and notes below it."""
    made = desk.ticket(
        description="She says the **lock** is gone.\n\nCall her back.",
        channel=Channel.PHONE,
        files=[SimpleUploadedFile(name, b"%PDF " + name.encode()) for name in ("a.pdf", "b.pdf")],
    )
    note(made.ticket_id, content="SECRET", by=desk.rep2, now=after(minutes=1))
    return made.ticket_id


@pytest.fixture
def page(client, desk, number):
    client.force_login(desk.rep_user)
    return f"/tickets/{number}/forward/opening/"


def shown(client, page):
    """The quote that the form shows, and its hidden fields."""
    text = client.get(page).content.decode()
    [quote] = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", text, re.DOTALL)
    hidden = re.findall(r'type="hidden" name="(token|shown)" value="([^"]*)"', text)
    return unescape(quote), dict(hidden)


def test_the_mail_and_the_conversation_say_what_the_form_showed(
    client, desk, number, page, mailoutbox
):
    assert f'href="{page}"' in client.get(f"/tickets/{number}/").content.decode()
    quote, hidden = shown(client, page)
    assert quote == QUOTE
    form = {**hidden, "to": CARRIER, "content": "Where is it?", "quote": "1", "with_file": "1"}
    more = [SimpleUploadedFile("map.pdf", b"%PDF map") for _twice in range(2)]

    for again in more:
        assert client.post(page, {**form, "files": again}).status_code == 302

    sent, line = sent_to_carrier(mailoutbox)[CARRIER], log_of(number)[-1]
    assert (line.side_thread, stored(number).side_threads) == ("1", 1), "a repeat sends nothing"
    assert line.content == f"Where is it?\n\n{quote}"
    assert line.content in sent.body.replace("\r\n", "\n")
    assert [one.get_filename() for one in sent.attachments] == ["map.pdf", "b.pdf"]
    assert "SECRET" not in sent.body
    assert stored(number).sla.first_responded_at is None


def test_neither_text_nor_files_go_that_nobody_ticked(client, desk, number, page, mailoutbox):
    text = client.get(page).content.decode()
    assert len(re.findall(r'type="checkbox" name="(?:quote|with_file)"', text)) == 3
    assert "checked" not in text, "a colleague's words"
    _quote, hidden = shown(client, page)

    client.post(page, {**hidden, "to": CARRIER, "content": "Where is it?"})

    sent = sent_to_carrier(mailoutbox)[CARRIER]
    assert (log_of(number)[-1].content, sent.attachments) == ("Where is it?", [])


def test_what_was_changed_meanwhile_is_read_again_first(client, desk, number, page):
    _quote, hidden = shown(client, page)
    edit(number, description="She is angry.", by=desk.rep2, now=after(minutes=5))
    form = {"to": CARRIER, "content": "Kept", "quote": "1", "token": hidden["token"]}

    for digest in (hidden["shown"], ""):
        refused = client.post(page, {**form, "shown": digest})
        text = refused.content.decode()
        assert (refused.status_code, stored(number).side_threads) == (422, 0)
        assert "> She is angry." in unescape(text)
        assert "Kept</textarea>" in text
        assert 'name="quote" value="1" class="checkbox checkbox-sm shrink-0" checked' in text
    assert client.post(page, {**form, **shown(client, page)[1], "to": "nobody"}).status_code == 422


def test_only_the_files_of_the_opening_are_within_reach_and_never_a_note(desk, number):
    lines = {line.content: line.communication_id for line in log_of(number)}
    [notes_files] = [one for text, one in lines.items() if text.startswith("Attached when")]
    _ticket, source = opening(number, by=desk.rep)
    assert [one.name for one in source.files] == ["a.pdf", "b.pdf"]

    for line in (lines["SECRET"], notes_files):
        with pytest.raises(Invalid):
            forward(number, to=[CARRIER], content="x", forwarded_line=line, by=desk.rep)
    with pytest.raises(Invalid):
        forward(
            number, to=[CARRIER], content="x", forwarded_line=OPENING, with_files=[2], by=desk.rep
        )
    with pytest.raises(NotAllowed):
        opening(number, by=desk.outsider)
    assert stored(number).side_threads == 0


def test_a_customers_own_words_are_quoted_as_theirs(desk, mailbox):
    made = desk.ticket(continues="1", channel=Channel.WEB)
    ticket, source = opening(made.ticket_id, by=desk.rep)
    assert ticket.description_by_customer
    assert source.quote.splitlines()[1:2] == ["From: Giulia Bianchi"]
    assert list(source.files) == []
