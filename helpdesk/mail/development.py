"""Mail in development: it is written to a folder, and /mailbox/ shows it.

Each file is a message as a mail server would get it, below two lines with its envelope. Names are
ULIDs, so the newest sorts last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _
from ulid import ULID

from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import NotFound
from helpdesk.files import WholeFiles
from helpdesk.mail.reading import ReadMessage, read
from helpdesk.mail.smtp import as_sent, envelope_of

_FROM, _TO = b"X-Envelope-From: ", b"X-Envelope-To: "
_HEADERS = 64 * 1024
"""Bytes of a file that a list reads."""
_naming, _last_name = Lock(), ""


@dataclass(frozen=True)
class SentEmail:
    """A message that the desk sent, with its envelope."""

    name: str
    at: datetime
    envelope_from: str
    envelope_to: Sequence[str]
    raw: bytes
    """As it was sent; only its beginning, where it comes from a list."""
    message: ReadMessage


class FileBackend(BaseEmailBackend):
    """Writes each message into a file of its own, whole or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            sender, recipients = envelope_of(message)
            envelope = [_FROM + sender.encode(), _TO + ", ".join(recipients).encode(), b""]
            content = ContentFile(b"\r\n".join(envelope) + as_sent(message))
            _storage().save(f"{_next_name()}.eml", content)
        return len(email_messages)


def is_on() -> bool:
    """Return whether this is development, where mail is written to files."""
    return bool(settings.DEBUG)


def sent_emails(*, before: str = "", limit: int) -> list[SentEmail]:
    """Return sent messages with their headers, the newest first; with `before` only older ones.

    Reads the names of all files, and the beginnings of `limit` of them.
    """
    folder = _folder()
    names = sorted((path.stem for path in folder.glob("*.eml")), reverse=True)
    return [
        _read(name, _beginning(folder / f"{name}.eml"))
        for name in [name for name in names if not before or name < before][:limit]
    ]


def sent_email(name: str) -> SentEmail:
    """Return one sent message, whole. Raises NotFound."""
    try:
        name = str(ULID.from_str(name))
        return _read(name, (_folder() / f"{name}.eml").read_bytes())
    except (ValueError, FileNotFoundError) as unknown:
        raise NotFound(_("Email not found.")) from unknown


def _next_name() -> str:
    """Return a name that sorts after all that this process gave, within one millisecond too."""
    global _last_name
    with _naming:
        _last_name = new_ulid(after=_last_name)
        return _last_name


def _read(name: str, content: bytes) -> SentEmail:
    sender, recipients, raw = content.split(b"\r\n", 2)
    return SentEmail(
        name=name,
        at=ULID.from_str(name).datetime,
        envelope_from=sender.removeprefix(_FROM).decode(),
        envelope_to=recipients.removeprefix(_TO).decode().split(", "),
        raw=raw,
        message=read(raw),
    )


def _beginning(path: Path) -> bytes:
    """Return the envelope and the headers."""
    with path.open("rb") as file:
        headers, _blank, _body = file.read(_HEADERS).partition(b"\r\n\r\n")
        return headers + b"\r\n\r\n"


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "mailbox"


def _storage() -> WholeFiles:
    return WholeFiles(
        location=_folder(), file_permissions_mode=0o600, directory_permissions_mode=0o700
    )
