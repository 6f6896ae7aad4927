"""Whether a file is what its name says, by its first bytes.

A name with a harmless ending must not bring a program or a page along. Of a text it can only be
said that it is no binary file; it is given out as plain text. A table of our own: puremagic 1.30
knows no .ods, nor HEIC as phones write it, and takes a video for a .webp.
"""

LOOKED_AT = 1024
"""Bytes of a file's beginning. A PDF may begin a little later than its file."""

_BEGINNINGS = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    **dict.fromkeys(("jpg", "jpeg"), (b"\xff\xd8\xff",)),
    # The last of these two is an empty archive.
    **dict.fromkeys(("zip", "docx", "xlsx", "odt", "ods"), (b"PK\x03\x04", b"PK\x05\x06")),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    # Word writes rich text under this name, too.
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"),
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def fits(extension: str, head: bytes) -> bool:
    """Return whether a file with these first LOOKED_AT bytes can be what its extension says."""
    match extension:
        case "pdf":
            return b"%PDF" in head
        case "webp":
            return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
        case "heic":
            return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS
        case "txt" | "csv" | "eml":
            return b"\0" not in head or head.startswith(_UTF_16)
    return head.startswith(_BEGINNINGS[extension])
