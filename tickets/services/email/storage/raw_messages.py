"""Original messages, compressed, under their SHA-256."""

import gzip
from hashlib import sha256
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from helpdesk.errors import NoRoom


def keep(raw: bytes) -> str:
    """Store a message and return its SHA-256. A repeat stores nothing. Raises NoRoom."""
    digest = digest_of(raw)
    name = _name(digest)
    storage = _storage()
    if storage.exists(name):
        return digest
    try:
        stored = storage.save(name, ContentFile(gzip.compress(raw, mtime=0)))
    except OSError as error:
        if error.errno in NoRoom.CAUSES:
            raise NoRoom from error
        raise
    if stored != name:  # another process stored the same a moment ago
        storage.delete(stored)
    return digest


def digest_of(raw: bytes) -> str:
    """Return the name under which a message is stored: its SHA-256."""
    return sha256(raw).hexdigest()


def read(digest: str) -> bytes:
    """Return a message's original bytes. Raises FileNotFoundError if it was erased."""
    with _storage().open(_name(digest)) as file:
        return gzip.decompress(file.read())


def opened(digest: str) -> IO[bytes]:
    """Return a message as a file, to be closed by the caller. Raises FileNotFoundError."""
    return BytesIO(read(digest))


def is_there(digest: str) -> bool:
    """Return whether a message is stored. One request to the storage."""
    return _storage().exists(_name(digest))


def forget(digest: str) -> None:
    """Remove a message. A repeat does no harm."""
    _storage().delete(_name(digest))


def _name(digest: str) -> str:
    return f"mail/{digest[:2]}/{digest}.gz"


def _storage() -> Storage:
    return storages["attachments"]
