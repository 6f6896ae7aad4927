"""Tables of reports as files."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.audit.record import record
from helpdesk.clock import this_second
from helpdesk.table_files import download, format_of
from reporting.domain import days
from reporting.services import sheets
from reporting.web import query_form


@require_safe
@query_form.redirects_to
def table(request: HttpRequest) -> HttpResponseBase:
    """Download a table of a report, which `table` names, as CSV or XLSX. It is recorded."""
    by, now = actor_of(request.user), this_second()
    asked = query_form.query_of(request, by, query_form.today_of(request))
    word, file_format = request.GET.get("table", "day"), format_of(request)
    rows = sheets.sheet(asked, word, now=now)
    record("report", "exported", f"report:{word}")
    name = f"report-{word}-{asked.range.start}-{asked.range.end - days.DAY}"
    return download(rows, name=name, file_format=file_format)
