"""A list of tickets as CSV or XLSX, for supervisors."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of, require_supervision
from helpdesk.accounts.confirm import confirm_download
from helpdesk.table_files import download, format_of
from tickets.services.lists import export
from tickets.web.lists import filters_of


@require_safe
def tickets(request: HttpRequest) -> HttpResponseBase:
    require_supervision(actor_of(request.user))
    return _download(request)


@confirm_download
def _download(request: HttpRequest) -> HttpResponseBase:
    by = actor_of(request.user)
    file_format = format_of(request)
    rows = export.rows(filters_of(request.GET, by=by), by=by)
    return download(rows, name="tickets", file_format=file_format)
