"""Files are given out as downloads; pictures that a page may show, as themselves."""

from typing import IO, Any
from urllib.parse import quote

from django.http import FileResponse

from tickets.services.conversation import attachments
from tickets.store.items import Attachment


def download(found: Attachment) -> FileResponse:
    """Return a file as a download. It may be anything, so it is never shown inline. Raises
    NotFound."""
    return _given_out(found, attachments.opened(found), "attachment")


def shown(found: Attachment, picture: IO[Any]) -> FileResponse:
    """Return a picture, opened, as something that a page may show."""
    return _given_out(found, picture, "inline")


def _given_out(found: Attachment, content: IO[Any], how: str) -> FileResponse:
    answer = FileResponse(content, content_type=attachments.content_type(found))
    answer["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(found.name, safe='')}"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
