"""Transfer encodings (base64, quoted-printable, uuencode), also damaged ones.

Text that does not belong to the encoding, such as a list's footer, is kept as it is.
"""

import binascii
import re

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\s]")
_OURS = bytes(sign for sign in range(256) if not _FOREIGN.match(bytes([sign])))
_MOST_PIECES = 100_000
_PADDED = re.compile(rb"([A-Za-z0-9+/]++)=*+|=++")
_NAME = re.compile(r"[a-z0-9-]+")
_UU = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*+[\r\n]++", re.MULTILINE)


def name_of(header: str) -> str:
    """Return the encoding in a header: `base64`, `quoted-printable`, `uuencode` or ""."""
    found = _NAME.search(header.lower())
    name = found[0] if found else ""
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return "uuencode"
    return name if name in ("base64", "quoted-printable") else ""


def decoded(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """Return `data` without its transfer encoding, and whether that was damaged."""
    if encoding == "base64":
        return from_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data), False
    if encoding == "uuencode":
        return _from_uu(data)
    return data, False


def from_base64(data: bytes) -> tuple[bytes, bool]:
    """Return decoded base64, and whether it was damaged. Text that is no base64 is kept."""
    compact = data.translate(None, b" \t\r\n")
    try:
        return binascii.a2b_base64(compact, strict_mode=True), False
    except binascii.Error:
        pass
    foreign = _foreign(data)
    if foreign * 20 > len(data):
        return data, True
    if foreign:
        content, rest = _until_foreign(data)
        return content + rest, True
    content, whole = _in_pieces(compact)
    return content, not whole


def _until_foreign(data: bytes) -> tuple[bytes, bytes]:
    """Return the base64 up to the line where something else begins, and the rest as it is."""
    foreign = next((found.start() for found in _FOREIGN.finditer(data)), len(data))
    line = max(data.rfind(b"\n", 0, foreign), data.rfind(b"\r", 0, foreign)) + 1
    head = data[:line].translate(None, b" \t\r\n")
    rest = data[line:]
    if _foreign(rest) * 50 < len(rest):  # dirt in base64, no other text
        return _in_pieces(_FOREIGN.sub(b"", data).translate(None, b" \t\r\n"))[0], b""
    return _in_pieces(head)[0], rest


def _foreign(data: bytes) -> int:
    """Return how many bytes do not belong to base64."""
    return len(data.translate(None, _OURS))


def _in_pieces(compact: bytes) -> tuple[bytes, bool]:
    """Return decoded base64 with padding in its middle, or none; and whether all could
    be decoded."""
    found = []
    whole = True
    if compact.count(b"=") > _MOST_PIECES:
        compact = compact.replace(b"=", b"")
    for piece in _PADDED.finditer(compact):
        letters = piece[1] or b""
        if len(letters) % 4 == 1:
            letters = letters[:-1]
            whole = False
        found.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(found), whole


def _from_uu(data: bytes) -> tuple[bytes, bool]:
    begin = _UU.search(data)
    if not begin:
        return data, True
    found = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            continue
        try:
            found.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                found.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return data, True
    return b"".join(found), False
