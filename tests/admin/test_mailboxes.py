"""Mailboxes in the admin: tested, watched, and their secrets told to nobody."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core.mail.backends.locmem import EmailBackend as Memory
from django.urls import reverse
from django.utils import timezone

from helpdesk.accounts.confirm import CONFIRMED
from helpdesk.accounts.models import ApiToken
from helpdesk.accounts.tokens import make_mail_token, token_of
from helpdesk.clock import this_second
from helpdesk.mail import delivery, queue
from helpdesk.mail.reading import Unreadable
from tests.email.conftest import NOON, SUPPORT, after, raw
from tests.email.imap_server import PASSWORD, USER, ImapServer
from tests.world import settle
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.mailroom import fetch_once
from tickets.services.email.incoming import process
from tickets.services.email.incoming.receive import receive, record
from tickets.services.maintenance.mail_health import mail_counts

LIST = reverse("admin:tickets_mailbox_changelist")


@pytest.fixture
def server(settings):
    settings.IMAP_WITHOUT_TLS = True
    made = ImapServer()
    yield made
    made.close()


@pytest.fixture
def mailbox(desk, server):
    return Mailbox.objects.create(
        name="support",
        address=SUPPORT,
        imap_host="127.0.0.1",
        imap_port=server.port,
        imap_user=USER,
        imap_secret=PASSWORD,
        oauth_client_secret="the client's secret",
    )


def change_of(mailbox):
    return reverse("admin:tickets_mailbox_change", args=[mailbox.pk])


def form_of(supervisor, mailbox, **changed):
    """What a browser sends of the form as it is shown."""
    form = supervisor.get(change_of(mailbox)).context["adminform"].form
    shown = {name: field.value() for name, field in ((f.name, f) for f in form)}
    given = {name: value for name, value in shown.items() if value not in (None, False)}
    return {**given, "imap_secret": "", "oauth_client_secret": "", **changed}


def act(supervisor, mailbox, action):
    """Run an action on a mailbox, and say what the page says of it."""
    page = supervisor.post(LIST, {"action": action, "_selected_action": [mailbox.pk]}, follow=True)
    return " ".join(str(message) for message in page.context["messages"])


def test_secrets_are_never_shown_again(supervisor, mailbox):
    page = supervisor.get(change_of(mailbox)).content.decode()

    assert PASSWORD not in page
    assert "client&#x27;s secret" not in page
    assert "the client" not in page


def test_an_empty_secret_is_kept_and_another_one_replaces_it(supervisor, mailbox):
    form = form_of(supervisor, mailbox, sender_name="ACME")
    assert supervisor.post(change_of(mailbox), form).status_code == 302
    kept = Mailbox.objects.get()
    assert (kept.sender_name, kept.imap_secret) == ("ACME", PASSWORD)
    assert kept.oauth_client_secret == "the client's secret"

    supervisor.post(change_of(mailbox), form_of(supervisor, mailbox, imap_secret="another one"))
    changed = Mailbox.objects.get()
    assert changed.imap_secret == "another one"
    assert changed.oauth_client_secret == "the client's secret"


def test_a_mailbox_keeps_its_name(supervisor, mailbox):
    """Its tickets and how far it was read are kept under it."""
    supervisor.post(change_of(mailbox), form_of(supervisor, mailbox, name="other"))

    assert Mailbox.objects.get().name == "support"


def test_the_connection_is_tested_in_words(supervisor, mailbox, server):
    server.deliver(raw())
    assert "connected. 1 message in INBOX" in act(supervisor, mailbox, "test_connection")

    Mailbox.objects.update(imap_folder="Nowhere")
    assert "The folder could not be opened." in act(supervisor, mailbox, "test_connection")
    server.stop()
    assert "cannot be reached" in act(supervisor, mailbox, "test_connection")


def test_the_last_fetch_is_shown(supervisor, mailbox, server):
    assert "Not yet" in supervisor.get(LIST).content.decode()

    Fetcher(mailbox).once()
    assert " UTC" in supervisor.get(LIST).content.decode()

    for _ in range(2):
        Fetcher(mailbox).failed(Problem.REJECTED, "AUTHENTICATIONFAILED")
    page = supervisor.get(change_of(mailbox)).content.decode()
    assert "Failed 2 times: The mail server rejected the username or password." in page
    assert "AUTHENTICATIONFAILED" in page


def new_token(supervisor, mailbox):
    return supervisor.post(LIST, {"action": "make_token", "_selected_action": [mailbox.pk]})


def test_a_token_is_shown_once_and_kept_in_no_cookie(supervisor, mailbox):
    answer = new_token(supervisor, mailbox)

    [(_mailbox, _token, text)] = answer.context["made"]
    assert text in answer.content.decode()
    assert token_of(text).mailbox == "support"
    assert "no-store" in answer["Cache-Control"]
    assert text not in str(supervisor.cookies)
    assert text not in supervisor.get(LIST).content.decode()
    assert text not in supervisor.get(change_of(mailbox)).content.decode()


def test_a_token_is_made_only_after_the_password(supervisor, mailbox):
    session = supervisor.session
    session[CONFIRMED] = 0
    session.save()

    asked = new_token(supervisor, mailbox)

    assert asked.status_code == 403
    assert "made" not in asked.context
    assert not ApiToken.objects.exists()
    typed = dict(asked.context["typed"])
    assert (typed["action"], typed["_selected_action"]) == ("make_token", str(mailbox.pk))


def test_representatives_see_no_mailboxes(rep_client, mailbox):
    assert rep_client.get(change_of(mailbox)).status_code in (302, 403)


# ------------------------------------------------------------------ the front page


def signs(supervisor):
    shown = supervisor.get("/admin/").context["signs"]
    return [(sign.value, sign.well) for sign in shown if "ailbox" in sign.label]


def test_the_front_page_says_which_mailbox_fails(supervisor, mailbox, server):
    assert signs(supervisor) == [("never fetched", False)]

    Fetcher(mailbox).once()
    assert signs(supervisor) == [("OK", True)]

    Fetcher(mailbox).failed(Problem.UNAVAILABLE, "ConnectionRefusedError")
    assert signs(supervisor) == [
        ("The mail server cannot be reached. (ConnectionRefusedError)", False)
    ]

    Fetcher(mailbox).once(now=this_second())
    old = this_second() - timedelta(hours=2)
    mailbox_fetched_at(old)
    assert signs(supervisor) == [("last fetched 2 h ago", False)]


def mailbox_fetched_at(at):
    from tickets.store.mail import mailbox_state

    state = mailbox_state("support")
    state.fetched_at = at
    state.save()


def test_the_front_page_warns_of_a_token_that_ends(supervisor, mailbox):
    Fetcher(mailbox).once()
    make_mail_token("support", days=15)
    assert signs(supervisor) == [("OK", True)]

    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=13, hours=1, minutes=30))
    assert signs(supervisor) == [
        ("The webhook token expires in 13 d 1 h. Create a new one.", False)
    ]
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert signs(supervisor) == [("The webhook token has expired. Create a new one.", False)]

    make_mail_token("support", days=90)
    assert signs(supervisor) == [("OK", True)], "there is a newer one"


# ------------------------------------------------------------------ metrics


def gauges(client):
    lines = client.get("/metrics").content.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("helpdesk_"))
    return {name: float(value) for name, value in pairs}


def test_metrics_tell_how_each_mailbox_is(client, mailbox, server):
    make_mail_token("support", days=3)
    new = gauges(client)
    assert new['helpdesk_mailbox_fetch_age_seconds{mailbox="support"}'] == float("inf")
    assert 0 < new['helpdesk_mailbox_token_seconds{mailbox="support"}'] <= 3 * 86_400 + 60

    fetch_once(mailbox)
    Fetcher(mailbox).failed(Problem.UNAVAILABLE)
    mailbox_fetched_at(this_second() - timedelta(minutes=10))
    told = gauges(client)
    assert 600 <= told['helpdesk_mailbox_fetch_age_seconds{mailbox="support"}'] < 700
    assert told['helpdesk_mailbox_fetch_failures{mailbox="support"}'] == 1
    assert told['helpdesk_mailbox_messages_left_out{mailbox="support"}'] == 0


def unreadable(_raw):
    raise Unreadable(Unreadable.TOO_SLOW)


def refuse(*_messages):
    raise SMTPRecipientsRefused({})


def test_metrics_count_what_waits(client, desk, mailbox, monkeypatch):
    def waiting():
        told = gauges(client)
        states = ("suspended", "stored", "parked", "undelivered")
        return [told[f'helpdesk_emails_waiting{{state="{state}"}}'] for state in states]

    assert waiting() == [0, 0, 0, 0]
    for number in range(3):
        receive(raw(message_id=f"{number}@p.example", auto_submitted="auto-replied"), now=NOON)
    assert waiting() == [3, 0, 0, 0]
    record(raw(message_id="recorded@p.example"), now=NOON)
    assert waiting() == [3, 1, 0, 0]
    monkeypatch.setattr(process, "read_safely", unreadable)
    receive(raw(message_id="parked@p.example"), now=NOON)
    assert waiting() == [3, 1, 1, 0]
    number = desk.ticket().ticket_id
    respond(number, content="Here.", by=desk.rep, now=NOON)
    settle()
    monkeypatch.setattr(Memory, "send_messages", refuse)
    delivery.send_due(now=after(minutes=1))
    assert waiting() == [3, 1, 1, 1]


def test_metrics_tell_the_greatest_delay_of_the_last_hour(client, mailbox):
    assert gauges(client)["helpdesk_email_delay_seconds"] == 0
    now = this_second()
    for number, (ago, delay) in enumerate([(120, 5), (30, 40), (20, 7), (1, 0)]):
        at = now - timedelta(minutes=ago)
        receive(
            raw(message_id=f"{number}@p.example"), received_at=at - timedelta(minutes=delay), now=at
        )
    assert gauges(client)["helpdesk_email_delay_seconds"] == 40 * 60

    receive(
        raw(message_id="auto@p.example", auto_submitted="auto-replied"),
        received_at=now - timedelta(minutes=50),
        now=now,
    )
    assert gauges(client)["helpdesk_email_delay_seconds"] == 50 * 60


def test_a_delay_of_long_ago_is_no_longer_told(client, mailbox):
    at = this_second() - timedelta(minutes=61)
    receive(raw(), received_at=at - timedelta(hours=2), now=at)

    assert gauges(client)["helpdesk_email_delay_seconds"] == 0


def test_counts_stop_at_a_hundred(desk, mailbox, monkeypatch):
    from tickets.services.maintenance import mail_health

    asked = []
    monkeypatch.setattr(mail_health, "MOST_COUNTED", 2)
    real = queue.undelivered
    monkeypatch.setattr(
        queue, "undelivered", lambda *, limit: asked.append(limit) or real(limit=limit)
    )
    for number in range(3):
        receive(raw(message_id=f"{number}@p.example", auto_submitted="auto-replied"), now=NOON)

    assert mail_counts(by=desk.supervisor).suspended == 2
    assert asked == [2]


def test_a_mailbox_without_a_server_is_not_late(client, supervisor, desk):
    Mailbox.objects.create(name="piped", address="piped@desk.example")

    assert not [name for name in gauges(client) if "fetch" in name]
    assert signs(supervisor) == [("OK", True)]
