"""Who changes how somebody signs in is told to that somebody, by mail, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from helpdesk.accounts import notices
from helpdesk.accounts.events import log_event
from helpdesk.accounts.models import User
from helpdesk.audit import deliver
from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second
from helpdesk.mail import delivery
from helpdesk.tasks import deliver_audit

NEW = "blue-Gantry-47-moves"


@pytest.fixture
def rosa(desk):
    desk.rep_user.set_password("an-old-Quay-12-waits")
    desk.rep_user.save()
    deliver_audit()
    sent()
    mail.outbox.clear()
    return desk.rep_user


def sent():
    """What the worker sends of what was delivered, since the last time."""
    before = len(mail.outbox)
    delivery.send_due(now=this_second() + timedelta(seconds=1))
    return mail.outbox[before:]


def test_a_new_password_is_told_to_its_user_once(client, rosa):
    client.login(username="rosa", password="an-old-Quay-12-waits")
    client.post(
        "/accounts/password/",
        {"old_password": "an-old-Quay-12-waits", "new_password1": NEW, "new_password2": NEW},
    )
    deliver_audit()
    [told] = sent()
    assert told.to == ["rosa@helpdesk.example"]
    assert told.subject == "Your sign-in was changed"
    assert "Your password was changed." in told.body
    assert "rosa" in told.body
    assert NEW not in told.body

    deliver_audit()
    assert sent() == []
    # As after a restore, where the queue is gone through again.
    QueuedEntry.objects.update(at=timezone.now() - timedelta(days=2))
    deliver.deliver_again()
    deliver_audit()
    assert sent() == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("second_factor_added", "turned on"),
        ("second_factor_removed", "turned off"),
        ("recovery_codes_made", "New recovery codes"),
        ("recovery_code_used", "was used"),
        ("login", None),
    ],
)
def test_so_are_changes_of_the_second_factor_and_nothing_else(rosa, event, words):
    log_event(event, account=rosa.pk)
    rows = list(QueuedEntry.objects.filter(delivered_at=None))
    for _time in range(2):  # whoever dies before it is marked does it again
        notices.tell(rows, now=timezone.now())
    assert [words in message.body for message in sent()] == ([True] if words else [])


def test_who_has_left_is_told_nothing(rosa):
    log_event("second_factor_removed", account=rosa.pk)
    User.objects.filter(pk=rosa.pk).update(is_active=False)
    deliver_audit()
    assert sent() == []
