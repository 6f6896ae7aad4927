"""A mailing list that writes "Name via List" for the sender, and puts the sender into Reply-To."""

import pytest

from customers.services.read import customer_with_email
from tests.email.conftest import GIULIA, SUPPORT, passed, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.email import suspended

LIST = "users@lists.example"
VIA = {"sender": f'"Bruno Conti via Users" <{LIST}>', "list_id": "<users.lists.example>"}
GENUINE = {**VIA, "authentication_results": passed("lists.example")}


@pytest.fixture
def relayed(checked):
    checked.relays = LIST
    checked.save()
    return checked


def test_the_one_address_in_reply_to_is_the_sender(desk, relayed):
    known = take(**GENUINE, reply_to=f"Giulia <{GIULIA}>", message_id="a@posta.example")
    new = take(**GENUINE, reply_to="bruno@posta.example", message_id="b@posta.example")
    claims = take(
        **GENUINE,
        reply_to=GIULIA,
        references="<a@posta.example>",
        message_id="c@posta.example",
    )

    assert known.outcome is new.outcome is Outcome.TICKET
    assert stored(known.ticket_id).customer_id == desk.customer.customer_id
    bruno = customer_with_email("bruno@posta.example")
    assert (bruno.name, bruno.customer_id) == ("Bruno Conti", stored(new.ticket_id).customer_id)
    [line] = [one for one in log_of(new.ticket_id) if one.email]
    assert (line.email.sender, line.email.reply_to) == ("bruno@posta.example", None)
    assert (claims.outcome, claims.cause) == (Outcome.SUSPENDED, Cause.NOT_AUTHENTICATED)


@pytest.mark.parametrize(
    "reply_to", [None, LIST, SUPPORT, "nobody", f"{GIULIA}, bruno@posta.example"]
)
def test_without_one_a_person_decides(desk, relayed, reply_to):
    found = take(**GENUINE, reply_to=reply_to)

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.HIDDEN_SENDER)
    [waiting] = suspended.suspended(by=desk.rep).mails
    opened = suspended.open_ticket_of(waiting.key, by=desk.rep)
    assert opened.outcome is Outcome.TICKET
    assert stored(opened.ticket_id).customer_id == customer_with_email(LIST).customer_id


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param({**VIA, "authentication_results": passed("evil.example")}, id="forged"),
        pytest.param(VIA, id="not authenticated"),
        pytest.param({**GENUINE, "sender": f"Users <{LIST}>"}, id="not replaced"),
        pytest.param(
            {**GENUINE, "sender": "Bruno via X <x@lists.example>"}, id="a list that is not named"
        ),
    ],
)
def test_elsewhere_reply_to_is_nobodys_identity(desk, relayed, mail):
    found = take(**mail, reply_to=GIULIA)

    assert found.outcome is Outcome.TICKET
    assert stored(found.ticket_id).customer_id != desk.customer.customer_id
