"""A mailbox on a real IMAP server, and its server."""

from threading import Event

import pytest

from helpdesk.mail.reading import content_key
from tests.email.conftest import raw
from tests.email.imap_server import PASSWORD, USER, ImapServer
from tickets.services.email.fetching import imap
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.imap import Unfetchable
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


def stopping_after_a_fetch(monkeypatch):
    """A stop that comes once a fetch is through."""
    stop, wait = Event(), imap.Folder.wait

    def stops(folder, seconds, _stop):
        stop.set()
        wait(folder, 0, stop)

    monkeypatch.setattr(imap.Folder, "wait", stops)
    return stop
