"""Upload a file of customers or vehicles, preview its import, and run it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import CustomerFile
from customers.services import imports
from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.errors import Invalid
from helpdesk.htmx import wants_fragment
from helpdesk.messages import saved
from helpdesk.table_files import FileFormat, download

SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    context: dict[str, Any] = {
        "view": "customers",
        "kinds": CustomerFile.Kind.choices,
        "columns": {kind.value: list(imports.columns_of(kind)) for kind in CustomerFile.Kind},
        "kind": request.POST.get("kind", CustomerFile.Kind.CUSTOMERS),
    }
    if request.method != "POST":
        return render(request, "customers/upload.html", context)
    given = request.FILES.get("file")
    try:
        if given is None:
            raise Invalid({"file": _("Choose a file.")})
        content = given.read(imports.LARGEST + 1)
        uploaded = imports.upload(
            kind=request.POST.get("kind", ""), name=given.name or "", content=content, by=by
        )
    except Invalid as refused:
        context["errors"] = refused.errors
        return render(request, "customers/upload.html", context, status=422)
    saved(request, _("File checked."))
    return redirect("customer_file", uploaded.pk)


@require_safe
def page(request: HttpRequest, file_id: int) -> HttpResponse:
    return _shown(request, imports.file_of(file_id, by=actor_of(request.user)))


@require_POST
def step(request: HttpRequest, file_id: int) -> HttpResponse:
    """Confirm the import, or do its next step, and show the progress."""
    found = imports.confirm(file_id, by=actor_of(request.user))
    return _shown(request, found) if wants_fragment(request) else redirect("customer_file", file_id)


@require_safe
def report(request: HttpRequest, file_id: int) -> HttpResponseBase:
    found = imports.file_of(file_id, by=actor_of(request.user))
    rows = imports.report(found)
    return download(rows, name=f"refused-{found.pk}", file_format=FileFormat.CSV)


def _shown(request: HttpRequest, file: CustomerFile) -> HttpResponse:
    columns = imports.columns_of(CustomerFile.Kind(file.kind))
    used = {name for row in file.rows[:SHOWN] for name in row["fields"]}
    shown = {column: name for column, name in columns.items() if name in used}
    context = {
        "view": "customers",
        "file": file,
        "good": len(file.rows),
        "columns": list(shown),
        "rows": [
            (row["number"], [row["fields"].get(name, "") for name in shown.values()])
            for row in file.rows[:SHOWN]
        ],
        "more": max(len(file.rows) - SHOWN, 0),
        "refused": file.refused[:SHOWN],
        "more_refused": max(len(file.refused) - SHOWN, 0),
    }
    template = "customers/file.html#progress" if wants_fragment(request) else "customers/file.html"
    return render(request, template, context)
