"""A reply that went to the Reply-To of the customer's mail is answered: from there, or from the
address that they write from."""

import pytest

from customers.services.create import create_customer
from tests.email.conftest import GIULIA, NOON, after, passed, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.email.participation import participants

OFFICE = "office@posta.example"
UNKNOWN = "mx.desk.example; none"


@pytest.fixture(params=["unchecked", "passed", "nothing said"])
def said(request, mailbox):
    """What the mailbox's mail server says of a sender, as headers."""
    if request.param == "unchecked":
        return {}
    mailbox.authentication_hosts = "mx.desk.example"
    mailbox.save()
    words = passed() if request.param == "passed" else UNKNOWN
    return {"authentication_results": words}


@pytest.fixture
def sent(desk, mailbox, mailoutbox):
    """The number of a ticket, and the headers of its reply, which went to the office."""
    number = take(reply_to=OFFICE).ticket_id
    respond(number, content="Yes.", reply_to=OFFICE, by=desk.rep, now=after(minutes=2))
    [mail] = send(mailoutbox, after(minutes=3))
    assert mail.to == [OFFICE]
    return number, mail.extra_headers


def answer(number, headers, sender, **more):
    return take(
        now=after(minutes=5),
        sender=sender,
        to=headers["Reply-To"],
        references=headers["Message-ID"],
        message_id="answer@posta.example",
        **more,
    )


@pytest.mark.parametrize(("sender", "counts"), [(OFFICE, False), (GIULIA, True)])
def test_an_answer_comes_to_the_ticket_and_only_the_customers_counts(sent, said, sender, counts):
    number, headers = sent

    found = answer(number, headers, sender, **said)

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, number)
    last = [one for one in log_of(number) if one.type == "Customer Response"][-1]
    assert last.email.sender == sender
    assert (not last.without_effect) is counts, "the identity is From"


def test_who_was_answered_takes_part_and_the_log_says_so(desk, sent):
    number, headers = sent

    assert stored(number).participants == [f"<{OFFICE}>"]
    assert any(
        one.field == "participants" and one.after == f"<{OFFICE}>"
        for line in log_of(number)
        for one in line.changes or ()
    )
    participants.remove(number, address=OFFICE, by=desk.rep, now=after(minutes=4))
    again = answer(number, headers, OFFICE)
    assert (again.outcome, again.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)


def test_a_stranger_with_the_address_stays_outside(sent):
    number, headers = sent

    found = answer(number, headers, "mallory@altro.example")

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    assert stored(number).participants == [f"<{OFFICE}>"]


def test_whoever_is_another_customer_at_that_address_is_no_customer_of_the_ticket(desk, sent):
    number, headers = sent
    create_customer(name="Office", email=OFFICE, by=desk.rep, now=NOON)

    assert answer(number, headers, OFFICE).ticket_id == number
    assert stored(number).customer_id == desk.customer.customer_id
