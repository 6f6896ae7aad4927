"""A mailbox is fetched from a real IMAP server: each message once, whatever happens meanwhile.

Numbers of cases as in EMAIL.md.
"""

from datetime import timedelta
from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import call_command

from helpdesk.clock import this_second
from helpdesk.errors import NoRoom
from helpdesk.mail.reading import content_key
from tests.email.conftest import NOON, after, raw
from tests.email.imap_server import PASSWORD, USER, ImapServer
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email import fetch as fetching
from tickets.services.email import imap, mailroom, outcomes, raw_messages, receive
from tickets.services.email import process as processing
from tickets.services.email.fetch import AGAIN, LEASE, PAUSES, Fetcher, Taken
from tickets.services.email.imap import Unfetchable
from tickets.services.email.mailroom import Mailroom
from tickets.store import mail as store
from tickets.store import queries

SOON = 20
"""Seconds within which whatever a test waits for has long happened."""


def served(**options):
    server = ImapServer(**options)
    yield server
    server.close()


@pytest.fixture
def server():
    yield from served()


@pytest.fixture
def without_idle():
    yield from served(without=["IDLE"])


@pytest.fixture(autouse=True)
def plain(settings):
    settings.IMAP_WITHOUT_TLS = True


def at_server(mailbox, server):
    mailbox.imap_host, mailbox.imap_port = "127.0.0.1", server.port
    mailbox.imap_user, mailbox.imap_secret = USER, PASSWORD
    mailbox.save()
    return mailbox


@pytest.fixture
def fetched(mailbox, server):
    """The mailbox, on the server, opened for the first time."""
    at_server(mailbox, server)
    assert Fetcher(mailbox).once() == 0
    return mailbox


def letter(number, **fields):
    return raw(message_id=f"{number}@posta.example", body=f"Letter {number}.", **fields)


def texts():
    return sorted(ticket.description for ticket, _log in queries.every_ticket())


def letters(*numbers):
    return [f"Letter {number}." for number in numbers]


def mail_of(text):
    """The record of a raw message."""
    return store.email(store.email_pk("support", content_key(text)))


def state():
    return store.mailbox_state("support")


def problem(mailbox, **options):
    """Try to fetch, and say what was in the way."""
    with pytest.raises(Unfetchable) as failed:
        Fetcher(mailbox).once(**options)
    return failed.value.problem


# ------------------------------------------------------------------ what is fetched


def test_the_first_fetch_begins_at_what_arrives_from_then_on(desk, mailbox, server):
    for number in range(3):
        server.deliver(letter(number), at=NOON)

    assert Fetcher(at_server(mailbox, server)).once() == 0
    server.deliver(letter(3))
    assert Fetcher(mailbox).once() == 1

    assert texts() == letters(3)
    assert not server.commands("SEARCH 1:*")


def test_each_message_is_fetched_once_and_byte_for_byte(desk, fetched, server):
    odd = b"From: a@posta.example\r\nSubject: \xff\xfe\r\n\r\n.\r\n* 1 FETCH {3}\r\n\x00\xff\r\n"
    for one in (letter(1), odd, letter(2)):
        server.deliver(one)

    assert [Fetcher(fetched).once() for _ in range(3)] == [3, 0, 0]

    assert len(texts()) == 3
    assert raw_messages.read(mail_of(odd).sha256) == odd


def test_it_is_received_when_it_reached_the_mailbox(desk, fetched, server):
    arrived = this_second() - timedelta(hours=3)
    server.deliver(letter(1), at=arrived)

    Fetcher(fetched).once()

    assert mail_of(letter(1)).received_at == arrived
    assert mail_of(letter(1)).recorded_at > arrived


def test_an_empty_message_has_an_outcome_and_holds_up_none(desk, fetched, server):
    server.deliver(letter(1))
    empty = b'* 2 FETCH (UID 102 INTERNALDATE "02-Nov-2026 12:00:00 +0000" BODY[] "")\r\n'
    server.deliver(letter(2))
    server.meddle = lambda line: (
        empty + b"{tag} OK done\r\n" if line.startswith(b"UID FETCH 102") else None
    )
    server.deliver(letter(3))

    assert Fetcher(fetched).once() == 3
    assert texts() == letters(1, 3)


def test_what_is_said_behind_the_message_counts(desk, fetched, server):
    server.deliver(letter(1))
    text = letter(1)
    said = b"* 1 FETCH (BODY[] {%d}\r\n%b UID 101 " % (len(text), text)
    said += b'INTERNALDATE "02-Nov-2026 11:00:00 +0200")\r\n{tag} OK done\r\n'
    server.meddle = lambda line: said if b"UID FETCH 101" in line else None

    assert Fetcher(fetched).once() == 1

    assert mail_of(letter(1)).received_at == NOON - timedelta(hours=3)


# ------------------------------------------------------------------ case 9: the cursor


class Died(BaseException):
    """A process that was killed at this place."""


STEPS = [
    (Fetcher, "take", 1),
    (Fetcher, "_new", 1),
    (imap.Folder, "read", 1),
    (imap.Folder, "read", 2),
    (fetching, "record", 2),
    (fetching, "try_to_process", 2),
    (outcomes, "create_ticket", 1),
    (Fetcher, "_move", 1),
    (Fetcher, "_move", 2),
    (Fetcher, "_move", 3),
    (Fetcher, "release", 1),
]


@pytest.mark.parametrize("renumbered", [False, True], ids=["", "renumbered"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name", "place"), STEPS, ids=[f"{name}-{place}" for _owner, name, place in STEPS]
)
def test_case_9_a_death_at_any_step_loses_nothing_and_doubles_nothing(
    desk, mailbox, server, monkeypatch, owner, name, place, when, renumbered
):
    server.deliver(letter(0), at=NOON)  # its past
    Fetcher(at_server(mailbox, server)).once(now=after(days=1))
    server.deliver(letter(1), at=after(days=2))
    if renumbered:
        Fetcher(mailbox).once()
    server.deliver(letter(2), at=after(days=2))
    if renumbered:
        server.renumber(order=lambda uids: sorted(uids, reverse=True))
    real, calls = getattr(owner, name), []

    def dies(*args, **named):
        calls.append(name)
        if len(calls) == place and when == "before":
            raise Died
        result = real(*args, **named)
        if len(calls) == place:
            raise Died
        return result

    monkeypatch.setattr(owner, name, dies)
    with pytest.raises(Died):
        Fetcher(mailbox).once()
    monkeypatch.undo()

    later = this_second() + LEASE + timedelta(seconds=1)
    Fetcher(mailbox).once(now=later)
    Fetcher(mailbox).once(now=later)
    receive.process_left_behind(now=later)
    assert texts() == letters(1, 2)


ORDERS = {"same": sorted, "reversed": lambda uids: sorted(uids, reverse=True)}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_case_9_numbered_anew_nothing_is_lost_and_the_past_stays_the_past(
    desk, mailbox, server, order
):
    for number in range(5):
        server.deliver(letter(number), at=after(days=-number))
    Fetcher(at_server(mailbox, server)).once(now=after(days=1))
    server.deliver(letter(5), at=after(days=2))
    Fetcher(mailbox).once()
    server.deliver(letter(6), at=after(days=2))

    server.renumber(order=order)
    Fetcher(mailbox).once()
    server.deliver(letter(7), at=after(days=3))
    Fetcher(mailbox).once()

    assert texts() == letters(5, 6, 7)


def test_case_9_numbered_anew_and_empty_the_next_ones_are_fetched(desk, fetched, server):
    server.deliver(letter(1))
    Fetcher(fetched).once()
    server.delete(101)
    server.renumber()
    Fetcher(fetched).once()

    server.deliver(letter(2))  # its number is far below those of before
    Fetcher(fetched).once()

    assert texts() == letters(1, 2)


def test_the_first_day_in_another_zone_is_not_the_past(desk, mailbox, server):
    """Servers search by the day alone, as it is where they stand."""
    begun = after(hours=12, minutes=10)  # ten minutes after midnight in UTC
    Fetcher(at_server(mailbox, server)).once(now=begun)
    server.deliver(letter(1), at=begun + timedelta(minutes=1))
    asked = []

    def meddle(line):
        if b"SINCE" in line:
            asked.append(line)

    server.renumber()
    server.meddle = meddle
    Fetcher(mailbox).once()

    assert b"SINCE 2-Nov-2026" in asked[0], "the day before: in America it was still the second"


def test_case_9_read_or_deleted_in_webmail(desk, fetched, server):
    for number in (1, 2, 3):
        server.deliver(letter(number))
    server.read_in_webmail(101)

    server.meddle = lambda line: b"{tag} OK gone\r\n" if line.startswith(b"UID FETCH 102") else None
    Fetcher(fetched).once()

    assert texts() == letters(1, 3)
    assert server.seen() == [101], "looking has marked nothing"


def test_case_9_down_for_three_days(desk, fetched, server):
    for number in range(30):
        server.deliver(letter(number))

    assert Fetcher(fetched).once(now=this_second() + timedelta(days=3)) == 30
    assert len(texts()) == 30


def test_another_folder_begins_where_the_last_fetch_was(desk, fetched, server):
    server.deliver(letter(1), folder="Shipping", at=NOON)
    fetched.imap_folder = "Shipping"
    fetched.save()
    Fetcher(fetched).once()
    server.deliver(letter(2), folder="Shipping", at=this_second() + timedelta(minutes=1))
    Fetcher(fetched).once()

    assert texts() == letters(2)


def test_another_folder_with_the_same_numbers_is_another_folder(desk, fetched, server):
    """Some servers number the first state of each folder with 1."""
    same = server.folder().uid_validity
    server.folder("Shipping")._uid_validity = same
    for number in (1, 2, 3):
        server.deliver(letter(number))
    Fetcher(fetched).once()
    server.deliver(letter(4), folder="Shipping", at=this_second() + timedelta(minutes=1))
    fetched.imap_folder = "Shipping"
    fetched.save()
    Fetcher(fetched).once()

    assert texts() == letters(1, 2, 3, 4)


# ------------------------------------------------------------------ two fetchers


def test_two_fetchers_never_share_a_mailbox(desk, fetched):
    first, second = Fetcher(fetched), Fetcher(fetched)
    first.take()

    with pytest.raises(Taken):
        second.once()
    first.release()
    second.once()


def test_whoever_died_with_the_lease_has_it_for_two_minutes(desk, fetched):
    now = this_second()
    Fetcher(fetched).take(now=now)

    with pytest.raises(Taken):
        Fetcher(fetched).take(now=now + LEASE)
    Fetcher(fetched).take(now=now + LEASE + timedelta(seconds=1))


@pytest.mark.parametrize("place", ["read", "record", "try_to_process"])
def test_a_lease_that_runs_out_in_the_middle_lets_another_take_over(
    desk, fetched, server, monkeypatch, place
):
    for number in (1, 2, 3):
        server.deliver(letter(number))
    owner = imap.Folder if place == "read" else fetching
    real, other = getattr(owner, place), []

    def slow(*args, **named):
        if not other:
            other.append(Fetcher(fetched))
            other[0].once(now=this_second() + LEASE + timedelta(seconds=1))
        return real(*args, **named)

    monkeypatch.setattr(owner, place, slow)
    with pytest.raises(Taken):
        Fetcher(fetched).once()

    assert texts() == letters(1, 2, 3)
    assert state().last_uid == 103
    assert state().leased_by is None


@pytest.mark.django_db(transaction=True)
def test_case_7_two_fetchers_at_once(desk, fetched, server):
    for number in range(8):
        server.deliver(letter(number))

    def fetch():
        for _ in range(5):
            try:
                Fetcher(fetched).once()
            except Taken:
                continue
        mailroom.connections.close_all()

    threads = [Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts() == sorted(letters(*range(8)))


# ------------------------------------------------------------------ what is in the way


def test_what_is_in_the_way_is_said_and_then_it_is_well_again(desk, fetched, server):
    server.stop()
    fetcher, pauses = Fetcher(fetched), []
    for _ in range(8):
        with pytest.raises(Unfetchable) as failed:
            fetcher.once()
        pauses.append(fetcher.failed(failed.value.problem, failed.value.detail))

    assert pauses == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert (state().problem, state().failures) == (Problem.UNAVAILABLE, 8)
    assert state().failed_at is not None

    server.start()
    server.deliver(letter(1))
    assert Fetcher(fetched).once() == 1
    assert (state().problem, state().problem_detail, state().failures) == (None, None, 0)


def test_a_wrong_password(desk, fetched):
    fetched.imap_secret = "nonsense"
    assert problem(fetched) is Problem.REJECTED


def test_a_password_of_other_letters_than_english_ones(desk, fetched, server):
    fetched.imap_secret = "pässword"
    assert problem(fetched) is Problem.REJECTED
    assert server.commands("AUTHENTICATE PLAIN")


def test_a_server_that_has_no_time_does_not_blame_the_password(desk, fetched, server):
    server.meddle = lambda line: (
        b"{tag} NO [UNAVAILABLE] Temporary failure\r\n" if line.startswith(b"LOGIN") else None
    )
    assert problem(fetched) is Problem.UNAVAILABLE


def test_a_folder_that_is_not_there(desk, fetched):
    fetched.imap_folder = "Nowhere"
    assert problem(fetched) is Problem.FOLDER


def test_a_server_without_a_valid_certificate_or_tls(desk, fetched, settings):
    settings.IMAP_WITHOUT_TLS = False
    assert problem(fetched) is Problem.UNAVAILABLE


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH", "NOOP"])
def test_a_connection_that_breaks(desk, fetched, server, command):
    server.deliver(letter(1))
    server.meddle = lambda line: server.BREAK if line.startswith(command.encode()) else None

    assert problem(fetched) is Problem.CLOSED

    server.meddle = lambda line: None
    Fetcher(fetched).once()
    assert texts() == letters(1)


@pytest.mark.parametrize("answer", ["NO [LIMIT] Too much", "BAD Server busy"])
@pytest.mark.parametrize("command", ["UID SEARCH", "UID FETCH 101"])
def test_a_server_that_says_no_is_asked_again(desk, fetched, server, command, answer):
    """It is not that there is nothing, or that the message is gone."""
    server.deliver(letter(1))
    server.meddle = lambda line: (
        b"{tag} " + answer.encode() + b"\r\n" if line.startswith(command.encode()) else None
    )

    assert problem(fetched) is Problem.REFUSED

    server.meddle = lambda line: None
    Fetcher(fetched).once()
    assert texts() == letters(1)


def test_a_full_disk_is_not_the_mail_server(desk, fetched, server, monkeypatch):
    server.deliver(letter(1))

    def full(_raw):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(raw_messages, "keep", full)
    with pytest.raises(OSError, match="Input"):
        Fetcher(fetched).once()

    fetcher = Fetcher(fetched)
    mailroom._watched(fetcher, Event())
    assert state().problem == Problem.HERE
    monkeypatch.undo()
    Fetcher(fetched).once()
    assert texts() == letters(1)


def test_no_room_is_shown(desk, fetched, server, monkeypatch):
    server.deliver(letter(1))

    def full(_raw):
        raise NoRoom

    monkeypatch.setattr(raw_messages, "keep", full)
    mailroom._watched(Fetcher(fetched), Event())

    assert state().problem == Problem.HERE
    assert state().problem_detail == "NoRoom"


# ------------------------------------------------------------------ case 11: poison


def test_case_11_one_poisonous_mail_among_many(desk, fetched, server, monkeypatch):
    real = processing._decide

    def decide(mail, message, now):
        if "poison" in message.text:
            raise RuntimeError("nobody thought of it")
        return real(mail, message, now)

    monkeypatch.setattr(processing, "_decide", decide)
    for number in range(10):
        server.deliver(raw(body="poison") if number == 3 else letter(number))

    assert Fetcher(fetched).once() == 10
    assert len(texts()) == 9
    assert len(list(store.emails_page(store.STORED, limit=9))) == 1


@pytest.mark.parametrize("how", ["broken", "refused", "not recorded"])
def test_case_11_a_message_that_can_never_be_fetched_holds_up_no_other(
    desk, fetched, server, monkeypatch, how
):
    for number in (1, 2, 3):
        server.deliver(letter(number))
    answer = {"broken": server.BREAK, "refused": b"{tag} NO corrupt\r\n"}.get(how)
    server.meddle = lambda line: answer if line.startswith(b"UID FETCH 102") else None
    real = fetching.record

    def record(text, **named):
        if how == "not recorded" and b"Letter 2." in text:
            raise ValueError("nobody thought of it")
        return real(text, **named)

    monkeypatch.setattr(fetching, "record", record)
    for _ in range(3):
        mailroom._watched(Fetcher(fetched), stopping_after_a_fetch(monkeypatch))
    assert texts() == letters(1)
    assert state().problem is not None
    Fetcher(fetched).once()

    assert texts() == letters(1, 3)
    assert state().left_out == [102]
    assert state().problem is None

    server.meddle = lambda line: None  # the server was mended
    monkeypatch.setattr(fetching, "record", real)
    assert Fetcher(fetched).once() == 0
    Fetcher(fetched).once(now=this_second() + AGAIN)
    assert texts() == letters(1, 2, 3)
    assert (state().left_out, state().last_uid) == ([], 103)


def stopping_after_a_fetch(monkeypatch):
    """A stop that comes once a fetch is through."""
    stop, wait = Event(), imap.Folder.wait

    def stops(folder, seconds, _stop):
        stop.set()
        wait(folder, 0, stop)

    monkeypatch.setattr(imap.Folder, "wait", stops)
    return stop


# ------------------------------------------------------------------ watching


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
