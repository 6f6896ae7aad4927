"""An SMTP port for development, so that ten lines of any language can create a ticket.

A web page in the developer's browser can reach the port as well, and could hide SMTP in the body of
a request. So the first line that is not SMTP ends the connection.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope
from django.conf import settings
from django.db import close_old_connections

from helpdesk.errors import NoRoom
from helpdesk.log_redaction import kind_of
from tickets.services.email.incoming.receive import NoMailbox, receive
from tickets.services.email.mailboxes import mailbox_of

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
_RECORDED = "250 2.0.0 Recorded"
_NO_MAILBOX = "451 4.3.0 There is no mailbox. Add one in the admin"
_NO_ROOM = "452 4.3.1 File storage is full. Try again later"
_NOT_RECORDED = "451 4.3.0 The message could not be recorded. Try again later"


class _Conversation(SMTP):
    """SMTP that disconnects at the first line that is not SMTP, and accepts lines of any length."""

    line_length_limit = settings.BODY_OF_A_MAIL

    async def push(self, status: Any) -> None:
        await super().push(status)
        words = status if isinstance(status, str) else status.decode()
        if words.startswith("500 "):
            self._writer.close()
            raise asyncio.CancelledError  # what has come after that line is never read


class _Handler:
    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        return await asyncio.to_thread(
            _take, bytes(envelope.original_content or b""), envelope.mail_from, envelope.rcpt_tos
        )


async def listen(port: int, *, listening: Callable[[int], object], stop: asyncio.Event) -> None:
    """Accept mail on a port of loopback (0: a free one) until `stop`; calls `listening` with the
    port.

    Raises OSError if the port is in use.
    """
    # It would log what people write, line by line.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Conversation(
            _Handler(),
            data_size_limit=settings.BODY_OF_A_MAIL,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Helpdesk in development",
            loop=loop,
        ),
        HOST,
        port,
    )
    listening(server.sockets[0].getsockname()[1])
    async with server:
        await stop.wait()


def _take(raw: bytes, envelope_from: str | None, envelope_to: list[str]) -> str:
    """Receive a message; return the SMTP response: 250 only if it is recorded."""
    close_old_connections()
    try:
        of_the_desk = [address for address in envelope_to if mailbox_of([address])]
        received = receive(
            raw, envelope_from=envelope_from, envelope_to=(of_the_desk or envelope_to)[0]
        )
    except NoMailbox:
        return _NO_MAILBOX
    except NoRoom:
        return _NO_ROOM
    except Exception as error:
        log.exception("mail_not_recorded", reason=kind_of(error))
        return _NOT_RECORDED
    finally:
        close_old_connections()
    outcome = received.outcome.value if received.outcome else "later"
    log.info("mail_received", outcome=outcome, ticket_id=received.ticket_id)
    return _RECORDED
