"""The text of a message, and its files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from helpdesk.mail.reading import transfer, winmail
from helpdesk.mail.reading.charsets import decode
from helpdesk.mail.reading.headers import one_line, split
from helpdesk.mail.reading.html import MOST_SHOWN, from_text
from helpdesk.mail.reading.html_text import text_of
from helpdesk.mail.reading.message import File, Problem
from helpdesk.mail.reading.mime import Part

MOST_TEXT = 1_000_000
"""Characters of text that are shown; the whole is a file then. For HTML: `html.MOST_SHOWN`."""

_SHOWN = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/x-markdown")
_OTHER_FORMS = ("text/x-amp-html", "text/watch-html")
_META = re.compile(rb"<meta[^>]{1,200}?charset=[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_WRITTEN_IN = re.compile(
    r"""(\bsrc\s*+=\s*+["'])data:(image/(?:png|jpe?g|gif|webp|bmp));base64,([A-Za-z0-9+/=\s%]++)""",
    re.IGNORECASE,
)
MOST_PICTURES = 100
"""Pictures written into HTML that are taken as files."""
_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----\s*$", re.MULTILINE)
_SIGNED_ONLY = ("signed-data", "certs-only", "compressed-data")
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f"<>|*?:\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
_ENDINGS = {
    "application/ms-tnef": ".dat",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/delivery-status": ".txt",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
}
_LONGEST_NAME = 150


@dataclass(slots=True)
class Slot:
    """A piece of the shown text in one or two forms."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)
    encrypted: bool = False


def body_of(message: Part, problems: set[Problem]) -> Body:
    """Return the text of a message, and its files."""
    found = Body()
    only = next(iter(leaves)) if len(leaves := list(message.leaves())) == 1 else None
    slots = _slots(message, found, problems, only)
    found.text = "\n".join(text for text in map(_text, slots) if text)
    if any(slot.html is not None for slot in slots):
        found.html = "<br>\n".join(
            slot.html if slot.html is not None else from_text(slot.plain or "") for slot in slots
        )
    if len(found.text) > MOST_TEXT:
        problems.add(Problem.TEXT_CUT)
        content = found.text.encode()
        found.files.append(File("message.txt", "text/plain", content, "", False))
        found.text = found.text[:MOST_TEXT]
    found.html = _cut_html(found.html, found, problems)
    if not found.text and any(_is_opaque(part) for part in message.walk()):
        problems.add(Problem.SIGNED_ENVELOPE)
    found.files = [_shown_in(file, found.html) for file in found.files]
    encrypted = any(_is_encrypted(part) for part in message.walk())
    found.encrypted = encrypted or bool(_PGP.search(found.text))
    return found


def _slots(part: Part, found: Body, problems: set[Problem], only: Part | None = None) -> list[Slot]:
    """Return the pieces of text in a part; everything else becomes a file."""
    if part.content_type == "multipart/alternative" and part.children:
        return _alternative(part, found, problems)
    if part.children:
        return [slot for child in part.children for slot in _slots(child, found, problems, only)]
    if _is_text(part, only):
        text = _decoded(part, problems)
        if part.content_type == "text/html":
            text = _cut_html(_pictures_taken_out(text, found), found, problems)
            return [Slot(html=text)] if text.strip() else []
        if part.content_type in ("text/enriched", "text/richtext"):
            text = text_of(text.replace("<<", "&lt;"))
        return [Slot(plain=text)] if text.strip() else []
    return _file(part, found, problems)


def _is_text(part: Part, only: Part | None) -> bool:
    if part.content_type not in _SHOWN or part.disposition == "attachment":
        return False
    return part is only or not part.name


def _alternative(part: Part, found: Body, problems: set[Problem]) -> list[Slot]:
    """Return one text in several forms: the first plain one and the last in HTML."""
    plain: list[Slot] = []
    rich: list[Slot] = []
    for child in part.children:
        if child.content_type in _OTHER_FORMS:
            continue
        slots = _slots(child, found, problems)
        if any(slot.html is not None for slot in slots):
            if not plain and any(slot.plain is not None for slot in slots):
                plain = [Slot(plain=_text(slot)) for slot in slots]
            rich = slots
        elif not plain:
            plain = slots
        else:
            rich = rich or []
    if not rich:
        return plain
    html = "<br>\n".join(
        slot.html if slot.html is not None else from_text(slot.plain or "") for slot in rich
    )
    texts = [slot.plain for slot in plain if slot.plain is not None]
    return [Slot(plain="\n".join(texts) if texts else None, html=html)]


def _text(slot: Slot) -> str:
    """Return the text of a slot, without empty lines around it."""
    text = slot.plain if slot.plain is not None and slot.plain.strip() else None
    text = text if text is not None else text_of(slot.html or "")
    return text.strip("\n")


def _decoded(part: Part, problems: set[Problem]) -> str:
    content = part.content(problems)
    charset = part.parameters.get("charset", "")
    if part.content_type == "text/html" and not charset:
        meta = _META.search(content[:4_000])
        charset = meta[1].decode() if meta else ""
    text, found = decode(content, charset)
    problems |= found
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _file(part: Part, found: Body, problems: set[Problem]) -> list[Slot]:
    """Add a part as a file; for a winmail.dat add its contents, and its text if it has one."""
    content = part.content(problems)
    if part.content_type == "application/ms-tnef" or part.name.lower() == "winmail.dat":
        unpacked = winmail.unpack(content)
        if unpacked is None:
            problems.add(Problem.UNREADABLE_ATTACHMENT)
        elif unpacked.files or unpacked.text or unpacked.html:
            for name, data in unpacked.files:
                kind = "application/octet-stream"
                found.files.append(File(clean_name(name, kind), kind, data, "", False))
            if unpacked.html:
                return [Slot(plain=unpacked.text or None, html=unpacked.html)]
            return [Slot(plain=unpacked.text)] if unpacked.text.strip() else []
    if not content and not part.name and part.disposition != "attachment":
        return []
    name = part.name
    if not name and part.content_type == "message/rfc822":
        name = split(content, whole=True).headers.text("subject")[:100].replace("/", "-")
        name = f"{name or 'message'}.eml"
    inline = part.disposition == "inline" and part.content_type.startswith("image/")
    found.files.append(
        File(
            clean_name(name, part.content_type),
            part.content_type,
            content,
            part.content_id,
            inline,
        )
    )
    return []


def clean_name(name: str, content_type: str) -> str:
    """Return a file name without folders and misleading characters; never an empty one."""
    cleaned = _UNSAFE.sub("", one_line(_FOLDERS.sub("", name))).strip(". ")
    if not cleaned:
        return "attachment" + _ending(content_type)
    if len(cleaned) > _LONGEST_NAME:
        stem, dot, ending = cleaned.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        cleaned = cleaned[: _LONGEST_NAME - len(ending)] + ending
    return cleaned


def _ending(content_type: str) -> str:
    main, _slash, kind = content_type.partition("/")
    known = _ENDINGS.get(content_type)
    if known or main not in ("image", "audio", "video") or not kind.isalnum():
        return known or ".bin"
    return f".{kind}"


def _shown_in(file: File, html: str) -> File:
    """Return the file, inline if the HTML shows it."""
    forms = (f"cid:{file.content_id}", f"cid:{quote(file.content_id)}")
    if file.inline or not file.content_id or not any(form in html for form in forms):
        return file
    return File(file.name, file.content_type, file.content, file.content_id, True)


def _pictures_taken_out(html: str, found: Body) -> str:
    """Return HTML whose data: pictures are replaced by inline files."""

    def take(picture: re.Match[str]) -> str:
        content, _damaged = transfer.from_base64(picture[3].encode())
        number = sum(file.content_id.endswith("@in-html") for file in found.files) + 1
        if number > MOST_PICTURES or not content:
            return picture[0]
        name = f"picture-{number}{_ending(picture[2].lower())}"
        content_id = f"{number}@in-html"
        found.files.append(File(name, picture[2].lower(), content, content_id, True))
        return f"{picture[1]}cid:{content_id}"

    return _WRITTEN_IN.sub(take, html) if "data:" in html else html


def _cut_html(html: str, found: Body, problems: set[Problem]) -> str:
    """Return HTML cut to the length that can be shown; the whole becomes a file."""
    if len(html) <= MOST_SHOWN:
        return html
    problems.add(Problem.HTML_CUT)
    found.files.append(File("message.html", "text/html", html.encode(), "", False))
    return html[:MOST_SHOWN]


def _is_encrypted(part: Part) -> bool:
    if part.content_type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return part.parameters.get("smime-type", "").lower() not in _SIGNED_ONLY
    return part.content_type in ("multipart/encrypted", "application/pgp-encrypted")


def _is_opaque(part: Part) -> bool:
    """Return whether a part is wholly encoded by its signature, so that nothing of it
    can be read."""
    kind = part.parameters.get("smime-type", "").lower()
    return part.content_type.endswith("pkcs7-mime") and kind == "signed-data"


def texts(parts: Iterable[Part], most: int, problems: set[Problem]) -> str:
    """Return the text of the first `most` characters of each part that has one."""
    found = []
    for part in parts:
        if part.content_type == "text/html":
            found.append(text_of(_decoded(part, problems)[:most]))
        elif part.content_type.startswith("text/"):
            found.append(_decoded(part, problems)[:most])
    return "\n".join(found)
