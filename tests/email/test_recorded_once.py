"""Each mail is taken once, whatever dies and whoever comes twice. Numbers as in EMAIL.md."""

import json
import sys
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command

from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Busy
from tests.death import at_call, deaths_at, dies_of_9
from tests.email.conftest import NOON, SUPPORT, after, raw, take
from tests.email.test_pages import HTML
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Outcome
from tickets.models import Mailbox
from tickets.services.conversation import attachments
from tickets.services.email import suspended
from tickets.services.email.incoming import outcomes, receive
from tickets.services.email.incoming import process as processing
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store
from tickets.store import queries
from tickets.store.mail import InboundEmail


def tickets():
    return [ticket for ticket, _log in queries.every_ticket()]


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def test_case_7_the_same_message_id_with_other_content_is_taken_too(desk, mailbox):
    first, other = take(body="One."), take(body="Two.")

    assert first.outcome is other.outcome is Outcome.TICKET
    assert first.message_key != other.message_key


def test_case_7_the_same_bytes_twice_are_taken_once(desk, mailbox):
    first = take()
    again = take()
    moved = receive.receive(
        b"Received: by mx; Mon, 2 Nov 2026 12:00:00 +0000\r\n" + raw(), now=NOON
    )

    assert first.outcome is Outcome.TICKET
    for copy in (again, moved):
        assert (copy.outcome, copy.ticket_id) == (Outcome.DUPLICATE, first.ticket_id)
    assert len(tickets()) == 1


@pytest.mark.django_db(transaction=True)
def test_case_7_many_fetchers_at_once_take_it_once(desk, mailbox, race):
    found = race.run_many(4, take)

    assert race.failed >= 3, "they did not meet"
    assert len(tickets()) == 1
    assert {one.ticket_id for one in found if one.ticket_id} == {tickets()[0].ticket_id}
    assert len(messages(tickets()[0].ticket_id)) == 1


@pytest.mark.parametrize("message_id", [None, "", "[x]@y"])
def test_case_8_odd_message_ids_are_taken_once_and_so_is_what_follows(desk, mailbox, message_id):
    first = take(message_id=message_id)
    again = take(message_id=message_id)
    following = take(message_id="next@posta.example", body="Another.")

    assert (first.outcome, again.outcome) == (Outcome.TICKET, Outcome.DUPLICATE)
    assert following.outcome is Outcome.TICKET


STEPS = [
    (raw_messages, "keep"),
    (store, "set_email_keys"),
    (receive, "try_to_process"),
    (processing, "read_safely"),
    (processing, "sender_of"),
    (processing, "ticket_of"),
    (outcomes, "create_ticket"),
    (outcomes, "communicate"),  # of a reply
    (outcomes, "finish"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("place", "name", "after_it"), deaths_at(STEPS), ids=lambda one: getattr(one, "__name__", one)
)
def test_case_9_a_death_at_any_step_loses_nothing_and_doubles_nothing(
    desk, mailbox, files_in_a_folder, looked_at, place, name, after_it
):
    """MAIL_DEATHS=1 for both sides of each step."""
    is_reply = name == "communicate"
    if is_reply:
        take()
    mail = {"references": "<first@posta.example>"} if is_reply else {"sender": "new@posta.example"}
    mail["message_id"] = "second@posta.example"

    def dies_there():
        at_call(place, name, after=after_it)
        take(now=after(minutes=1), **mail)

    assert dies_of_9(dies_there)

    receive.process_left_behind(now=after(minutes=5))
    take(now=after(minutes=6), **mail)  # whoever handed it over tries again

    [ticket] = tickets()
    assert len(messages(ticket.ticket_id)) == 1 + is_reply
    looked_at("a process killed while it took a mail, which is there once")


def test_what_failed_once_recorded_is_processed_by_the_sweep(desk, mailbox, monkeypatch):
    def busy(*_args, **_named):
        raise Busy("Others are at it.")

    monkeypatch.setattr(outcomes, "create_ticket", busy)
    found = take()
    assert found.outcome is None
    assert tickets() == []
    monkeypatch.undo()

    assert receive.process_left_behind(now=NOON) == 0, "whoever took it may still be at it"
    assert receive.process_left_behind(now=after(minutes=2)) == 1
    assert len(tickets()) == 1


def test_case_10_what_was_deleted_here_is_not_taken_again(desk, mailbox):
    take(auto_submitted="auto-generated")
    [waiting] = suspended.suspended(by=desk.rep).mails
    suspended.delete(waiting.key, by=desk.rep)

    again = take(auto_submitted="auto-generated")

    assert again.outcome is Outcome.DUPLICATE
    assert tickets() == []
    assert suspended.suspended(by=desk.rep).mails == []
    assert not raw_messages.is_there(waiting.mail.sha256)


def test_case_11_a_poisonous_mail_holds_up_no_other(desk, mailbox, monkeypatch):
    real = processing._decide

    def decide(mail, message, now):
        if "poison" in message.text:
            raise RuntimeError("nobody thought of it")
        return real(mail, message, now)

    monkeypatch.setattr(processing, "_decide", decide)
    found = [
        take(body="poison" if place == 3 else f"Letter {place}", message_id=f"{place}@p.example")
        for place in range(10)
    ]

    assert [one.outcome for one in found].count(Outcome.TICKET) == 9
    assert found[3].outcome is None
    receive.process_left_behind(now=after(minutes=5))
    monkeypatch.undo()
    receive.process_left_behind(now=after(minutes=6))
    assert len(tickets()) == 10


def test_receive_mail_prints_what_became_of_each(desk, mailbox, tmp_path, capsys):
    (tmp_path / "a.eml").write_bytes(raw())
    (tmp_path / "b.eml").write_bytes(raw(auto_submitted="auto-replied", message_id="b@p.example"))
    out = StringIO()

    call_command("receive_mail", str(tmp_path / "a.eml"), str(tmp_path / "b.eml"), stdout=out)

    first, second = map(json.loads, out.getvalue().splitlines())
    assert set(first) == {"outcome", "cause", "ticketId", "communicationId", "messageKey"}
    assert (first["outcome"], first["cause"]) == ("ticket", None)
    assert (second["outcome"], second["cause"]) == ("suspended", "automatic")
    assert stored(first["ticketId"]).subject == "Where is my car?"


def test_receive_mail_reads_standard_input(desk, mailbox, monkeypatch):
    monkeypatch.setattr(sys, "stdin", type("Input", (), {"buffer": BytesIO(raw())}))
    out = StringIO()

    call_command("receive_mail", "--envelope-to", SUPPORT, stdout=out)

    assert json.loads(out.getvalue())["outcome"] == "ticket"


def test_receive_mail_asks_to_try_again_where_nothing_was_stored(
    desk, mailbox, tmp_path, monkeypatch
):
    (tmp_path / "a.eml").write_bytes(raw())

    def full(_raw):
        raise OSError("no room")

    monkeypatch.setattr(raw_messages, "keep", full)
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail", str(tmp_path / "a.eml"), stderr=StringIO())

    assert ended.value.code == 75


def test_the_mailbox_is_whom_it_was_delivered_to(desk, mailbox):
    Mailbox.objects.create(name="billing", address="billing@desk.example", category="Billing")

    hidden = receive.receive(
        b"Delivered-To: billing@desk.example\r\n" + raw(to="undisclosed-recipients:;"), now=NOON
    )
    envelope = take(to="friends@altro.example", envelope_to="billing@desk.example", body="b")
    nobody = take(to="friends@altro.example", body="c")

    assert stored(hidden.ticket_id).mailbox == "billing"
    assert stored(envelope.ticket_id).mailbox == "billing"
    assert stored(nobody.ticket_id).mailbox == "support"


def test_files_stay_where_the_answer_to_a_write_was_lost_on_its_way(desk, mailbox, monkeypatch):
    """The engine has written; the client heard nothing, tries again, and is refused."""
    written = Transaction.__exit__
    lost = []

    def loses_the_answer(self, error_type, error, traceback):
        written(self, error_type, error, traceback)
        ends_a_mail = any(isinstance(item, InboundEmail) for item in self._updated)
        if error_type is None and ends_a_mail and not lost:
            lost.append(self)
            raise ConditionFailed([])

    monkeypatch.setattr(Transaction, "__exit__", loses_the_answer)
    found = receive.receive(HTML, now=NOON)

    assert lost
    assert found.outcome is Outcome.TICKET
    [line] = messages(found.ticket_id)
    assert line.attachments
    assert all(attachments.is_there(one) for one in line.attachments)
    assert len(tickets()) == 1


def test_a_ticket_opened_by_hand_says_so(desk, mailbox):
    take(auto_submitted="auto-generated")
    [waiting] = suspended.suspended(by=desk.rep).mails

    opened = suspended.open_ticket_of(waiting.key, by=desk.rep, now=after(minutes=1))

    [line] = messages(opened.ticket_id)
    assert "by-hand" in line.email.remarks
