"""A mailbox on its IMAP server. Reading it changes nothing there."""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from django.conf import settings
from imap_tools.consts import SHORT_MONTH_NAMES
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.idle import get_socket_poller
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted

from helpdesk.log_redaction import kind_of
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email.fetching import oauth

TIMEOUT = 30
"""Seconds that the server may take for each answer."""
LOOK = 1
"""Seconds between looks at whether to stop, while it waits for something new."""
LARGEST = 150 * 1024 * 1024
"""Bytes of a message that is fetched whole; the largest that common providers accept."""
BEGINNING = 1024 * 1024
"""Bytes that are kept of a larger one."""
PIECE = 64 * 1024
LONGEST_DETAIL = 160
_UNAVAILABLE = (OSError, imaplib.IMAP4.error, ImapToolsError)
_UID = re.compile(rb"\bUID (\d+)\b")
_LITERAL = re.compile(rb"\{(\d+)\}$")


class Unfetchable(Exception):
    """The mailbox cannot be read now; `detail` is what the server said about it, if anything."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail[:LONGEST_DETAIL]


@dataclass(frozen=True)
class RawMessage:
    """One message of a folder; `raw` is only its beginning if it is larger than LARGEST."""

    uid: int
    received_at: datetime
    raw: bytes
    size: int
    """Bytes on the server."""


class Folder:
    """The folder of a mailbox, opened read-only: no flag is set."""

    def __init__(self, box: BaseMailBox, name: str) -> None:
        self._box = box
        self._client = box.client
        try:
            box.folder.set(name, readonly=True)
        except MailboxFolderSelectError as error:
            raise Unfetchable(Problem.FOLDER, _error_text(error)) from error
        self.messages = self._number("EXISTS")
        self.uid_validity = self._number("UIDVALIDITY")
        self.next_uid = self._number("UIDNEXT")
        _status, words = self._client.capability()  # many say more to whom they know
        self.announces = b"IDLE" in (words[-1] or b"").upper().split()

    def uids(
        self, *, after: int, up_to: int | None = None, since: datetime | None = None
    ) -> list[int]:
        """Return the numbers of messages after one, in order.

        With `since` only of those that reached the folder at about that time or later: servers know
        days only, in their own zone.
        """
        self._announced()  # the answer has it
        words = ["UID", f"{after + 1}:{up_to or '*'}"]
        if since:
            day = since - timedelta(days=1)
            words += ["SINCE", f"{day.day}-{SHORT_MONTH_NAMES[day.month - 1]}-{day.year}"]
        data = self._ask("SEARCH", *words)
        found = {int(uid) for line in data if line for uid in line.split()}
        # `5:*` names the last message whatever its number
        return sorted(uid for uid in found if after < uid <= (up_to or uid))

    def refresh(self) -> None:
        """Ask the server for changes; without this some servers answer from an old state."""
        with _in_words():
            self._client.noop()

    def read(self, uid: int) -> RawMessage | None:
        """Return a message, byte for byte; None if it is gone. One request.

        Of one larger than LARGEST only the beginning is kept, and no more of it is in memory.
        """
        data = self._ask("FETCH", str(uid), "(UID INTERNALDATE BODY.PEEK[])")
        for place, part in enumerate(data):
            literal = isinstance(part, tuple)
            said = part[0] if literal else part or b""
            if literal and isinstance(rest := (*data, b"")[place + 1], bytes):
                said += rest  # the literal after the message
            numbered = _UID.search(said)
            if b"BODY[]" not in said or (numbered and int(numbered[1]) != uid):
                continue
            if not literal and b'BODY[] ""' not in said:
                raise Unfetchable(Problem.REFUSED, f"UID {uid}: NIL")
            size = _LITERAL.search(part[0]) if literal else None
            raw = part[1] if literal else b""
            return RawMessage(uid, _internal_date(said), raw, int(size[1]) if size else len(raw))
        return None

    def wait(self, seconds: float, stop: Event) -> None:
        """Wait until something arrives, until `stop`, or for a time. Raises Unfetchable.

        Returns at once if something has arrived since the last question.
        """
        if self._announced():
            return
        until = time.monotonic() + seconds
        with _in_words():
            client = self._client
            idle: Any = self._box.idle
            tag: Any = client._command("IDLE")
            idle._idle_tag = tag
            while client._get_response() is not None:  # until the server waits, too
                if client.tagged_commands[tag]:
                    raise client.error("IDLE refused")
            while not stop.is_set() and time.monotonic() < until:
                if "EXISTS" in client.untagged_responses or self._is_buffered():
                    break
                if get_socket_poller(client.sock, LOOK):
                    break
            idle.stop()

    def _announced(self) -> bool:
        """Return whether the server has announced a message within another response.

        It does not announce it again.
        """
        _name, found = self._client.response("EXISTS")
        return bool(found and found[-1])

    def _is_buffered(self) -> bool:
        """Return whether data was read already that nobody has looked at, of which no
        poll tells."""
        sock = self._client.sock
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            file: Any = self._client.file
            return bool(file.peek(1))
        except OSError:  # nothing there
            return False
        finally:
            sock.settimeout(before)

    def _ask(self, *words: str) -> list[Any]:
        with _in_words():
            status, data = self._client.uid(*words)
        if status != "OK":
            raise Unfetchable(Problem.REFUSED, _text(data))
        return list(data)

    def _number(self, name: str) -> int:
        """Return a number that the server gave when the folder was opened."""
        _name, found = self._client.response(name)
        if not found or not found[-1]:
            raise Unfetchable(Problem.REFUSED, f"{name}?")
        return int(found[-1])


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Folder]:
    """Connect, sign in, and open the folder. Raises Unfetchable."""
    with _in_words(Problem.UNAVAILABLE):
        box = _connected(mailbox)
    _keep_only_beginnings(box.client)
    try:
        with _in_words():
            _log_in(box, mailbox)
            folder = Folder(box, mailbox.imap_folder)
        yield folder
    except BaseException:
        with suppress(*_UNAVAILABLE):
            box.client.shutdown()  # nothing to wait for
        raise
    with suppress(*_UNAVAILABLE):
        box.logout()


def _connected(mailbox: Mailbox) -> BaseMailBox:
    host, port = mailbox.imap_host, mailbox.imap_port
    if settings.IMAP_WITHOUT_TLS and host in ("127.0.0.1", "localhost"):
        return MailBoxUnencrypted(host, port, timeout=TIMEOUT)
    return MailBox(host, port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())


def _keep_only_beginnings(client: Any) -> None:
    """Let a connection keep only the beginning of what is larger than LARGEST.

    The rest is read and dropped: the server sends it whatever we do.
    """

    def read(size: int) -> bytes:
        kept: bytes = client.file.read(size if size <= LARGEST else BEGINNING)
        left = size - len(kept)
        while left > 0 and (piece := client.file.read(min(left, PIECE))):
            left -= len(piece)
        if left > 0:
            raise client.abort("unexpected end of a message")
        return kept

    client.read = read


def _log_in(box: BaseMailBox, mailbox: Mailbox) -> None:
    """Sign in. An access token that is refused is not used again. Raises Unfetchable."""
    try:
        if mailbox.login == Mailbox.Login.OAUTH2:
            _log_in_with(oauth.access_token(mailbox), box, mailbox.imap_user)
        elif mailbox.imap_secret.isascii() and mailbox.imap_user.isascii():
            box.login(mailbox.imap_user, mailbox.imap_secret, initial_folder=None)
        else:
            box.login_utf8(mailbox.imap_user, mailbox.imap_secret, initial_folder=None)
    except oauth.NoAccess as error:
        raise Unfetchable(error.problem, error.detail) from error
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        oauth.forget(mailbox)
        said = _error_text(error)
        busy = "[UNAVAILABLE]" in said.upper()
        raise Unfetchable(Problem.UNAVAILABLE if busy else Problem.REJECTED, said) from error


def _log_in_with(token: str, box: BaseMailBox, user: str) -> None:
    def answer(challenge: bytes) -> bytes:
        # A server that refuses sends the reason as a challenge, and continues after an empty line.
        return b"" if challenge else f"user={user}\1auth=Bearer {token}\1\1".encode()

    box.client.authenticate("XOAUTH2", answer)


@contextmanager
def _in_words(broken: Problem = Problem.CLOSED) -> Iterator[None]:
    """Turn errors of the connection into Unfetchable."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Unfetchable(Problem.CERTIFICATE, error.verify_message) from error
    except OSError as error:
        raise Unfetchable(broken, kind_of(error)) from error
    except (imaplib.IMAP4.abort, ImapToolsError) as error:
        raise Unfetchable(broken, _error_text(error)) from error
    except imaplib.IMAP4.error as error:
        raise Unfetchable(Problem.REFUSED, _error_text(error)) from error


def _error_text(error: Exception) -> str:
    """Return what the server said, from an error of either library."""
    result = getattr(error, "command_result", None)
    return _text(result[1]) if result else " ".join(str(error).split())


def _text(data: Any) -> str:
    lines = data if isinstance(data, list) else [data]
    said = b" ".join(line for line in lines if isinstance(line, bytes))
    return " ".join(said.decode(errors="replace").split())


def _internal_date(said: bytes) -> datetime:
    """Return when a message reached the folder; now, if the server does not say."""
    found = imaplib.Internaldate2tuple(said)
    if found is None:
        return datetime.now(UTC).replace(microsecond=0)
    return datetime.fromtimestamp(time.mktime(found), UTC)
