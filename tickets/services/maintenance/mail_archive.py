"""The messages in archives of a mailbox: mbox files, maildirs, folders of .eml files."""

import mailbox as formats
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

LONGEST_HEADERS = 256 * 1024
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""An older date is wrong."""
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The location of a message, and when it reached its mailbox."""

    at: datetime
    source: int
    key: str

    def __str__(self) -> str:
        return f"{self.source + 1}:{self.key}"


class Archive:
    """Files with messages.

    Memory grows with their number (about 300 bytes each), not with their size; one message at a
    time is read.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._sources = [_opened(path) for path in paths]

    def __len__(self) -> int:
        """Return how many messages there are. An mbox is read for it."""
        return sum(len(source) for source in self._sources)

    def places(self, *, now: datetime) -> Iterator[Place]:
        """Yield each message's location with its time: its topmost Received, else its Date, else
        its file's.

        None is later than `now`.
        """
        for number, source in enumerate(self._sources):
            for key in source:
                at = received_at(source[key]) or source.fallback(key) or now
                yield Place(min(at, now), number, key)

    def read(self, place: Place) -> bytes:
        return self._sources[place.source][place.key]


class _Files:
    """Messages in one file each."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = [str(file) for file in files]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, key: str) -> bytes:
        return Path(key).read_bytes()

    def fallback(self, key: str) -> datetime | None:
        return datetime.fromtimestamp(int(Path(key).stat().st_mtime), UTC)


class _Mbox:
    """Messages in one mbox file, each after a line that begins with "From "."""

    def __init__(self, path: Path) -> None:
        self._box: Any = formats.mbox(path, create=False)  # its stubs know no numbers

    def __iter__(self) -> Iterator[str]:
        return (str(key) for key in self._box.iterkeys())

    def __len__(self) -> int:
        return len(self._box)

    def __getitem__(self, key: str) -> bytes:
        return _ESCAPED.sub(rb"\1", self._box.get_bytes(int(key)))

    def fallback(self, key: str) -> datetime | None:
        first = self._box.get_bytes(int(key), from_=True).partition(b"\n")[0].decode("latin-1")
        return _time(first.partition(" ")[2].partition(" ")[2])


def received_at(raw: bytes) -> datetime | None:
    """Return when a message was received by its own account: its topmost Received, else
    its Date."""
    head = raw[:LONGEST_HEADERS]
    with suppress(ValueError, LookupError, TypeError):
        headers = BytesHeaderParser().parsebytes(re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0])
        received = str(headers.get("Received", "")).rpartition(";")[2]
        return _time(received) or _time(str(headers.get("Date", "")))
    return None


def _time(written: str) -> datetime | None:
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        found = parsedate_to_datetime(written.strip())
        at = found.replace(tzinfo=found.tzinfo or UTC, microsecond=0).astimezone(UTC)
        return at if at >= EARLIEST else None
    return None


def _opened(path: Path) -> _Files | _Mbox:
    if not path.is_dir():
        return _Mbox(path)
    if (path / "cur").is_dir():
        folders = [path / "cur", path / "new"]
        return _Files(sorted(f for one in folders if one.is_dir() for f in one.iterdir()))
    return _Files(sorted(path.rglob("*.eml")))
