"""Tables as files for spreadsheet programs: the one place that writes them."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from helpdesk import csv_files, xlsx_files
from helpdesk.errors import Invalid

Rows = Iterable[Sequence[object]]

PARAMETER = "format"
"""In URLs of downloads."""
_IN_MEMORY = 1_000_000
"""Bytes of a workbook; a larger one is a file until it is sent."""


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def format_of(request: HttpRequest) -> FileFormat:
    """Return the format that a download's URL names; CSV if it names none. Raises Invalid."""
    wanted = request.GET.get(PARAMETER) or FileFormat.CSV
    try:
        return FileFormat(wanted)
    except ValueError:
        text = _("Choose one of: %(words)s.") % {"words": ", ".join(FileFormat)}
        raise Invalid({PARAMETER: text}) from None


def download(rows: Rows, *, name: str, file_format: FileFormat) -> HttpResponseBase:
    """Return rows, a head first, as a file of that name; times are in UTC.

    CSV is sent while it is written. A workbook is sent when it is complete: 100,000 rows take some
    seconds longer. Raises Invalid if there are more rows than a workbook holds.
    """
    answer: FileResponse | StreamingHttpResponse
    if file_format is FileFormat.XLSX:
        answer = FileResponse(_workbook(rows))
    else:
        answer = StreamingHttpResponse(_csv(rows))
    answer["Content-Type"] = (
        f"{file_format.media_type}; charset=utf-8"
        if file_format is FileFormat.CSV
        else file_format.media_type
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def content(rows: Rows, file_format: FileFormat) -> bytes:
    """Return rows, a head first, as the content of a file, such as one that is mailed."""
    if file_format is FileFormat.XLSX:
        with _workbook(rows) as file:
            return file.read()
    return "".join(_csv(rows)).encode()


def _workbook(rows: Rows) -> IO[bytes]:
    file: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (who sends it closes it)
    try:
        xlsx_files.write(rows, file)
    except xlsx_files.TooManyRows:
        file.close()
        text = _("A workbook has at most %(most)s rows. Choose CSV.")
        most = number_format(xlsx_files.MOST_ROWS, force_grouping=True)
        raise Invalid({PARAMETER: text % {"most": most}}) from None
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _csv(rows: Rows) -> Iterable[str]:
    return csv_files.lines([_plain(cell) for cell in row] for row in rows)


def _plain(cell: object) -> object:
    if not isinstance(cell, datetime):
        return cell
    return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
