"""Tables as downloads: the one place that writes them, for whichever page they come from."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.http import StreamingHttpResponse

from helpdesk import csv_files


def csv_download(rows: Iterable[Sequence[object]], *, name: str) -> StreamingHttpResponse:
    """Return rows as a file that is written while it is sent; times are in UTC."""
    lines = csv_files.lines([_plain(cell) for cell in row] for row in rows)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _plain(cell: object) -> object:
    if not isinstance(cell, datetime):
        return cell
    return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
