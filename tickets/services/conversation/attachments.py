"""Attachments: stored with a message, and served to those who may see the ticket.

A file is stored before the message that names it, so a crash in between leaves a file that nobody
can reach, and never a message whose file is missing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import IO, Any

import structlog
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid, NoRoom, NotFound
from helpdesk.short_text import one_line
from tickets.services.conversation import file_types
from tickets.store import queries
from tickets.store.items import Attachment

MOST_FILES = 10
LARGEST = 10 * 1024 * 1024
"""Bytes of all files of a message: mail servers take no more."""

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "txt": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "zip": "application/zip",
}
_PICTURES = frozenset(kind for kind in CONTENT_TYPES.values() if kind.startswith("image/"))
_SHOWN = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""Pictures that every browser shows, and that can hold no script: the endings of their names."""
LONGEST_NAME = 120

log = structlog.get_logger(__name__)


@contextmanager
def kept(ticket_id: str, files: Iterable[UploadedFile]) -> Iterator[list[Attachment]]:
    """Store files for a message that is written inside the block; remove them if that fails.

    Raises Invalid for too many files, a file that is too large, a file type that is not allowed, or
    a file that is not of the type in its name.
    """
    with _kept(_folder(ticket_id), files) as stored:
        yield stored


@contextmanager
def kept_for_customer(
    customer_id: str, files: Iterable[UploadedFile]
) -> Iterator[list[Attachment]]:
    """Store files for a note about a customer, as `kept` does."""
    with _kept(_folder_of_customer(customer_id), files) as stored:
        yield stored


@contextmanager
def _kept(folder: str, files: Iterable[UploadedFile]) -> Iterator[list[Attachment]]:
    uploaded = list(files)
    check(uploaded)
    names = [_name(file) for file in uploaded]
    stored: list[Attachment] = []
    try:
        for file, name in zip(uploaded, names, strict=True):
            file_id = _save(folder, file)
            stored.append(Attachment(file_id=file_id, name=name, size=file.size))
        yield stored
    except BaseException:
        for attachment in stored:
            _storage().delete(attachment.file_id)
        raise


@contextmanager
def copied(ticket_id: str, files: Iterable[Attachment]) -> Iterator[list[Attachment]]:
    """Store copies of files for a message that is written inside the block; remove them if that
    fails.

    Each message has its own copies, so that removing one message's files takes nothing from
    another. Raises NotFound if a file is missing.
    """
    stored: list[Attachment] = []
    try:
        for file in files:
            with opened(file) as content:
                file_id = _save(_folder(ticket_id), File(content))
            stored.append(
                Attachment(
                    file_id=file_id,
                    name=file.name,
                    size=file.size,
                    content_type=file.content_type,
                )
            )
        yield stored
    except BaseException:
        for attachment in stored:
            _storage().delete(attachment.file_id)
        raise


def save(
    ticket_id: str, content: File, name: str, content_id: str = "", declared_type: str = ""
) -> Attachment:
    """Store a file of an email, of any type, and return it. Raises NoRoom on a full disk.

    `declared_type` counts for a picture whose name does not say what it is.
    """
    plain = _plain(name)
    says_nothing = _extension(plain) not in CONTENT_TYPES and declared_type in _PICTURES
    return Attachment(
        file_id=_save(_folder(ticket_id), content),
        name=plain,
        size=content.size,
        content_id=content_id[:300] or None,
        content_type=declared_type if says_nothing else None,
    )


def attachment(ticket_id: str, communication_id: str, place: int, *, by: Actor) -> Attachment:
    """Return an attachment of a message. Raises NotFound, NotAllowed."""
    require_ticket_work(by)
    line = queries.communication(ticket_id, communication_id)
    files = (line.attachments or []) if line else []
    if place >= len(files):
        raise NotFound(_("File not found."))
    return files[place]


def opened(attachment: Attachment) -> IO[Any]:
    """Return the open file, to be closed by the caller. Raises NotFound if it is missing."""
    try:
        return _storage().open(attachment.file_id)
    except FileNotFoundError as lost:
        raise NotFound(
            _("The file %(name)s is no longer available.") % {"name": attachment.name}
        ) from lost


def forget(attachment: Attachment) -> None:
    """Remove the file itself. A repeat does no harm."""
    _storage().delete(attachment.file_id)


def forget_all(ticket_id: str) -> None:
    """Remove every file of a ticket, including files that no message names."""
    _forget_folder(_folder(ticket_id))


def forget_all_of_customer(customer_id: str) -> None:
    """Remove every file of notes about a customer, including files that no note names."""
    _forget_folder(_folder_of_customer(customer_id))


def _forget_folder(folder: str) -> None:
    try:
        _folders, names = _storage().listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        _storage().delete(f"{folder}/{name}")


def content_type(attachment: Attachment) -> str:
    """Return the type that a file is given out as: by its name, else a picture's own."""
    known = CONTENT_TYPES.get(_extension(str(attachment.name)))
    declared = str(attachment.content_type or "")
    return known or (declared if declared in _PICTURES else "application/octet-stream")


def is_picture(attachment: Attachment) -> bool:
    """Return whether a page may show the file as a picture, by its name and type."""
    return content_type(attachment) in _SHOWN


def opened_picture(attachment: Attachment) -> IO[Any]:
    """Return the open file, to be closed by the caller. Raises NotFound if it is missing, or is no
    picture that a page may show, whatever its name says."""
    ending = _SHOWN.get(content_type(attachment))
    if ending is None:
        raise NotFound(_("File not found."))
    found = opened(attachment)
    head = found.read(file_types.LOOKED_AT)
    found.seek(0)
    if not file_types.fits(ending, head):
        found.close()
        raise NotFound(_("File not found."))
    return found


def _save(folder: str, content: File) -> str:
    """Store a file whole, or nothing of it, and return its id. Raises NoRoom on a full disk."""
    name = f"{folder}/{new_ulid().lower()}"
    try:
        return _storage().save(name, content)
    except BaseException as error:
        with suppress(OSError):
            _storage().delete(name)  # of a disk that was full in the middle half is left
        if isinstance(error, OSError) and error.errno in NoRoom.CAUSES:
            log.exception("no_room_for_files")
            raise NoRoom from error
        raise


def _folder(ticket_id: str) -> str:
    return f"tickets/{ticket_id}"


def _folder_of_customer(customer_id: str) -> str:
    return f"customers/{customer_id}"


def is_there(attachment: Attachment) -> bool:
    """Return whether the storage has the file. One request to the storage."""
    return _storage().exists(attachment.file_id)


def _storage() -> Storage:
    return storages["attachments"]


def check(files: Sequence[UploadedFile]) -> None:
    """Raise Invalid, as `kept` does, if a message cannot have these files."""
    names = [_name(file) for file in files]
    if len(files) > MOST_FILES:
        raise Invalid(
            {"files": _("Attach at most %(most)s files to a message.") % {"most": MOST_FILES}}
        )
    if sum(file.size or 0 for file in files) > LARGEST:
        raise Invalid(
            {
                "files": _("Attachments may not exceed %(most)s in total.")
                % {"most": filesizeformat(LARGEST)}
            }
        )
    refused = [name for name in names if _extension(name) not in CONTENT_TYPES]
    if refused:
        raise Invalid(
            {
                "files": _("%(name)s: file type not supported. Allowed: %(kinds)s.")
                % {"name": refused[0], "kinds": ", ".join(CONTENT_TYPES)}
            }
        )
    for file, name in zip(files, names, strict=True):
        if not file_types.fits(_extension(name), _head(file)):
            raise Invalid(
                {"files": _("%(name)s: the file is not of the type in its name.") % {"name": name}}
            )


def _head(file: UploadedFile) -> bytes:
    file.seek(0)
    head: bytes = file.read(file_types.LOOKED_AT)
    file.seek(0)
    return head


def _name(file: UploadedFile) -> str:
    return _plain(file.name or "")


def _plain(written: str) -> str:
    """Return a file's name without folders and unprintable characters. Its extension stays."""
    name = PurePath(written.replace("\\", "/")).name
    name = one_line(re.sub(r"[\x00-\x1f\x7f]", "", name)) or "file"
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending)]}{dot}{ending[:20]}"


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()
