"""Customers and vehicles as CSV, for supervisors."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.services import export
from helpdesk.accounts.actors import Actor, actor_of, require_supervision
from helpdesk.accounts.confirm import confirm_download
from helpdesk.csv_response import csv_download


@require_safe
def customers(request: HttpRequest) -> HttpResponseBase:
    require_supervision(actor_of(request.user))
    return _download(request, export.customer_rows, "customers.csv")


@require_safe
def vehicles(request: HttpRequest) -> HttpResponseBase:
    require_supervision(actor_of(request.user))
    return _download(request, export.vehicle_rows, "vehicles.csv")


@confirm_download
def _download(
    request: HttpRequest, rows: Callable[..., Iterator[export.Row]], name: str
) -> HttpResponseBase:
    by: Actor = actor_of(request.user)
    return csv_download(rows(by=by), name=name)
