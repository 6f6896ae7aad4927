"""Hand one message to the mail server, and report the outcome.

Django's own backend cannot say whether a connection was lost before or after the server had the
whole message, and forgets which recipients were refused. So SMTP is spoken here, on the connection
that the backend has opened.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils.module_loading import import_string

from helpdesk.mail.problems import MailError, ProblemCode
from helpdesk.time_limit import TimeLimit, time_limit

WHOLE = 300
"""Seconds for a message, from connecting to the answer to all of it: well below the LOST_AFTER of
the queue, and enough for 25 MB of files (34 MB as they are sent) at 1 Mbit/s."""

_PIECE = 65_536
"""Bytes for which EMAIL_TIMEOUT has to be enough: Python limits each call of `send` as a whole."""

_HERE = ("localhost", "127.0.0.1", "::1")
_PERMANENT = 500
"""Answers of the server from here on are final; those from 400 are to be tried again."""


class NotSent(MailError):
    """The message was not handed over."""


class ServerAway(NotSent):
    """The server does not answer, or not in time. Other messages would fail as well; try again
    later."""


class TryLater(NotSent):
    """The server does not accept this message now. Try again later."""


class Refused(NotSent):
    """The server will never accept this message."""


class Unknown(MailError):
    """The connection was lost after the server had the whole message: it may have gone out."""


@dataclass(frozen=True)
class HandedOver:
    """The server accepted the message; `refused` has the recipients that it did not, with its
    words."""

    refused: Mapping[str, str] = field(default_factory=dict)


class Server:
    """A mail server for the length of a batch. It connects when the first message needs it."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self._backend = backend

    def give(self, message: EmailMessage) -> HandedOver:
        """Hand a message over. Raises ServerAway, TryLater, Refused, Unknown.

        The server has EMAIL_TIMEOUT seconds for each step, and WHOLE for all of it. A resolver that
        does not answer is left to the system's own limit.
        """
        if not isinstance(self._backend, LimitedBackend):
            return self._send_with_backend(message)
        payload = _payload(message)
        try:
            with time_limit(WHOLE) as whole:
                self._backend.limit = whole
                return _converse(_connected(self._backend), message, payload)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._backend.drop()
            raise ServerAway(ProblemCode.CLOSED) from error
        except (ServerAway, Unknown):
            self._backend.drop()
            raise
        finally:
            if whole.over:
                self._backend.drop()

    def close(self) -> None:
        """Take leave of the server, which has EMAIL_TIMEOUT seconds for that."""
        backend = self._backend
        with time_limit(settings.EMAIL_TIMEOUT) as whole, suppress(smtplib.SMTPException, OSError):
            if isinstance(backend, LimitedBackend):
                backend.limit = whole
            backend.close()
        if isinstance(backend, LimitedBackend):
            backend.drop()

    def _send_with_backend(self, message: EmailMessage) -> HandedOver:
        """Send with a backend that is no SMTP server: files in development, memory in tests."""
        try:
            self._backend.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            raise Refused(ProblemCode.ADDRESS_REJECTED) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(ProblemCode.EMAIL_REJECTED) from error
        return HandedOver()


class _Limited(smtplib.SMTP):
    """A connection that is closed when the time of its conversation is over, from the server's
    greeting on."""

    def __init__(self, *args: Any, backend: "LimitedBackend", **options: Any) -> None:
        self._backend = backend
        backend.made = self
        super().__init__(*args, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self._backend.limit.watch(self.sock)
        return super().getreply()


class _LimitedTls(_Limited, smtplib.SMTP_SSL):
    pass


class LimitedBackend(SmtpBackend):
    """Django's backend, whose connection has a limit for each conversation: it has to be set before
    the backend is opened or closed."""

    limit: TimeLimit
    made: smtplib.SMTP | None = None
    """The connection, also one that the server has not let in."""

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]
        return partial(_LimitedTls if self.use_ssl else _Limited, backend=self)

    def drop(self) -> None:
        """Close the connection without another word to the server."""
        if self.made is not None:
            self.made.close()
        self.connection = self.made = None


_LIMITED = {"django.core.mail.backends.smtp.EmailBackend": f"{__name__}.LimitedBackend"}


@contextmanager
def mail_server() -> Iterator[Server]:
    """Open the server that the settings name; the connection is closed at the end."""
    server = Server(get_connection(_LIMITED.get(settings.EMAIL_BACKEND)))
    try:
        yield server
    finally:
        server.close()


def _connected(backend: LimitedBackend) -> smtplib.SMTP:
    try:
        opened = backend.open()
        smtp: smtplib.SMTP = backend.connection  # type: ignore[assignment]
        if opened and settings.EMAIL_OAUTH2_MAILBOX:
            _log_in(smtp)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerAway(ProblemCode.LOGIN) from error
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(ProblemCode.UNAVAILABLE) from error
    return smtp


def _log_in(smtp: smtplib.SMTP) -> None:
    """Sign in with an OAuth2 access token; with a new one if the first is rejected.

    Raises ServerAway if there is no token, and as `smtplib`.
    """
    if not isinstance(smtp.sock, ssl.SSLSocket) and settings.EMAIL_HOST not in _HERE:
        raise ServerAway(ProblemCode.NO_TLS)
    login = import_string(settings.EMAIL_OAUTH2_LOGIN)
    smtp.ehlo_or_helo_if_needed()
    for renewed in (False, True):
        user, token = login(renewed=renewed)
        bearer = f"user={user}\1auth=Bearer {token}\1\1"
        try:
            # To a server that says why it refuses, an empty line is the answer.
            smtp.auth("XOAUTH2", lambda challenge=None, said=bearer: "" if challenge else said)
        except smtplib.SMTPAuthenticationError:
            if renewed:
                raise
        else:
            return


def as_sent(message: EmailMessage) -> bytes:
    """Return a message as it goes out: its lines end in CRLF."""
    written = message.message()
    del written["Return-Path"]  # which the server writes, of the envelope
    return re.sub(rb"\r?\n|\r", b"\r\n", written.as_bytes())


def envelope_of(message: EmailMessage) -> tuple[str, list[str]]:
    """Return the envelope: the addresses of the sender and of the recipients."""
    sender = parseaddr(message.extra_headers.get("Return-Path", "") or message.from_email)[1]
    return sender, [parseaddr(recipient)[1] for recipient in message.recipients()]


def _payload(message: EmailMessage) -> bytes:
    """Return the message in SMTP's form: dots at the start of lines are doubled."""
    return re.sub(rb"(?m)^\.", b"..", as_sent(message))


def _converse(smtp: smtplib.SMTP, message: EmailMessage, payload: bytes) -> HandedOver:
    sender, recipients = envelope_of(message)
    smtp.ehlo_or_helo_if_needed()
    options = [f"size={len(payload)}"] if smtp.has_extn("size") else []
    _expect(smtp, *smtp.mail(sender, options))
    refused: dict[str, str] = {}
    later: str | None = None
    for recipient in recipients:
        code, words = smtp.rcpt(recipient)
        if code >= _PERMANENT:
            refused[recipient] = _response(code, words)
        elif code not in (250, 251):
            later = _response(code, words)
    if later is not None:  # nothing is sent yet, so no recipient gets it twice
        smtp.rset()
        raise TryLater(ProblemCode.RESPONSE, later)
    if len(refused) == len(recipients):
        smtp.rset()
        raise Refused(ProblemCode.RESPONSE, "; ".join(dict.fromkeys(refused.values())))
    _expect(smtp, *smtp.docmd("DATA"), wanted=354)
    end = b"" if payload.endswith(b"\r\n") else b"\r\n"
    whole = payload + end
    for start in range(0, len(whole), _PIECE):
        smtp.send(whole[start : start + _PIECE])
    try:
        smtp.send(b".\r\n")
        code, words = smtp.getreply()
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Unknown(ProblemCode.LOST_AFTER_SENDING) from error
    if not 200 <= code < 600:  # none, or cut off: whether the message was accepted is unknown
        raise Unknown(ProblemCode.LOST_AFTER_SENDING)
    if not 200 <= code < 300:
        _expect(smtp, code, words)
    return HandedOver(refused)


def _expect(smtp: smtplib.SMTP, code: int, words: bytes, *, wanted: int = 250) -> None:
    if code == wanted:
        return
    if code < 0 or code == 421:
        raise smtplib.SMTPServerDisconnected(_response(code, words))
    smtp.rset()
    refusal = Refused if code >= _PERMANENT else TryLater
    raise refusal(ProblemCode.RESPONSE, _response(code, words))


def _response(code: int, words: bytes) -> str:
    """Return the server's response, on one line that is short enough for a page."""
    text = " ".join(words.decode(errors="replace").split())
    return f"{code} {text[:200]}"
