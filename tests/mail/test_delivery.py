"""Mail reaches the server once, whatever the server does; what does not is listed with its reason.

On a real socket: a server that is away, silent, that refuses, or breaks off at the worst moment.
"""

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.mail import EmailMessage
from structlog import get_logger
from structlog.testing import capture_logs

from customers.services.create import create_customer
from helpdesk.accounts.events import log_event
from helpdesk.dynamo.table import client
from helpdesk.engines import ports
from helpdesk.mail import delivery, kinds, queue, smtp
from helpdesk.mail.smtp import Refused, ServerAway, TryLater, Unknown, mail_server
from helpdesk.tasks import deliver_audit
from reporting.services import scheduled, weekly
from tests.email.conftest import SUPPORT, take
from tests.mail import smtp_server
from tests.schedules import scheduled_report
from tests.world import NOON, after, log_of, settle
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import reply_email
from tickets.services.lifecycle.escalate import sweep
from tickets.store.old_mail import OldNoticeMail, OldReplyMail

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(settings):
    with smtp_server.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 5
        yield running


def give(*recipients, body="Hello"):
    with mail_server() as there:
        return there.give(EmailMessage("Hi", body, "desk@x.example", list(recipients)))


def test_a_message_arrives_as_it_is_dots_and_all(server):
    text = ".one\n..two\n.\nthree"

    assert give("a@x.example", body=text).refused == {}

    [(recipients, message)] = server.taken
    assert recipients == ["a@x.example"]
    got = message.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n")
    assert got == text


def test_of_two_recipients_the_refused_one_is_named_and_the_other_gets_it(server):
    server.refused["b@x.example"] = "550 no such user"

    handed_over = give("a@x.example", "b@x.example")

    assert [recipients for recipients, _message in server.taken] == [["a@x.example"]]
    assert list(handed_over.refused) == ["b@x.example"]
    assert "550 no such user" in handed_over.refused["b@x.example"]


def test_a_recipient_to_be_tried_later_postpones_all_of_the_message(server):
    server.refused["b@x.example"] = "451 greylisted"

    with pytest.raises(TryLater, match="greylisted"):
        give("a@x.example", "b@x.example")

    assert server.taken == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("550 spam", Refused), ("452 full", TryLater), ("421 closing", ServerAway), ("", ServerAway)],
)
def test_a_message_refused_before_its_text_was_not_sent(server, answer, expected):
    server.before_data = answer

    with pytest.raises(expected):
        give("a@x.example")


@pytest.mark.parametrize(
    ("answer", "expected"), [("554 spam", Refused), ("451 later", TryLater), ("", Unknown)]
)
def test_the_answer_to_the_whole_message_decides_and_none_leaves_it_open(server, answer, expected):
    server.after_data = answer

    with pytest.raises(expected):
        give("a@x.example")


def test_a_server_that_says_nothing_costs_one_timeout(server, settings):
    settings.EMAIL_TIMEOUT = 0.2
    server.silent.set()

    with pytest.raises(ServerAway, match="unavailable"):
        give("a@x.example")


def test_a_port_where_nobody_listens_is_a_server_that_is_away(server, settings):
    settings.EMAIL_PORT = ports.free_port()

    with pytest.raises(ServerAway):
        give("a@x.example")


def test_a_server_that_is_away_is_asked_once_a_run_however_many_mails_wait(desk, server, settings):
    settings.EMAIL_TIMEOUT = 0.2
    server.silent.set()
    for _ in range(5):
        respond(desk.ticket().ticket_id, content="Here.", by=desk.rep, now=NOON)
    settle()

    assert delivery.send_due(now=NOON) == 0

    assert server.connections == 1
    assert len(queue.due(after(days=9), limit=99)) == 5


def test_after_ten_minutes_without_a_server_everything_arrives_once_and_the_refused_is_listed(
    desk, server
):
    """An escalation, an answer and a weekly report; one customer's address is refused."""
    gone = create_customer(name="Gone", email="gone@posta.example", by=desk.rep, now=NOON)
    server.refused["gone@posta.example"] = "550 5.1.1 no such mailbox"
    desk.supervisor_user.weekly_report = True
    desk.supervisor_user.save()
    port, served = desk.ticket(assigned_to=desk.rep.user_id), desk.ticket()
    lost = desk.ticket(customer_id=gone.customer_id)
    respond(served.ticket_id, content="It is here.", by=desk.rep, now=after(hours=1))
    respond(lost.ticket_id, content="It is gone.", by=desk.rep, now=after(hours=1))
    start = after(hours=9)
    sweep(now=start)  # the first ticket has had no answer
    weekly.queue_weekly(today=date(2026, 11, 9), now=start)
    settle()

    server.silent.set()
    settings = pytest.MonkeyPatch()
    settings.setattr(smtp, "get_connection", _quickly(smtp.get_connection))
    for minute in range(10):
        settle()  # every event again, as after a worker's death
        assert delivery.send_due(now=start + timedelta(minutes=minute)) == 0
        assert weekly.queue_weekly(today=date(2026, 11, 9), now=start) == 0
    settings.undo()
    assert server.taken == []

    server.silent.clear()
    for minute in range(10, 60):
        delivery.send_due(now=start + timedelta(minutes=minute))

    arrived = sorted((recipients[0], message["Subject"]) for recipients, message in server.taken)
    assert arrived == [
        ("giulia@posta.example", f"[#{served.ticket_id}] Where is my car?"),
        ("ingrid@helpdesk.example", f"Ticket {port.ticket_id} was escalated"),
        ("ingrid@helpdesk.example", "Weekly report: 2 Nov 2026 to 8 Nov 2026"),
        ("rosa@helpdesk.example", f"Ticket {port.ticket_id} was escalated"),
    ]
    assert queue.due(after(days=9), limit=99) == []
    [failed] = queue.undelivered(limit=9)
    assert "550 5.1.1 no such mailbox" in str(failed.problem)
    assert failed.about["ticketId"] == lost.ticket_id
    [line] = [line for line in log_of(lost.ticket_id) if line.type == "Customer Response"]
    assert (line.delivery, line.delivery_problem) == ("failed", failed.problem)


def _quickly(get_connection):
    return lambda *backend: get_connection(*backend, timeout=0.05)


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "within a run"])
def test_while_an_engine_is_away_a_run_says_so_once_and_the_next_sends_everything(
    desk, server, monkeypatch, begun
):
    for _each in range(3):
        respond(desk.ticket().ticket_id, content="Hello.", by=desk.rep, now=NOON)
    settle()
    due = queue.due

    def find_all(*asked, **more):
        found = due(*asked, **more)
        nobody(patch)
        return found

    with monkeypatch.context() as patch:
        if begun:
            patch.setattr(queue, "due", find_all)
        else:
            nobody(patch)
        patch.setattr(delivery, "log", get_logger())  # one that was used keeps where it wrote to
        with capture_logs() as logs:
            assert delivery.send_due(now=after(minutes=1)) == 0

    assert [(line["event"], line["log_level"]) for line in logs] == [("engine_away", "warning")]
    assert "exc_info" not in logs[0]
    assert delivery.send_due(now=after(minutes=2)) == 3


def nobody(patch):
    """Let no request reach the engine."""

    def unreachable(*_asked):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    patch.setattr(client(), "_make_api_call", unreachable)


def test_an_answer_whose_end_nobody_knows_waits_for_a_person_and_a_notification_does_not(
    desk, server
):
    ticket = desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    respond(ticket.ticket_id, content="Late.", by=desk.rep, now=after(hours=9, minutes=1))
    settle()
    server.after_data = ""  # gone after it had all of it

    for run in range(1, 4):  # two notifications and the answer, one a run
        delivery.send_due(now=after(hours=10))
        assert server.connections == run
    server.after_data = None
    for hour in range(11, 20):
        assert delivery.send_due(now=after(hours=hour)) == 0, "sent again by itself"

    [open_question] = queue.undelivered(limit=9)
    assert (open_question.kind, open_question.result) == ("reply", "unknown")
    [line] = [line for line in log_of(ticket.ticket_id) if line.type == "Customer Response"]
    assert line.delivery == "unknown"

    reply_email.send_again(
        ticket.ticket_id, line.communication_id, by=desk.rep, now=after(hours=20)
    )
    assert queue.undelivered(limit=9) == []
    assert delivery.send_due(now=after(hours=20)) == 1
    [(recipients, _message)] = server.taken
    assert recipients == ["giulia@posta.example"]


def test_mails_that_wait_for_their_next_try_hold_up_no_other(desk, server, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 3)
    server.refused["giulia@posta.example"] = "451 greylisted"
    for _ in range(4):
        respond(desk.ticket().ticket_id, content="Here.", by=desk.rep, now=NOON)
    settle()
    delivery.send_due(now=NOON)
    delivery.send_due(now=NOON)
    other = create_customer(name="Other", email="other@posta.example", by=desk.rep, now=NOON)
    respond(
        desk.ticket(customer_id=other.customer_id).ticket_id, content="x", by=desk.rep, now=NOON
    )
    settle()

    assert delivery.send_due(now=after(seconds=30)) == 1
    assert [recipients for recipients, _message in server.taken] == [["other@posta.example"]]


def test_mails_whose_worker_died_hold_up_no_other_and_end_as_unknown(
    desk, server, monkeypatch, settings
):
    monkeypatch.setattr(delivery, "BATCH", 3)
    settings.DYNAMODB_SHARDS = 1
    for _ in range(4):
        respond(desk.ticket().ticket_id, content="Here.", by=desk.rep, now=NOON)
    settle()
    for mail in queue.due(NOON, limit=9):
        delivery._claim(mail, NOON)  # and the worker dies
    respond(desk.ticket().ticket_id, content="Later.", by=desk.rep, now=after(seconds=1))
    settle()

    assert delivery.send_due(now=after(seconds=1)) == 1, "it waited behind the dead worker's mails"
    assert queue.undelivered(limit=9) == []

    delivery.send_due(now=after(minutes=11))
    delivery.send_due(now=after(minutes=11))
    assert [mail.result for mail in queue.undelivered(limit=9)] == ["unknown"] * 4


def test_what_an_earlier_release_has_queued_is_sent(desk, server):
    """Its mails were called letters, and deleted before they were sent."""
    from tickets.services.delivery import notifications, old_mail

    ticket = desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    respond(ticket.ticket_id, content="Late.", by=desk.rep, now=after(hours=9))
    settle()
    [line] = [line for line in log_of(ticket.ticket_id) if line.type == "Customer Response"]
    for mail in queue.due(after(days=1), limit=99):  # as if that release had taken the events
        mail.delete()
    line.delivery = "pending"
    line.save()
    OldReplyMail(
        "LETTERS#0",
        line.communication_id,
        ticket_id=ticket.ticket_id,
        communication_id=line.communication_id,
    ).save()
    notification = notifications.newest(by=desk.rep)[0]
    OldNoticeMail(
        "MAILS#0",
        f"{desk.rep.user_id}#{notification.event_id}",
        user_id=desk.rep.user_id,
        event_id=notification.event_id,
    ).save()

    assert old_mail.take_over(now=after(hours=10)) == 2
    assert old_mail.take_over(now=after(hours=10)) == 0
    delivery.send_due(now=after(hours=10))

    assert sorted(recipients[0] for recipients, _message in server.taken) == [
        "giulia@posta.example",
        "rosa@helpdesk.example",
    ]


def test_a_mail_that_was_queued_under_the_earlier_name_of_its_kind_is_sent(desk, server):
    desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    settle()
    for mail in queue.due(after(days=1), limit=99):
        mail.kind = "notice"
        mail.save()

    delivery.send_due(now=after(days=1))

    assert ["rosa@helpdesk.example"] in [recipients for recipients, _message in server.taken]


def test_each_kind_of_mail_has_a_folder_of_its_name(settings):
    folders = {path.parent.name for path in (ROOT / "templates" / "mail").glob("*/body.txt")}
    assert folders == set(settings.EMAIL_KINDS)


def test_mail_that_no_person_wrote_says_so_and_an_answer_does_not(desk, server, client, settings):
    """Two machines that answer each other would never stop."""
    desk.supervisor_user.weekly_report = True
    desk.supervisor_user.save()
    settings.DESK_URL = "https://desk.example"
    client.post("/accounts/password/reset/", {"email": desk.rep2_user.email})
    desk.ticket(assigned_to=desk.rep.user_id)
    answered = desk.ticket()
    respond(answered.ticket_id, content="It is here.", by=desk.rep, now=after(hours=1))
    sweep(now=after(hours=9))
    weekly.queue_weekly(today=date(2026, 11, 9), now=after(hours=9))
    scheduled_report(desk)
    scheduled.queue_due(now=after(days=1))
    Mailbox.objects.create(name="support", address=SUPPORT, acknowledges=True)
    take(sender="bea@posta.example", now=after(hours=8))
    log_event("second_factor_removed", account=desk.rep_user.pk)
    deliver_audit()
    settle()
    waiting = {mail.kind for mail in queue.due(after(days=999), limit=99)}
    assert waiting == set(settings.EMAIL_KINDS), "a kind of mail is not looked at here"

    delivery.send_due(now=after(days=999))

    automatic = ("auto-generated", "All")
    assert len(server.taken) >= len(settings.EMAIL_KINDS)
    for recipients, message in server.taken:
        said = (message["Auto-Submitted"], message["X-Auto-Response-Suppress"])
        written = recipients == ["giulia@posta.example"]
        assert said == ((None, None) if written else automatic), message["Subject"]
    assert ["giulia@posta.example"] in [recipients for recipients, _message in server.taken]


@pytest.fixture
def two_recipients(monkeypatch):
    """The mail with an answer goes to somebody else as well, as it will to participants."""
    of_reply = kinds.kind("reply")

    def compose(about):
        message = of_reply.compose(about)
        message.cc = ["bruno@posta.example"]
        return message

    both = dataclasses.replace(of_reply, compose=compose)
    monkeypatch.setattr(delivery, "kind", lambda _name: both)


def test_a_mail_that_one_of_two_recipients_was_refused_is_listed_for_that_one(
    desk, server, two_recipients
):
    server.refused["bruno@posta.example"] = "550 no such mailbox"
    ticket = desk.ticket()
    respond(ticket.ticket_id, content="It is here.", by=desk.rep, now=NOON)
    settle()

    assert delivery.send_due(now=after(minutes=1)) == 1

    assert [recipients for recipients, _message in server.taken] == [["giulia@posta.example"]]
    [listed] = queue.undelivered(limit=9)
    assert listed.result == "partly"
    assert "bruno@posta.example" in str(listed.problem)
    assert "550 no such mailbox" in str(listed.problem)
    assert "giulia" not in str(listed.problem)
    [line] = [line for line in log_of(ticket.ticket_id) if line.type == "Customer Response"]
    assert (line.delivery, line.delivery_problem) == ("sent", listed.problem)
    assert queue.due(after(days=9), limit=9) == [], "whoever has it would get it again"


def test_a_mail_that_reached_one_of_two_is_not_sent_to_both_again(
    desk, server, two_recipients, rep_client
):
    server.refused["bruno@posta.example"] = "550 no such mailbox"
    ticket = desk.ticket()
    respond(ticket.ticket_id, content="It is here.", by=desk.rep, now=NOON)
    settle()
    delivery.send_due(now=after(minutes=1))
    page = rep_client.get("/mail/undelivered/")
    [(_kind, mail)] = page.context["mails"]
    assert "bruno@posta.example" in page.content.decode()
    assert "/mail/undelivered/again/" not in page.content.decode()
    shown = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    assert "but not to everybody" in shown
    assert "550 no such mailbox" in shown

    assert rep_client.post("/mail/undelivered/again/", {"mail": mail.key}).status_code == 422
    assert queue.due(after(days=9), limit=9) == []
    assert rep_client.post("/mail/undelivered/dismiss/", {"mail": mail.key}).status_code == 302
    assert queue.undelivered(limit=9) == []
