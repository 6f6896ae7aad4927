"""A server that refuses, breaks or lies, a disk without room, and mail that nobody can read.

Numbers of cases as in EMAIL.md.
"""

from threading import Event

import pytest

from helpdesk.clock import this_second
from helpdesk.errors import NoRoom
from tests.email.conftest import raw
from tests.email.imap.conftest import letter, letters, problem, state, stopping_after_a_fetch, texts
from tickets.domain.mail.fetching import Problem
from tickets.services.email.fetching import fetch as fetching
from tickets.services.email.fetching import mailroom
from tickets.services.email.fetching.fetch import AGAIN, PAUSES, Fetcher
from tickets.services.email.fetching.imap import Unfetchable
from tickets.services.email.incoming import process as processing
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store


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
