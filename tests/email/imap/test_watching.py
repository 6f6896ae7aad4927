"""The mailroom waits for mail at each mailbox, with IDLE or by asking."""

from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import call_command

from tests.email.imap.conftest import SOON, at_server, letter, letters, state, texts
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email.fetching import fetch as fetching
from tickets.services.email.fetching import imap, mailroom
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.mailroom import Mailroom
from tickets.store import mail as store


@pytest.fixture
def processed(monkeypatch):
    """Called with a number: wait until so many messages were processed."""
    done, real = [], fetching.try_to_process
    more = Event()

    def process(mail):
        found = real(mail)
        done.append(mail.pk)
        more.set()
        return found

    monkeypatch.setattr(fetching, "try_to_process", process)

    def wait(count):
        while len(done) < count:
            assert more.wait(SOON), f"{len(done)} of {count} processed"
            more.clear()

    return wait


@pytest.fixture
def watching(monkeypatch):
    """A mailroom at work; called when a mailbox is first waited for."""
    ready, stop, real = Event(), Event(), Fetcher.fetch

    def fetch(self, *args, **named):
        found = real(self, *args, **named)
        ready.set()
        return found

    monkeypatch.setattr(Fetcher, "fetch", fetch)
    monkeypatch.setattr(mailroom, "LOOK", 0.1)
    room = Mailroom()
    thread = Thread(target=room.run, args=(stop,))

    def begin():
        thread.start()
        assert ready.wait(SOON), "nothing was fetched"
        ready.clear()
        return room

    begin.ready = ready
    yield begin
    stop.set()
    thread.join(SOON)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_with_idle_what_arrives_is_a_ticket_at_once(
    desk, mailbox, server, watching, processed, monkeypatch
):
    monkeypatch.setattr(fetching, "WAIT", 10 * SOON)
    at_server(mailbox, server)
    watching()
    for number in (1, 2, 3):
        server.deliver(letter(number))
        processed(number)

    assert texts() == letters(1, 2, 3)
    assert server.commands("IDLE")


@pytest.mark.django_db(transaction=True)
def test_without_idle_the_server_is_asked(
    desk, mailbox, without_idle, watching, processed, monkeypatch
):
    monkeypatch.setattr(fetching, "POLL", 0.2)
    at_server(mailbox, without_idle)
    watching()
    without_idle.deliver(letter(1))
    processed(1)

    assert texts() == letters(1)
    assert not [line for line in without_idle.heard if line.upper() == b"IDLE"]


@pytest.mark.parametrize("where", ["beside another answer", "before", "with"])
def test_what_is_announced_as_it_begins_to_wait_is_heard(desk, fetched, server, where):
    """Of what arrives between the last question and IDLE a server speaks once."""
    said, waits = b"* 1 EXISTS\r\n", b"+ idling\r\n"
    answers = {
        "NOOP": (said if where == "beside another answer" else b"") + b"{tag} OK done\r\n",
        "IDLE": {"before": said + waits, "with": waits + said}.get(where, waits),
        "": b"{last} OK done\r\n",  # to DONE
    }
    server.meddle = lambda line: answers.get(line.decode())
    with imap.opened(fetched) as folder:
        folder.uids(after=0)
        folder.refresh()
        waiting = Thread(target=folder.wait, args=(10 * SOON, Event()), daemon=True)
        waiting.start()
        waiting.join(SOON)
        assert not waiting.is_alive(), "it waits for what it was told"


@pytest.mark.django_db(transaction=True)
def test_a_server_that_goes_and_comes_back(desk, mailbox, server, watching, processed, monkeypatch):
    monkeypatch.setattr(fetching, "PAUSES", (0.2,))
    at_server(mailbox, server)
    watching()

    def wrote(step):
        done, real = Event(), getattr(Fetcher, step)

        def noted(self, *args, **named):
            found = real(self, *args, **named)
            done.set()
            return found

        monkeypatch.setattr(Fetcher, step, noted)
        return done

    failed = wrote("failed")
    server.stop()
    assert failed.wait(SOON)
    server.deliver(letter(1))
    moved = wrote("_move")
    server.start()
    processed(1)
    assert moved.wait(SOON)

    assert texts() == letters(1)
    assert state().problem is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["inactive", "no server", "deleted"])
def test_a_mailbox_that_is_switched_off_is_left_alone(desk, mailbox, server, watching, how):
    at_server(mailbox, server)
    room = watching()
    [watch] = room._watches.values()

    if how == "deleted":
        Mailbox.objects.all().delete()
    else:
        off = {"active": False} if how == "inactive" else {"imap_host": ""}
        Mailbox.objects.update(**off)
    watch.thread.join(SOON)

    assert not watch.thread.is_alive()
    assert state().leased_by is None


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_that_is_set_up_otherwise_is_fetched_so(desk, mailbox, server, watching):
    at_server(mailbox, server)
    room = watching()
    [before] = room._watches.values()
    server.folder("Shipping")

    Mailbox.objects.update(imap_folder="Shipping")
    before.thread.join(SOON)
    assert watching.ready.wait(SOON)

    assert server.commands('EXAMINE "SHIPPING"') or server.commands("EXAMINE SHIPPING")


def test_mailroom_once_fetches_each_and_says_what_failed(desk, fetched, server):
    Mailbox.objects.create(
        pk=fetched.pk - 1, name="gone", address="gone@desk.example", imap_host="127.0.0.1",
        imap_port=1, imap_user="x",
    )  # fmt: skip
    server.deliver(letter(1))
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("mailroom", "--once", stdout=out, stderr=err)

    assert ended.value.code == 1
    assert out.getvalue() == "support: 1\n"
    assert "gone: The mail server cannot be reached." in err.getvalue()
    assert store.mailbox_state("gone").problem == Problem.UNAVAILABLE
