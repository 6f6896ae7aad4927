"""Hand one message to the mail server, and report the outcome.

Django's own backend cannot say whether a connection was lost before or after the server had the
whole message, and forgets which recipients were refused. So SMTP is spoken here, on the connection
that the backend has opened.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils.module_loading import import_string

from helpdesk.mail.problems import MailError, ProblemCode

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

        Waits at most EMAIL_TIMEOUT for each response of the server.
        """
        if not isinstance(self._backend, SmtpBackend):
            return self._send_with_backend(message)
        payload = _payload(message)
        smtp = self._connected()
        try:
            return _converse(smtp, message, payload)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            raise ServerAway(ProblemCode.CLOSED) from error
        except Unknown:
            self._drop()
            raise

    def close(self) -> None:
        try:
            self._backend.close()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        try:
            opened = self._backend.open()
            if opened and settings.EMAIL_OAUTH2_MAILBOX:
                _log_in(self._backend.connection)  # type: ignore[attr-defined]
        except smtplib.SMTPAuthenticationError as error:
            self._drop()
            raise ServerAway(ProblemCode.LOGIN) from error
        except ServerAway:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ServerAway(ProblemCode.UNAVAILABLE) from error
        smtp: smtplib.SMTP = self._backend.connection  # type: ignore[attr-defined]
        return smtp

    def _drop(self) -> None:
        """Close a broken connection without another word to the server."""
        smtp = getattr(self._backend, "connection", None)
        if smtp is not None:
            smtp.close()
            self._backend.connection = None  # type: ignore[attr-defined]

    def _send_with_backend(self, message: EmailMessage) -> HandedOver:
        """Send with a backend that is no SMTP server: files in development, memory in tests."""
        try:
            self._backend.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            raise Refused(ProblemCode.ADDRESS_REJECTED) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(ProblemCode.EMAIL_REJECTED) from error
        return HandedOver()


@contextmanager
def mail_server() -> Iterator[Server]:
    """Open the server that the settings name; the connection is closed at the end."""
    server = Server(get_connection())
    try:
        yield server
    finally:
        server.close()


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
    smtp.send(payload + end)
    try:
        smtp.send(b".\r\n")
        code, words = smtp.getreply()
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Unknown(ProblemCode.LOST_AFTER_SENDING) from error
    if code < 0:  # no valid response: whether the message was accepted is unknown
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
