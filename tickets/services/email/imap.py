"""A mailbox on its IMAP server: what is there, byte for byte, and nothing changed by looking."""

import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted

from helpdesk.log_redaction import kind_of
from tickets.models import Mailbox
from tickets.services.email import oauth

TIMEOUT = 30
"""Seconds that the server may take for each answer."""
_UNAVAILABLE = (OSError, socket.timeout, imaplib.IMAP4.error, imaplib.IMAP4.abort, ssl.SSLError)


class Unfetchable(Exception):
    """The mailbox cannot be read now; the message says why, in people's words."""


@dataclass(frozen=True)
class RawMessage:
    """One message of a folder."""

    uid: int
    received_at: datetime
    raw: bytes


class Folder:
    """The folder of a mailbox, opened for reading alone: no flag is set by looking."""

    def __init__(self, box: BaseMailBox, name: str) -> None:
        self._box = box
        found = box.folder.status(name, ["UIDVALIDITY", "UIDNEXT", "MESSAGES"])
        box.folder.set(name, readonly=True)
        self.uid_validity = int(found["UIDVALIDITY"])
        self.next_uid = int(found["UIDNEXT"])
        self.messages = int(found["MESSAGES"])

    def uids(self, *, after: int, since: datetime | None = None) -> list[int]:
        """Return the numbers of messages beyond one, lowest first; with `since` only of those that
        reached the folder on that day or later."""
        words = ["UID", f"{after + 1}:*"]
        if since:
            words = ["SINCE", f"{since.day}-{since:%b-%Y}", *words]
        _status, data = self._box.client.uid("SEARCH", *words)
        found = (int(one) for one in (data[0] or b"").split())
        return sorted(uid for uid in found if uid > after)  # `5:*` names the last one, too

    def read(self, uids: Sequence[int]) -> Iterator[RawMessage]:
        """Yield messages, byte for byte, one request each; those that went are left out."""
        for uid in uids:
            _status, data = self._box.client.uid(
                "FETCH", str(uid), "(UID INTERNALDATE BODY.PEEK[])"
            )
            for part in data:
                if isinstance(part, tuple) and b"BODY[]" in part[0]:
                    yield RawMessage(uid, _internal_date(part[0]), part[1])

    @property
    def announces(self) -> bool:
        """Whether the server says when something arrives."""
        return "IDLE" in self._box.client.capabilities

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, or for a time. Raises Unfetchable."""
        with _in_words():
            self._box.idle.wait(seconds)


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Folder]:
    """Connect, log in, and open the folder. Raises Unfetchable."""
    with _in_words():
        box = _connected(mailbox)
    try:
        with _in_words():
            folder = Folder(box, mailbox.imap_folder)
        yield folder
    except _UNAVAILABLE as error:
        raise Unfetchable(_("The mail server closed the connection.")) from error
    finally:
        with suppress(*_UNAVAILABLE, ImapToolsError):
            box.logout()


def _connected(mailbox: Mailbox) -> BaseMailBox:
    host, port = mailbox.imap_host, mailbox.imap_port
    box: BaseMailBox
    if settings.IMAP_WITHOUT_TLS and host in ("127.0.0.1", "localhost"):
        box = MailBoxUnencrypted(host, port, timeout=TIMEOUT)
    else:
        box = MailBox(host, port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    if mailbox.login == Mailbox.Login.OAUTH2:
        return box.xoauth2(mailbox.imap_user, oauth.access_token(mailbox), initial_folder=None)
    return box.login(mailbox.imap_user, mailbox.imap_secret, initial_folder=None)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what went wrong as people would."""
    try:
        yield
    except MailboxLoginError as error:
        raise Unfetchable(_("The server rejected the user name or password.")) from error
    except oauth.NoAccess as error:
        raise Unfetchable(str(error)) from error
    except ImapToolsError as error:
        words = _("The folder could not be opened (%(reason)s).")
        raise Unfetchable(words % {"reason": kind_of(error)}) from error
    except ssl.SSLCertVerificationError as error:
        raise Unfetchable(_("The server’s certificate is not valid for its name.")) from error
    except _UNAVAILABLE as error:
        words = _("The server is unavailable (%(reason)s).")
        raise Unfetchable(words % {"reason": kind_of(error)}) from error


def _internal_date(heading: bytes) -> datetime:
    found = imaplib.Internaldate2tuple(heading)
    if found is None:
        return datetime.now(UTC).replace(microsecond=0)
    return datetime(*found[:6]).astimezone(UTC).replace(microsecond=0)
