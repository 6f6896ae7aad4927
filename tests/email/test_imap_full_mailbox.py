"""A mailbox that holds 100,000 messages begins at once with what arrives, and asks for no more."""

import re
import socketserver
import threading

import pytest

from tests.email.conftest import raw
from tickets.services.email.fetching.fetch import Fetcher
from tickets.store import queries

HELD = 100_000
FEW_BYTES = 4_000


class FullMailbox(socketserver.ThreadingTCPServer):
    """As much of an IMAP server as one fetch needs, without its messages. Counts what it says."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.heard, self.said, self.last = [], 0, HELD


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say(b"* OK ready")
        for line in self.rfile:
            tag, _space, command = line.strip().partition(b" ")
            self.server.heard.append(command.decode())
            for answer in self.answers(command.decode()):
                self.say(answer)
            self.say(tag + b" OK done")
            if command == b"LOGOUT":
                return

    def answers(self, command):
        last = self.server.last
        if command == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1"
        elif command.startswith("EXAMINE"):
            yield b"* %d EXISTS" % last
            yield b"* OK [UIDVALIDITY 7] same"
            yield b"* OK [UIDNEXT %d] next" % (last + 1)
        elif found := re.search(r"SEARCH .*?UID (\d+):\*", command):
            first = min(int(found[1]), last)  # `5:*` names the last message whatever its number
            yield b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(first, last + 1))
        elif found := re.search(r"UID FETCH (\d+)", command):
            text = raw()
            yield b"* %s FETCH (UID %s BODY[] {%d}\r\n%s)" % (
                *(found[1].encode(), found[1].encode()),
                *(len(text), text),
            )

    def say(self, words):
        self.server.said += len(words)
        self.wfile.write(words + b"\r\n")


@pytest.fixture
def server():
    with FullMailbox() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_a_full_mailbox_begins_with_what_arrives(desk, mailbox, server, settings):
    settings.IMAP_WITHOUT_TLS = True
    mailbox.imap_host, mailbox.imap_port = "127.0.0.1", server.server_address[1]
    mailbox.imap_user, mailbox.imap_secret = "support", "secret"
    mailbox.save()

    assert Fetcher(mailbox).once() == 0
    opened, server.heard = server.heard, []
    server.last += 1
    assert Fetcher(mailbox).once() == 1

    words = [command.split()[0] for command in opened]
    assert "UID" not in words, "nothing of what it holds is asked for"
    assert len(opened) <= 6
    asked = [command for command in server.heard if command.startswith("UID")]
    assert len(asked) == 2, "a search and a fetch"
    assert str(HELD + 1) in asked[0]
    assert server.said < FEW_BYTES
    assert len(list(queries.every_ticket())) == 1
    assert Fetcher(mailbox).once() == 0
