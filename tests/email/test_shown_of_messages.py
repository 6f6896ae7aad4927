"""What a page and a program are shown of each message: how it came or went, from and to whom."""

import re

import pytest

from helpdesk.accounts.tokens import make_token
from helpdesk.mail.problems import ProblemCode
from helpdesk.mail.smtp import Refused, Server
from tests.api.conftest import Program
from tests.email.conftest import GIULIA, SUPPORT, after, send, take
from tests.world import log_of
from tickets.domain.ticket import Channel, CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.email.participation import participants
from tickets.services.email.participation.side_threads import forward
from tickets.services.lifecycle.links_and_merges import split
from tickets.services.lifecycle.status import change_status

BEA = "bea@posta.example"


@pytest.fixture
def rep(client, desk):
    client.force_login(desk.rep_user)
    return client


@pytest.fixture
def program(desk, client):
    return Program(client, make_token(desk.rep_user, name="tests")[1])


def shown_channels(client, number, language="en"):
    """The channels of a ticket's messages as its page says them, by the messages' texts."""
    client.cookies["django_language"] = language
    page = client.get(f"/tickets/{number}/").content.decode()
    found = {}
    for bubble in re.findall(r'<li id="line-.*?</li>', page, re.DOTALL):
        channel = re.search(r"data-channel>([^<]*)<", bubble)
        text = re.search(r'<div class="prose-desk[^>]*>\s*(?:<[^>]+>\s*)*([^<]+)', bubble)
        if text:
            found[text[1].strip()] = channel[1] if channel else None
    return found


def told_channels(program, number):
    """The same as the API says them."""
    ticket = program.get(f"/tickets/{number}").json()
    return {one["content"].strip(): one["channel"] for one in ticket["communications"]}


def test_page_and_program_say_of_each_message_how_it_came_or_went(
    rep, program, desk, mailbox, mailoutbox
):
    number = take(body="Where is it?").ticket_id
    log_in = {"type": "Internal Note", "content": "By a program."}
    program.post(f"/tickets/{number}/communicate", log_in)
    logged = {"type": "Customer Response", "direction": "inbound", "content": "They called."}
    program.post(f"/tickets/{number}/communicate", logged)
    rep.post(f"/tickets/{number}/note/", {"content": "By a colleague."})
    rep.post(f"/tickets/{number}/reply/", {"content": "On its way.", "sure": "1"})
    forward(number, to=["a@carrier.example"], content="Where?", by=desk.rep)
    note(number, content="By the desk itself.", by=desk.rep)

    expected = {
        "Where is it?": "Email",
        "By a program.": "API",
        "They called.": "API",
        "By a colleague.": "Web",
        "On its way.": "Email",
        "Where?": "Email",
        "By the desk itself.": None,
    }
    assert shown_channels(rep, number) == expected
    german = {"Email": "E-Mail"}
    assert shown_channels(rep, number, "de") == {
        text: german.get(word, word) for text, word in expected.items()
    }
    told = told_channels(program, number)
    for text, word in expected.items():
        assert told[text] == (word.lower() if word else None)


def test_a_reply_of_an_earlier_release_went_by_email(rep, program, desk, mailbox):
    number = take().ticket_id
    respond(number, content="On its way.", by=desk.rep, now=after(minutes=5))
    line = log_of(number)[-1]
    line.update(actions=[type(line).channel.remove()])

    assert shown_channels(rep, number)["On its way."] == "Email"
    assert told_channels(program, number)["On its way."] == "email"


def test_a_message_that_is_continued_elsewhere_keeps_its_channel(desk, mailbox):
    number = take().ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))

    follow_up, line = communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Again.",
        channel=Channel.API,
        by=desk.rep,
        now=after(days=90),
    )

    assert follow_up.ticket_id != number
    assert line.channel == "api"


def test_a_message_that_becomes_a_ticket_keeps_its_channel(desk, mailbox):
    found = take()

    made = split(found.ticket_id, found.communication_id, subject="More", by=desk.rep)

    assert log_of(made.ticket_id)[1].channel == "email"


def test_the_head_says_how_a_ticket_came(rep, desk, mailbox):
    number = take().ticket_id

    page = rep.get(f"/tickets/{number}/").content.decode()
    head = page.partition('id="head"')[2].partition("</header>")[0]

    assert re.search(rf"#{number}<.*General · Email<", head, re.DOTALL)


def test_a_program_is_told_to_whom_a_message_went_and_what_became_of_it(
    program, desk, mailbox, mailoutbox, monkeypatch
):
    number = take(
        to=f"ACME <{SUPPORT}>, Port <port@port.example>", cc=f"Bea <{BEA}>, c@posta.example"
    ).ticket_id
    gives = Server.give

    def refuses_bea(server, message, *more):
        if message.to == [BEA]:
            raise Refused(ProblemCode.RESPONSE, "550 no such user")
        return gives(server, message, *more)

    monkeypatch.setattr(Server, "give", refuses_bea)
    for other in ("c@posta.example", "port@port.example"):
        participants.remove(number, address=other, by=desk.rep, now=after(minutes=1))
    respond(number, content="On its way.", by=desk.rep, now=after(minutes=5))
    send(mailoutbox, after(minutes=6))

    received, reply = (
        one
        for one in program.get(f"/tickets/{number}").json()["communications"]
        if one["type"] == "Customer Response"
    )
    assert received["from"] == GIULIA
    assert received["to"] == [f"ACME <{SUPPORT}>", "Port <port@port.example>"]
    assert received["cc"] == [f"Bea <{BEA}>", "<c@posta.example>"]
    assert received["deliveries"] == []
    assert (reply["from"], reply["to"], reply["cc"]) == (None, [], [])
    at = "2026-11-02T12:06:00Z"
    said = "Response from the mail server: 550 no such user"
    assert reply["deliveries"] == [
        {"address": GIULIA, "state": "sent", "at": at, "problem": None, "problemCode": None},
        {"address": BEA, "state": "failed", "at": at, "problem": said, "problemCode": "response"},
    ]
