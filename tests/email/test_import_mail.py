"""A mailbox's past becomes tickets with its own times; nobody hears of it."""

import mailbox as formats
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime
from io import StringIO

import pytest
from django.core.management import call_command

from helpdesk.dynamo.transaction import Transaction
from tests.death import die_until_done
from tests.email.conftest import SUPPORT, after, raw, send
from tests.world import NOON, escalations_of, log_of, settle
from tickets.services.maintenance import mail_import
from tickets.services.maintenance.mail_archive import received_at
from tickets.services.maintenance.verify import verify
from tickets.store import queries

LONG_AGO = NOON - timedelta(days=400)


def received(text, at):
    return b"Received: from a by b; " + format_datetime(at).encode() + b"\r\n" + text


def conversation():
    """A question, our reply, an answer to it, and another matter; not in order."""
    return [
        received(
            raw(
                message_id="answer@p.example", in_reply_to="<ours@old.example>",
                references="<first@posta.example> <ours@old.example>", body="Thank you.",
            ),
            LONG_AGO + timedelta(hours=5),
        ),
        received(raw(), LONG_AGO),
        received(
            raw(
                sender=f"ACME <{SUPPORT}>", to="Giulia <giulia@posta.example>",
                message_id="ours@old.example", in_reply_to="<first@posta.example>",
                body="It arrives on Monday.",
            ),
            LONG_AGO + timedelta(hours=2),
        ),
        received(
            raw(sender="new@posta.example", message_id="other@p.example", body="Another."),
            LONG_AGO + timedelta(days=1),
        ),
    ]  # fmt: skip


def as_mbox(folder, messages):
    box = formats.mbox(folder / "past.mbox")
    for one in messages:
        box.add(message_from_bytes(one))
    box.close()
    return folder / "past.mbox"


def as_maildir(folder, messages):
    box = formats.Maildir(folder / "past")
    for one in messages:
        box.add(one)
    return folder / "past"


def as_files(folder, messages):
    for number, one in enumerate(messages):
        (folder / f"{number}.eml").write_bytes(one)
    return folder


def tickets():
    found = [ticket for ticket, _log in queries.every_ticket()]
    return sorted(found, key=lambda ticket: ticket.created_at)


def messages_of(ticket):
    return [line for line in log_of(ticket.ticket_id) if line.type == "Customer Response"]


@pytest.mark.parametrize("form", [as_mbox, as_maildir, as_files])
def test_the_past_of_a_mailbox_becomes_tickets_with_its_times(
    desk, mailbox, tmp_path, mailoutbox, form
):
    mailbox.acknowledges = True
    mailbox.save()
    summary = mail_import.import_mail(
        [form(tmp_path, conversation())], mailbox=mailbox, now=after(days=1)
    )

    assert (summary.tickets, summary.messages, summary.refused) == (2, 4, [])
    first, other = tickets()
    assert first.created_at == LONG_AGO
    assert first.customer_id == desk.customer.customer_id
    assert [
        (line.direction, line.content.strip(), line.created_at - LONG_AGO)
        for line in messages_of(first)
    ] == [
        ("inbound", "It should be here by now.", timedelta(0)),
        ("outbound", "It arrives on Monday.", timedelta(hours=2)),
        ("inbound", "Thank you.", timedelta(hours=5)),
    ]
    assert first.sla.first_responded_at == LONG_AGO + timedelta(hours=2)
    assert other.created_at == LONG_AGO + timedelta(days=1)
    assert send(mailoutbox, after(days=2)) == []
    assert escalations_of(first.ticket_id) == escalations_of(other.ticket_id) == []
    assert list(verify()) == []


def test_what_is_old_is_closed_where_that_is_asked_for(desk, mailbox, tmp_path):
    fresh = received(raw(message_id="fresh@p.example", body="Today."), NOON)
    path = as_files(tmp_path, [*conversation(), fresh])
    mail_import.import_mail([path], mailbox=mailbox, now=after(days=1))
    assert {ticket.status for ticket in tickets()} == {"Open", "In Progress"}

    mail_import.import_mail(
        [path], mailbox=mailbox, close_after=timedelta(days=30), now=after(days=1)
    )

    assert [(ticket.status, ticket.closed_at) for ticket in tickets()] == [
        ("Closed", LONG_AGO + timedelta(hours=5)),
        ("Closed", LONG_AGO + timedelta(days=1)),
        ("Open", None),
    ]
    settle()
    assert list(verify()) == []


def test_a_repeat_imports_nothing(desk, mailbox, tmp_path):
    path = as_files(tmp_path, conversation())
    mail_import.import_mail([path], mailbox=mailbox, now=after(days=1))
    again = mail_import.import_mail([path], mailbox=mailbox, now=after(days=1))

    assert (again.tickets, again.messages, again.skipped) == (0, 0, 4)
    assert sum(len(messages_of(ticket)) for ticket in tickets()) == 4


@pytest.mark.django_db(transaction=True)
def test_deaths_at_any_message_and_repeats_import_each_once(
    desk, mailbox, tmp_path, files_in_a_folder
):
    (tmp_path / "past").mkdir()
    path = as_files(tmp_path / "past", conversation())

    deaths = die_until_done(
        lambda: mail_import.import_mail([path], mailbox=mailbox, now=after(days=1))
    )

    assert deaths > 1
    assert [len(messages_of(ticket)) for ticket in tickets()] == [3, 1]
    settle()
    assert list(verify()) == []


def test_what_is_imported_is_not_fetched_again(desk, mailbox, tmp_path):
    from tickets.services.email.incoming.receive import receive

    mail_import.import_mail(
        [as_files(tmp_path, conversation())], mailbox=mailbox, now=after(days=1)
    )
    assert receive(raw(), mailbox="support", now=after(days=2)).outcome == "duplicate"


def test_automatic_mail_is_no_work(desk, mailbox, tmp_path):
    out_of_office = raw(auto_submitted="auto-replied", message_id="ooo@p.example")
    path = as_files(tmp_path, [out_of_office])

    for _ in range(2):
        summary = mail_import.import_mail([path], mailbox=mailbox, now=after(days=1))
        assert (summary.messages, summary.skipped) == (0, 1)
    assert tickets() == []


def test_a_message_without_a_sender_is_named(desk, mailbox, tmp_path):
    as_files(tmp_path, [raw(sender=None), *conversation()])
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit):
        call_command("import_mail", str(tmp_path), stdout=out, stderr=err)

    assert "tickets=2 messages=4 skipped=0 failed=1" in out.getvalue()
    assert "0.eml" in err.getvalue()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (b"Received: by b; Mon, 2 Nov 2026 13:00:00 +0100\r\nDate: Tue, 1 Jan 2019 00:00:00 +0000",
         NOON),
        (b"Date: Mon, 2 Nov 2026 12:00:00 -0000", NOON),
        (b"Received: by b\r\nDate: Mon, 2 Nov 2026 12:00:00 GMT", NOON),
        (b"Date: yesterday", None),
        (b"Date: Thu, 1 Jan 1970 00:00:00 +0000", None),
        (b"\xff\xfe: \xff", None),
    ],
)  # fmt: skip
def test_when_a_message_was_received(headers, expected):
    assert received_at(headers + b"\r\nSubject: x\r\n\r\nDate: no\r\n") == expected


def test_nothing_is_written_in_two_steps(desk, mailbox, tmp_path, monkeypatch):
    """What stands half recorded the sweep would take for a mail of today, and acknowledge it."""
    made, real = [], Transaction.__exit__

    def counts(self, *args):
        made.append(self)
        return real(self, *args)

    monkeypatch.setattr(Transaction, "__exit__", counts)
    mail_import.import_mail([as_files(tmp_path, [raw()])], mailbox=mailbox, now=after(days=1))

    assert len(made) == 1


def test_a_past_reply_of_a_colleague_has_them_as_author(desk, mailbox, tmp_path):
    """Others stay as they are: a reply from the desk's address is of nobody in particular."""
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    of_rosa = received(
        raw(
            sender="Rosa <rosa@desk.example>",
            to="Giulia <giulia@posta.example>",
            cc=SUPPORT,
            message_id="rosa@old.example",
            in_reply_to="<first@posta.example>",
            body="Rosa here.",
        ),
        LONG_AGO + timedelta(hours=3),
    )
    call_command(
        "import_mail", str(as_mbox(tmp_path, [*conversation(), of_rosa])), mailbox="support",
        stdout=StringIO(),
    )  # fmt: skip

    authors = {
        line.content.strip(): (line.created_by, line.author_id)
        for ticket, _log in queries.every_ticket()
        for line in log_of(ticket.ticket_id)
    }
    assert authors["Rosa here."] == (desk.rep.user_id, None)
    assert authors["It arrives on Monday."] == ("system", None)
    assert authors["Thank you."] == ("system", desk.customer.customer_id)
    settle()
    assert list(verify(["1", "2"])) == []
