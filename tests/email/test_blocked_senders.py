"""Mail of blocked senders: nobody has to decide on it, and it is kept for a while."""

import pytest

from tests.email.conftest import after, take
from tickets.domain.mail.outcome import Cause, MailList, Outcome
from tickets.models import BlockedSender
from tickets.services.email import suspended
from tickets.services.maintenance.mail_health import mail_counts
from tickets.store import mail as store
from tickets.store.mail import InboundEmail

SPAM = "spam@altro.example"


@pytest.fixture
def blocked(mailbox):
    BlockedSender.objects.create(address=SPAM)
    taken = take(sender=f"Spam <{SPAM}>", subject="Buy now")
    return store.email(store.email_pk("support", taken.message_key))


def listed(desk, which):
    return [one.key for one in suspended.suspended(state=which, by=desk.rep).mails]


def test_it_has_a_list_of_its_own_and_waits_for_nobody(client, desk, blocked):
    assert (blocked.outcome, blocked.cause) == (Outcome.SUSPENDED, Cause.BLOCKED_SENDER)

    assert listed(desk, MailList.SUSPENDED) == []
    assert listed(desk, MailList.BLOCKED) == [blocked.pk]
    assert mail_counts(by=desk.supervisor).suspended == 0
    client.force_login(desk.rep_user)
    assert "Buy now" not in client.get("/mail/suspended/").content.decode()
    shown = client.get("/mail/suspended/", {"state": "blocked"}).content.decode()
    assert "Buy now" in shown
    assert "Nobody has to decide" in shown
    [one] = client.get("/api/suspended-mail", {"state": "blocked"}).json()["items"]
    assert (one["state"], one["cause"]) == ("suspended", "blocked-sender")


def test_it_can_still_become_a_ticket(desk, blocked):
    taken = suspended.open_ticket_of(blocked.pk, by=desk.rep, now=after(hours=1))

    assert taken.outcome is Outcome.TICKET
    assert listed(desk, MailList.BLOCKED) == []


def test_it_goes_after_thirty_days(desk, blocked):
    assert suspended.sweep(now=after(days=29)) == 0
    assert suspended.sweep(now=after(days=30, hours=1)) == 1
    assert listed(desk, MailList.BLOCKED) == []


def test_an_erasure_finds_it(desk, blocked):
    suspended.forget_senders(lambda address: address == SPAM)

    assert listed(desk, MailList.BLOCKED) == []


def test_what_an_earlier_release_listed_among_the_others_stays_there_and_goes(desk, blocked):
    blocked.update(
        actions=[
            InboundEmail.record_key.set(
                blocked.record_key.replace(f"#{store.BLOCKED}#", f"#{Outcome.SUSPENDED.value}#")
            )
        ]
    )

    assert listed(desk, MailList.SUSPENDED) == [blocked.pk]
    assert suspended.sweep(now=after(days=30, hours=1)) == 1
    assert listed(desk, MailList.SUSPENDED) == []
