"""Decode bytes: with the declared character set, or a better one if that is plainly wrong.

U+FFFD only replaces bytes that are invalid in every likely character set. Unknown, wrong and
missing names are common; codecs that are no character sets, or slow ones, are never used.
"""

import codecs
import re
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import lru_cache
from typing import NamedTuple

from helpdesk.mail.reading.message import Problem

_NOT_TEXT = {
    *("base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec"),
    "zlib_codec",
}
_CODECS = frozenset(aliases.values()) - _NOT_TEXT | {
    *("cp720", "cp737", "cp856", "cp874", "cp1006", "koi8_t", "koi8_u", "utf_8_sig"),
}
# Names that mail programs write, and wider sets for those that are usually meant by a narrow one.
_ALSO = {
    **dict.fromkeys(("ascii", "latin_1", "iso_8859_1", "x_ansi", "iso8859_1"), "cp1252"),
    **dict.fromkeys(("ks_c_5601_1987", "euc_kr", "ksc5601", "x_windows_949"), "cp949"),
    **dict.fromkeys(("gb2312", "gbk", "x_gbk", "gb_2312_80", "x_euc_cn"), "gb18030"),
    **dict.fromkeys(("shift_jis", "x_sjis", "windows_31j", "sjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("big5", "x_big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso2022_jp", "x_iso2022_jp", "csiso2022jp"), "iso2022_jp_ext"),
    **dict.fromkeys(("iso8859_9",), "cp1254"),
    **dict.fromkeys(("tis_620", "windows_874", "iso8859_11"), "cp874"),
    **dict.fromkeys(("iso_8859_8_i", "iso_8859_8_e", "iso8859_8"), "cp1255"),
    **dict.fromkeys(("unicode_1_1_utf_7", "x_unicode_2_0_utf_7"), "utf_7"),
    **dict.fromkeys(("x_mac_roman", "macintosh", "x_macroman"), "mac_roman"),
    **dict.fromkeys(("x_euc_jp", "x_eucjp"), "euc_jp"),
    "utf8mb4": "utf_8",
}
_WIDE = ("utf_16", "utf_32", "utf_7", "iso2022", "hz")
_WESTERN = ("cp1252", "cp1254", "iso8859_15", "mac_roman")
_JAPANESE = ("iso2022_jp_ext", "euc_jp", "cp932")
_MANY_BYTES = ("gb18030", "cp949", "cp932", "big5", "euc_", "shift", "johab", "cp950")
_HALVES = re.compile("[\ud800-\udfff]")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


class Decoded(NamedTuple):
    text: str
    problems: frozenset[Problem]


def decode(data: bytes, charset: str = "") -> Decoded:
    """Return `data` as text. `charset` is the declared one; it may be wrong or empty."""
    problems: set[Problem] = set()
    text = _decode(data, codec_of(charset), problems)
    kept = text.replace("\0", "\u2400")  # databases do not take NUL: its picture
    if codec_of(charset) == "utf_7":
        kept = _HALVES.sub("\ufffd", kept)
    if kept != text:
        problems.add(Problem.CONTROL_CHARACTERS)
    return Decoded(kept, frozenset(problems))


def _decode(data: bytes, codec: str, problems: set[Problem]) -> str:
    if data.startswith(codecs.BOM_UTF8):
        data, codec = data[3:], "utf_8"
    elif not codec and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf_16"
    if codec.startswith(_WIDE):
        try:
            if not (codec.startswith(("utf_16", "utf_32")) and b"\0" not in data):
                return data.decode(codec)
        except UnicodeError:
            problems.add(Problem.CHARSET_GUESSED)
            if codec.startswith("iso2022"):
                return _replaced(data, codec, problems)
            codec = ""
    if data.isascii():
        return _from_escapes(data)
    if not codec or codec == "utf_8":
        return _utf_8(data, problems)
    sequences = len(_MULTIBYTE.findall(data[:100_000]))
    if sequences >= (1 if codec.startswith(_WESTERN) else 3):
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    if codec == "cp1252":
        return windows_1252(data)
    try:
        return data.decode(codec)
    except UnicodeError:
        if codec.startswith(_MANY_BYTES):
            return _replaced(data, codec, problems)
        problems.add(Problem.CHARSET_GUESSED)
        return _utf_8(data, problems)


def _from_escapes(data: bytes) -> str:
    """Return ASCII, including Japanese in escape sequences without a declared character set."""
    if b"\x1b$" in data:
        try:
            return data.decode("iso2022_jp_ext")
        except UnicodeError:
            pass
    return data.decode("ascii")


def _utf_8(data: bytes, problems: set[Problem]) -> str:
    """Return UTF-8; if nothing in it is valid, Windows-1252; U+FFFD for single invalid bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="replace")
    bad = text.count("\ufffd")
    good = sum(1 for _ in _MULTIBYTE.finditer(data))
    if good < bad:
        problems.add(Problem.CHARSET_GUESSED)
        return windows_1252(data)
    problems.add(Problem.UNDECODABLE)
    return text


def _replaced(data: bytes, codec: str, problems: set[Problem]) -> str:
    """Return text in another character set of the language; else with U+FFFD for invalid bytes."""
    others = _JAPANESE if codec in _JAPANESE else ()
    for other in ("utf_8", *others):
        try:
            text = data.decode(other)
        except UnicodeError:
            continue
        problems.add(Problem.CHARSET_GUESSED)
        return text
    problems.add(Problem.UNDECODABLE)
    return data.decode(codec, errors="replace")


def windows_1252(data: bytes) -> str:
    """Return Western text; each byte is a character, as in browsers."""
    return data.decode("cp1252", errors="helpdesk.mail.c1")


def _as_c1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("helpdesk.mail.c1", _as_c1)


@lru_cache(maxsize=512)
def codec_of(charset: str) -> str:
    """Return Python's name of a declared character set; "" if there is none."""
    name = charset.strip(" \t\"'").lower().partition("*")[0]
    name = normalize_encoding(name if name.isascii() else "")[:60]
    name = re.sub(r"^(?:charset_?|x_)?(?:cp_|cp)(?=\d)", "cp", name)
    codec = _ALSO.get(name) or aliases.get(name, name)
    codec = _ALSO.get(codec, codec)
    return codec if codec in _CODECS else ""
