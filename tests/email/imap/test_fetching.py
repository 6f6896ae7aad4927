"""A mailbox is fetched from a real IMAP server: each message once, whatever happens meanwhile.

Numbers of cases as in EMAIL.md.
"""

from datetime import timedelta
from threading import Thread

import pytest

from helpdesk.clock import this_second
from tests.death import MAIL_DEATHS, at_call, deaths_at, dies_of_9
from tests.email.conftest import NOON, after
from tests.email.imap.conftest import (
    at_server,
    letter,
    letters,
    mail_of,
    state,
    texts,
)
from tickets.services.email.fetching import fetch as fetching
from tickets.services.email.fetching import imap, mailroom
from tickets.services.email.fetching.fetch import LEASE, Fetcher, Taken
from tickets.services.email.incoming import outcomes, receive
from tickets.services.email.storage import raw_messages

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
RENUMBERED = (False, True) if MAIL_DEATHS else (False,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("renumbered", RENUMBERED, ids=["", "renumbered"][: len(RENUMBERED)])
@pytest.mark.parametrize(
    ("owner", "name", "place", "after_it"),
    deaths_at(STEPS),
    ids=lambda one: getattr(one, "__name__", one),
)
def test_case_9_a_death_at_any_step_loses_nothing_and_doubles_nothing(
    desk, mailbox, server, files_in_a_folder, looked_at, owner, name, place, after_it, renumbered
):
    """MAIL_DEATHS=1 for both sides of each step, also after the server has numbered anew."""
    server.deliver(letter(0), at=NOON)  # its past
    Fetcher(at_server(mailbox, server)).once(now=after(days=1))
    server.deliver(letter(1), at=after(days=2))
    if renumbered:
        Fetcher(mailbox).once()
    server.deliver(letter(2), at=after(days=2))
    if renumbered:
        server.renumber(order=lambda uids: sorted(uids, reverse=True))

    def dies_there():
        at_call(owner, name, place, after=after_it)
        Fetcher(mailbox).once()

    assert dies_of_9(dies_there)

    has_lease = (name, after_it) not in {("take", False), ("release", True)}
    assert bool(state().leased_by) is has_lease, "the dead give nothing up"
    later = this_second() + LEASE + timedelta(seconds=1)
    Fetcher(mailbox).once(now=later)
    Fetcher(mailbox).once(now=later)
    receive.process_left_behind(now=later)
    assert texts() == letters(1, 2)
    looked_at("a fetcher killed, and each mail is there once")


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
