"""A participant who is left out of a reply: by its writer, or because mail to them came back."""

import re

import pytest

from helpdesk.errors import Invalid
from tests.email.conftest import GIULIA, after, send, take
from tests.email.test_bounces import bounce
from tests.world import log_of, stored
from tickets.domain.ticket import CommunicationType
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.email.incoming.receive import receive
from tickets.services.email.participation import participants

BEA = "bea@posta.example"
CARL = "carl@posta.example"


@pytest.fixture
def number(desk, mailbox):
    return take(cc=f"Bea <{BEA}>, Carl <{CARL}>").ticket_id


def box(page, address):
    """The checkbox of a participant."""
    [found] = re.findall(rf"<input[^>]*name=\"also_to\"[^>]*value=\"{address}\"[^>]*>", page)
    return found


def to(mails):
    """The recipients outside, without the colleagues whom the desk notifies."""
    return sorted(one.to[0] for one in mails if one.to[0].endswith("posta.example"))


def answer(desk, number, mailoutbox, at, **more):
    respond(number, content=f"At {at}.", by=desk.rep, now=after(minutes=at), **more)
    return send(mailoutbox, after(minutes=at + 1))


def test_the_writer_leaves_one_out_of_one_reply(client, desk, number, mailoutbox):
    client.force_login(desk.rep_user)
    page = client.get(f"/tickets/{number}/").content.decode()
    assert "checked" in box(page, BEA)
    offered = {"offered": [BEA, CARL]}

    client.post(f"/tickets/{number}/reply/", {"content": "a", "also_to": [CARL], **offered})
    assert to(send(mailoutbox, None)) == [CARL, GIULIA]
    client.post(f"/tickets/{number}/reply/", {"content": "b", **offered})
    assert to(send(mailoutbox, None)) == [GIULIA]
    client.post(f"/tickets/{number}/reply/", {"content": "c", "also_to": [BEA, CARL], **offered})
    assert to(send(mailoutbox, None)) == [BEA, CARL, GIULIA]
    note = CommunicationType.INTERNAL_NOTE
    with pytest.raises(Invalid):
        communicate(number, type=note, content="x", leave_out=[BEA], by=desk.rep)


def test_whose_mail_came_back_is_left_out_until_chosen_again(client, desk, number, mailoutbox):
    client.force_login(desk.rep_user)
    words = "Email to this address was returned"
    sent = {one.to[0]: one.extra_headers for one in answer(desk, number, mailoutbox, 2)}

    receive(bounce(sent[BEA]["Return-Path"]), now=after(minutes=4))

    assert stored(number).returned_addresses == [BEA]
    page = client.get(f"/tickets/{number}/").content.decode()
    assert words in page
    assert "checked" not in box(page, BEA)
    assert "checked" in box(page, CARL)
    assert to(answer(desk, number, mailoutbox, 5)) == [CARL, GIULIA]
    assert to(answer(desk, number, mailoutbox, 7, leave_out=[])) == [BEA, CARL, GIULIA]
    assert stored(number).returned_addresses == []
    assert words not in client.get(f"/tickets/{number}/").content.decode()


@pytest.mark.parametrize("way", ["they write", "they are added again", "they are removed"])
def test_the_mark_goes(desk, number, mailoutbox, way):
    sent = {one.to[0]: one.extra_headers for one in answer(desk, number, mailoutbox, 2)}
    receive(bounce(sent[BEA]["Return-Path"]), now=after(minutes=4))
    assert stored(number).returned_addresses == [BEA]

    if way == "they write":
        headers = {"to": sent[BEA]["Reply-To"], "message_id": "b@posta.example"}
        assert take(now=after(minutes=5), sender=BEA, **headers).ticket_id == number
    elif way == "they are added again":
        participants.add(number, address=BEA, by=desk.rep, now=after(minutes=5))
    else:
        participants.remove(number, address=BEA, by=desk.rep, now=after(minutes=5))

    assert stored(number).returned_addresses == []


def test_nobody_gets_an_id_that_was_signed_for_somebody_else(desk, number, mailoutbox):
    """Who knows one could write as its recipient."""
    sent = {one.to[0]: one.extra_headers for one in answer(desk, number, mailoutbox, 2)}
    ours = sent[GIULIA]["Message-ID"]
    take(
        now=after(minutes=4),
        message_id="second@posta.example",
        to=sent[GIULIA]["Reply-To"],
        in_reply_to=ours,
        references=f"<first@posta.example> {ours}",
    )
    assert ours.strip("<>") in [line.email.references for line in log_of(number) if line.email][-1]

    chains = {
        one.to[0]: one.extra_headers["References"].split()
        for one in answer(desk, number, mailoutbox, 6)
    }

    assert ours in chains[GIULIA]
    for address in (BEA, CARL):
        assert ours not in chains[address]
        assert sent[address]["Message-ID"] in chains[address], "it threads by their own"
        assert chains[address][0] == chains[GIULIA][0], "and by the ticket's"
        assert {"<first@posta.example>", "<second@posta.example>"} <= set(chains[address])
