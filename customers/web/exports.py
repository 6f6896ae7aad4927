"""Customers and vehicles as CSV or XLSX, for supervisors."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.services import export
from helpdesk.accounts.actors import Actor, actor_of, require_supervision
from helpdesk.accounts.confirm import confirm_download
from helpdesk.table_files import download, format_of


@require_safe
def customers(request: HttpRequest) -> HttpResponseBase:
    require_supervision(actor_of(request.user))
    return _download(request, export.customer_rows, "customers")


@require_safe
def vehicles(request: HttpRequest) -> HttpResponseBase:
    require_supervision(actor_of(request.user))
    return _download(request, export.vehicle_rows, "vehicles")


@confirm_download
def _download(
    request: HttpRequest, rows: Callable[..., Iterator[export.Row]], name: str
) -> HttpResponseBase:
    by: Actor = actor_of(request.user)
    file_format = format_of(request)
    return download(rows(by=by), name=name, file_format=file_format)
