"""Files are given out as downloads."""

from urllib.parse import quote

from django.http import FileResponse

from tickets.services.conversation import attachments
from tickets.store.items import Attachment


def download(found: Attachment) -> FileResponse:
    """Return a file as a download. It may be anything, so it is never shown inline. Raises
    NotFound."""
    answer = FileResponse(attachments.opened(found), content_type=attachments.content_type(found))
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
