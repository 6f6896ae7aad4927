"""A card number that a customer sent is nowhere any more, and it is recorded who removed it."""

import json

import pytest
from django.core.files.storage import storages

from helpdesk.audit import store as audit
from helpdesk.dynamo.table import client as dynamo
from helpdesk.errors import Invalid, NotAllowed
from helpdesk.tasks import deliver_audit
from tests.death import die_until_done
from tests.email.conftest import take
from tests.world import after, log_of, settle, stored
from tickets.domain.ticket import LogEvent
from tickets.services.conversation import redaction
from tickets.services.conversation.communicate import note, respond
from tickets.services.conversation.redaction import remove_card_numbers
from tickets.services.customer_records import erasure
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.edit import edit
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.services.maintenance.verify import verify

CARD = "4111 1111 1111 1111"
BARE = CARD.replace(" ", "")


def everything():
    """The table of tickets as text."""
    page = dynamo().scan(TableName="helpdesk-tickets")
    assert "LastEvaluatedKey" not in page
    return json.dumps(page["Items"])


def found(desk, words):
    filters = read_filters({"q": [words]}, by=desk.rep)
    return [ticket.ticket_id for ticket in find(filters, by=desk.rep).tickets]


@pytest.fixture
def ticket(desk, mailbox):
    """A ticket with a card number in its subject, description, messages, notes and log."""
    first = take(subject=f"Pay with {CARD}", body=f"Please charge {CARD}.")
    number = first.ticket_id
    respond(number, content=f"We can't take {BARE} by email.", by=desk.rep, now=after(hours=1))
    note(number, content=f"Booking 12345, card {CARD}", by=desk.rep, now=after(hours=2))
    edit(number, description=f"Charge {CARD} today", by=desk.rep, now=after(hours=3))
    take(
        message_id="second@posta.example",
        in_reply_to="<first@posta.example>",
        subject=f"Re: Pay with {CARD}",
        body="Thank you.",
        now=after(hours=4),
    )
    settle()
    return number


def test_it_is_in_no_store_and_the_rest_stays(desk, ticket):
    originals = [line.email.sha256 for line in log_of(ticket) if line.email and line.email.sha256]
    assert len(originals) == 2
    assert found(desk, BARE) == [ticket]

    remove_card_numbers(ticket, by=desk.rep)
    settle()

    text = everything()
    assert CARD not in text
    assert BARE not in text
    assert found(desk, BARE) == []
    assert found(desk, "booking 12345") == [ticket]
    assert stored(ticket).description == "Charge •••• 1111 today"
    contents = [line.content for line in log_of(ticket) if line.type != "System Update"]
    assert contents == [
        "Please charge •••• 1111.",
        "We can't take •••• 1111 by email.",
        "Booking 12345, card •••• 1111",
        "Thank you.",
    ]
    assert not any(map(raw_messages.is_there, originals)), "its subject has the number, too"
    assert storages["attachments"].listdir("mail")[0] is not None
    remarks = [line.email.remarks for line in log_of(ticket) if line.email and line.email.key]
    assert all("card-removed" in found for found in remarks)
    assert [line.event for line in log_of(ticket)].count(LogEvent.REDACTED) == 1
    assert list(verify([ticket])) == []
    deliver_audit()
    [entry] = [one for one in audit.chain() if one.action == "redacted"]
    assert (entry.object_id, entry.actor) == (f"ticket:{ticket}", desk.rep.user_id)
    with pytest.raises(Invalid, match="No card number found"):
        remove_card_numbers(ticket, by=desk.rep)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_anywhere_is_followed_by_one_that_ends_it(desk, ticket):
    die_until_done(lambda: remove_card_numbers(ticket, by=desk.rep))
    settle()
    assert CARD not in everything()
    assert list(verify([ticket])) == []


def test_what_is_erased_meanwhile_stays_erased(desk, ticket, monkeypatch):
    """The erasure ends between the reading of an entry and its writing."""
    real, done = redaction._actions, []

    def actions(line):
        found = real(line)
        if not done:
            done.append(erasure.forget_tickets([ticket], by=desk.supervisor))
        return found

    monkeypatch.setattr(redaction, "_actions", actions)
    remove_card_numbers(ticket, by=desk.rep)
    settle()

    text = everything()
    for words in (CARD, BARE, "Please charge", "by email", "Booking", "Pay with"):
        assert words not in text, words
    assert list(verify([ticket])) == []


def test_the_button_is_where_a_number_is_and_nowhere_else(desk, ticket, rep_client):
    button = "Remove card numbers from this ticket"
    address = f"/tickets/{ticket}/"
    assert rep_client.get(address).content.decode().count(button) == 3
    page = rep_client.post(f"{address}redact/", follow=True).content.decode()
    assert button not in page
    assert "Card numbers removed" in page
    assert "The original was removed: it had a card number." in page
    again = rep_client.post(f"{address}redact/")
    assert again.status_code == 422
    assert "No card number found" in again.content.decode()


def test_whoever_works_no_tickets_removes_nothing(desk, ticket):
    with pytest.raises(NotAllowed):
        remove_card_numbers(ticket, by=desk.outsider)
    assert CARD in everything()
