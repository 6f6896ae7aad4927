"""Of a message that is too large to be fetched the beginning is taken, and it holds up no other."""

from io import BytesIO
from types import SimpleNamespace

import pytest

from helpdesk.mail.reading import content_key
from tests.email.conftest import raw
from tests.email.imap_server import PASSWORD, USER, ImapServer
from tests.world import log_of
from tickets.services.email.fetching import imap
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store

LARGEST, BEGINNING = 100_000, 20_000


@pytest.fixture
def fetched(desk, mailbox, settings, monkeypatch):
    settings.IMAP_WITHOUT_TLS = True
    monkeypatch.setattr(imap, "LARGEST", LARGEST)
    monkeypatch.setattr(imap, "BEGINNING", BEGINNING)
    server = ImapServer()
    mailbox.imap_host, mailbox.imap_port = "127.0.0.1", server.port
    mailbox.imap_user, mailbox.imap_secret = USER, PASSWORD
    mailbox.save()
    Fetcher(mailbox).once()
    yield server, mailbox
    server.close()


def test_of_a_message_that_is_too_large_the_beginning_is_taken(fetched, client, desk):
    server, mailbox = fetched
    large = raw(
        message_id="large@posta.example", body="It is long.\r\n" + "All of it.\r\n" * 20_000
    )
    fits = raw(message_id="fits@posta.example", body="x" * (LARGEST - 1_000))
    for one in (large, fits, raw()):
        server.deliver(one)

    assert Fetcher(mailbox).once() == 3

    beginning = store.email(store.email_pk("support", content_key(large[:BEGINNING])))
    assert (beginning.state, beginning.size, beginning.cut) == ("ticket", len(large), True)
    assert raw_messages.read(beginning.sha256) == large[:BEGINNING]
    [line] = [one for one in log_of(beginning.ticket_id) if one.email]
    assert line.content.startswith("It is long.")
    client.force_login(desk.rep_user)
    page = client.get(f"/tickets/{beginning.ticket_id}/").content.decode()
    assert "Only its beginning was fetched" in page
    for one in (fits, raw()):
        whole = store.email(store.email_pk("support", content_key(one)))
        assert (whole.state, whole.size, whole.cut) == ("ticket", len(one), None)
        assert raw_messages.read(whole.sha256) == one
    assert Fetcher(mailbox).once() == 0


class Counted(BytesIO):
    """What a connection sends, and how much was asked for at once."""

    def __init__(self, content):
        super().__init__(content)
        self.asked = []

    def read(self, size=-1):
        self.asked.append(size)
        return super().read(size)


def test_what_is_too_large_is_never_in_memory(monkeypatch):
    monkeypatch.setattr(imap, "LARGEST", 2_000_000)
    file = Counted(b"a" * 3_000_000 + b" UID 7)\r\n")
    client = SimpleNamespace(file=file, abort=ConnectionError)
    imap._keep_only_beginnings(client)

    assert client.read(3_000_000) == b"a" * imap.BEGINNING
    assert max(file.asked) <= max(imap.BEGINNING, imap.PIECE)
    assert file.read() == b" UID 7)\r\n", "the conversation goes on behind it"
    with pytest.raises(ConnectionError):
        client.read(2_500_000)
