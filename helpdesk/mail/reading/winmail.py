"""winmail.dat: Outlook's own format for a text with its files, which no other program opens."""

from dataclasses import dataclass, field

from tnefparse import TNEF

from helpdesk.mail.reading.charsets import decode

MOST_FILES = 200
_MOST_ATTRIBUTES = 2_000


@dataclass(slots=True)
class Unpacked:
    text: str = ""
    html: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)


def unpack(data: bytes) -> Unpacked | None:
    """Return the contents of a winmail.dat, or None if it cannot be read."""
    if _attributes(data) > _MOST_ATTRIBUTES:
        return None
    try:
        read = TNEF(data, do_checksum=False)
        if len(read.attachments) > MOST_FILES:
            return None
        files = [(_text(each.long_filename()), bytes(each.data)) for each in read.attachments]
        return Unpacked(_text(read.body), _text(read.htmlbody), files)
    except Exception:  # noqa: BLE001 (on broken data tnefparse raises whatever happens to it)
        return None


def _attributes(data: bytes) -> int:
    """Return the number of attributes; tnefparse copies the rest of the file for each."""
    count = 0
    position = 6
    while position + 12 < len(data) and count <= _MOST_ATTRIBUTES:
        position += int.from_bytes(data[position + 5 : position + 9], "little") + 11
        count += 1
    return count


def _text(value: object) -> str:
    """Return the text that tnefparse found, decoded if it was not."""
    if isinstance(value, list):
        return "".join(map(_text, value))
    text = decode(value).text if isinstance(value, bytes) else str(value or "")
    return text.replace("\r\n", "\n").replace("\u2400", "").replace("\0", "").strip("\n")
