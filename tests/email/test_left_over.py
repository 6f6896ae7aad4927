"""What a crash or an earlier release left: originals without a record, and mail parked by it."""

import pytest

from helpdesk.errors import Busy
from helpdesk.mail.reading import Unreadable, version
from tests.email.conftest import NOON, after, raw, take
from tickets.domain.mail.outcome import Outcome
from tickets.models import Mailbox
from tickets.services.email.incoming import process as processing
from tickets.services.email.incoming import receive
from tickets.services.email.storage import raw_messages, unrecorded
from tickets.store import mail as store


class Killed(BaseException):
    pass


@pytest.fixture
def killed_before_the_record(monkeypatch):
    """Receive a mail, and die once its file is stored."""

    def take_it(mailbox="support", now=NOON):
        def dies(*_args, **_named):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(receive, "Transaction", dies)
            with pytest.raises(Killed):
                receive.receive(raw(), mailbox=mailbox, now=now)

    return take_it


def is_there():
    return raw_messages.is_there(raw_messages.digest_of(raw()))


def announced():
    return store.unrecorded_files(before=after(days=99), limit=10)


def test_an_original_without_a_record_is_removed_after_a_day(
    desk, mailbox, killed_before_the_record
):
    killed_before_the_record()

    assert unrecorded.sweep(now=after(hours=23)) == 0
    assert is_there()
    assert unrecorded.sweep(now=after(hours=25)) == 1
    assert not is_there()
    assert announced() == []
    assert take(now=after(hours=26)).outcome is Outcome.TICKET


def test_what_is_recorded_is_announced_no_longer(desk, mailbox):
    assert take().outcome is Outcome.TICKET
    assert announced() == []
    assert take().outcome is Outcome.DUPLICATE
    assert announced() == []


@pytest.mark.parametrize("kept_in", ["support", "billing", "of-before"])
def test_the_original_of_another_mailbox_stays(desk, mailbox, killed_before_the_record, kept_in):
    """Two mailboxes share one file."""
    for name in {"billing", kept_in} - {"support"}:
        Mailbox.objects.create(name=name, address=f"{name}@desk.example")
    killed_before_the_record("support" if kept_in != "support" else "billing")
    receive.receive(raw(), mailbox=kept_in, now=after(hours=1))
    killed_before_the_record("support" if kept_in != "support" else "billing", after(hours=2))
    Mailbox.objects.filter(name="of-before").delete()

    assert unrecorded.sweep(now=after(days=3)) == 0
    assert is_there()
    assert announced() == []


def test_a_message_that_comes_again_keeps_its_file_from_the_sweep(
    desk, mailbox, killed_before_the_record
):
    killed_before_the_record()
    killed_before_the_record(now=after(hours=24))

    assert unrecorded.sweep(now=after(hours=26)) == 0
    assert is_there()


def test_a_message_that_comes_while_its_file_is_removed_is_not_taken(
    desk, mailbox, killed_before_the_record, monkeypatch
):
    killed_before_the_record()
    forget = raw_messages.forget

    def comes_between(digest):
        with pytest.raises(Busy):
            take(now=after(hours=25))
        forget(digest)

    with monkeypatch.context() as patch:
        patch.setattr(raw_messages, "forget", comes_between)
        assert unrecorded.sweep(now=after(hours=25)) == 1
    assert take(now=after(hours=25)).outcome is Outcome.TICKET
    assert is_there()


def test_a_sweep_that_died_is_continued(desk, mailbox, killed_before_the_record, monkeypatch):
    killed_before_the_record()

    def dies(_digest):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(raw_messages, "forget", dies)
        with pytest.raises(Killed):
            unrecorded.sweep(now=after(hours=25))
    assert [one.removing for one in announced()] == [True]

    assert unrecorded.sweep(now=after(hours=26)) == 1
    assert take(now=after(hours=27)).outcome is Outcome.TICKET


@pytest.fixture
def unreadable(monkeypatch):
    """Messages that cannot be read; the times at which this was tried."""
    tried = []

    def fails(content):
        tried.append(content)
        raise Unreadable(Unreadable.FAULT)

    monkeypatch.setattr(processing, "read_safely", fails)
    return tried


def test_what_an_earlier_release_could_not_read_is_tried_once(
    desk, mailbox, unreadable, monkeypatch
):
    parked = take()
    pk = store.email_pk("support", parked.message_key)
    assert parked.outcome is Outcome.PARKED
    assert receive.try_parked_again(now=after(minutes=5)) == 0
    assert len(unreadable) == 1, "this release has tried it"

    monkeypatch.setattr(version, "READER", version.READER + 1)
    for minutes in (6, 7):
        assert receive.try_parked_again(now=after(minutes=minutes)) == 0
    assert len(unreadable) == 2, "once"
    assert store.email(pk).reader == version.READER

    monkeypatch.undo()
    monkeypatch.setattr(version, "READER", version.READER + 2)
    assert receive.try_parked_again(now=after(minutes=8)) == 1
    mail = store.email(pk)
    assert (mail.outcome, mail.reader) == (Outcome.TICKET, None)


def test_what_was_parked_before_releases_were_counted_is_tried(desk, mailbox, unreadable):
    parked = take()
    mail = store.email(store.email_pk("support", parked.message_key))
    mail.update(actions=[type(mail).reader.remove()])

    receive.try_parked_again(now=after(minutes=5))

    assert len(unreadable) == 2


def test_a_run_tries_only_so_many(desk, mailbox, unreadable, monkeypatch):
    monkeypatch.setattr(receive, "AGAIN", 2)
    for place in range(3):
        take(message_id=f"{place}@posta.example")
    monkeypatch.setattr(version, "READER", version.READER + 1)

    receive.try_parked_again(now=after(minutes=5))
    assert len(unreadable) == 3 + 2
    receive.try_parked_again(now=after(minutes=6))
    assert len(unreadable) == 3 + 3
