"""The same against Dovecot, which most companies run: a long form, DOVECOT=200 messages.

It needs Debian's `dovecot-imapd`.
"""

import imaplib
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from helpdesk.engines import ports
from helpdesk.mail.reading import content_key
from tests.email.imap.conftest import SOON, at_server, letter, mail_of, state
from tests.email.imap_server import USER
from tickets.services.email.fetching import fetch as fetching
from tickets.services.email.fetching import mailroom
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.imap import Unfetchable
from tickets.services.email.fetching.mailroom import Mailroom
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store

PASSWORD = "sesame"
MESSAGES = int(os.environ.get("DOVECOT", "0"))
CORPUS = Path(__file__).parents[2] / "mail/corpus"

pytestmark = [
    pytest.mark.skipif(not MESSAGES, reason="a long form: make thorough"),
    pytest.mark.django_db(transaction=True),
]

CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = {login}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 0
mail_location = maildir:{folder}/mail
mail_save_crlf = yes
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


class Dovecot:
    """One account on a server of its own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.free_port()
        me = pwd.getpwuid(os.getuid())
        # Started by root it gives its rights away: it refuses to serve mail as root.
        own = pwd.getpwnam("nobody") if me.pw_uid == 0 else me
        words = {"login": "dovenull", "user": "dovecot", "group": "dovecot"}
        if me.pw_uid:
            words = {"login": me.pw_name, "user": me.pw_name, "group": me.pw_name}
        (folder / "mail").mkdir()
        os.chown(folder / "mail", own.pw_uid, own.pw_gid)
        for parent in (folder, *folder.parents):
            if parent.owner() == me.pw_name and parent != parent.parent:
                parent.chmod(parent.stat().st_mode | 0o011)
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                port=self.port,
                uid=own.pw_uid,
                gid=own.pw_gid,
                password=PASSWORD,
                **words,
            )
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")], start_new_session=True
        )
        ports.wait_until(self._answers, alive=lambda: self.process.poll() is None, seconds=SOON)

    def _answers(self) -> bool:
        try:
            self.client().logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=SOON)
        client.login(USER, PASSWORD)
        return client

    def deliver(self, *messages: bytes, folder: str = "INBOX") -> None:
        client = self.client()
        for message in messages:
            answer, said = client.append(
                folder, "", imaplib.Time2Internaldate(time.time()), message
            )
            assert answer == "OK", said
        client.logout()

    def kill(self) -> None:
        """All of it, by -9."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SOON)


@pytest.fixture
def dovecot(tmp_path, mailbox):
    assert shutil.which("dovecot"), "the long form needs Debian's dovecot-imapd"
    server = Dovecot(tmp_path)
    at_server(mailbox, server)
    mailbox.imap_secret = PASSWORD
    mailbox.save()
    yield server
    server.stop()


def as_stored(message: bytes) -> bytes:
    """A message as imaplib hands it over: each line end is CR LF."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", message)


def real_mails(count: int) -> list[bytes]:
    found = [path.read_bytes() for path in sorted(CORPUS.glob("*/*.[et][mx][lt]"))]
    found += [letter(number) for number in range(count - len(found))]
    # NUL is not allowed in IMAP, and Dovecot writes another byte for it.
    return [as_stored(one) for one in found[:count] if b"\0" not in one]


def test_each_is_taken_once_byte_for_byte_through_deaths_and_new_numbers(
    desk, mailbox, dovecot, looked_at
):
    dovecot.deliver(letter("before"))
    assert Fetcher(mailbox).once() == 0

    mails = real_mails(MESSAGES)
    half = len(mails) // 2
    dovecot.deliver(*mails[:half])
    taken, deaths = 0, 0
    for step in range(8):  # it dies while it is read from
        timer = Thread(target=lambda wait=step: (time.sleep(0.1 * wait), dovecot.kill()))
        timer.start()
        try:
            taken += Fetcher(mailbox).once()
        except Unfetchable:
            deaths += 1
        timer.join()
        dovecot.start()
    Fetcher(mailbox).once()
    assert deaths, "it never died while it was read from"

    before = state().uid_validity
    client = dovecot.client()  # its messages get new numbers
    assert client.create("Kept")[0] == "OK"
    client.select("INBOX")
    assert client.copy("1:*", "Kept")[0] == "OK"
    client.logout()
    mailbox.imap_folder = "Kept"
    mailbox.save()
    dovecot.deliver(*mails[half:], folder="Kept")
    Fetcher(mailbox).once()
    assert state().uid_validity != before

    recorded = {content_key(one): one for one in mails}
    missing = [key for key in recorded if store.email(store.email_pk("support", key)) is None]
    assert not missing
    changed = [one for one in mails if raw_messages.read(mail_of(one).sha256) != one]
    assert not changed
    assert Fetcher(mailbox).once() == 0
    looked_at(
        f"{len(mails)} messages through Dovecot, each once and byte for byte; it was killed "
        f"{deaths} times while it was read from, and its folder got new numbers"
    )


def test_it_says_at_once_what_has_arrived(desk, mailbox, dovecot, monkeypatch, looked_at):
    Fetcher(mailbox).once()
    done, real = Event(), fetching.try_to_process

    def process(mail):
        real(mail)
        done.set()

    monkeypatch.setattr(fetching, "try_to_process", process)
    monkeypatch.setattr(fetching, "FIRST_WAIT", 60)
    monkeypatch.setattr(mailroom, "LOOK", 0.1)
    waiting, wait = Event(), fetching.Folder.wait

    def waits(folder, seconds, stop):
        waiting.set()
        return wait(folder, seconds, stop)

    monkeypatch.setattr(fetching.Folder, "wait", waits)
    stop = Event()
    thread = Thread(target=Mailroom().run, args=(stop,))
    thread.start()
    try:
        assert waiting.wait(SOON), "nothing waits"
        began = time.monotonic()
        dovecot.deliver(letter(1))
        assert done.wait(SOON), "nothing was announced"
        took = time.monotonic() - began
    finally:
        stop.set()
        thread.join()
    looked_at(f"a message was taken {took:.1f} s after it arrived, by IDLE")
