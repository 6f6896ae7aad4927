"""Saved reports: saved from a report's page, and deleted."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.actors import actor_of
from helpdesk.messages import saved
from reporting.services import saved_reports
from reporting.web import query_form


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save the report that the URL says under a name."""
    by = actor_of(request.user)
    today = query_form.today_of(request)
    found = query_form.view_of(request, by, today, part=request.GET.get("part", ""))
    # Everybody who opens it sees what they may: a representative's own figures are no filter.
    query = found.query() if by.supervises else found.query(assignedTo="")
    report = saved_reports.save_report(
        name=request.POST.get("name", ""),
        query=query,
        share_with=request.POST.get("team", ""),
        by=by,
    )
    saved(request, _("Report saved."))
    return redirect(f"{reverse('reports')}?{report.query}")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, report_id: int) -> HttpResponse:
    """Ask, then delete a report."""
    by = actor_of(request.user)
    if request.method != "POST":
        found = saved_reports.report_to_delete(report_id, by=by)
        return render(request, "reporting/delete.html", {"view": "reports", "found": found})
    saved_reports.delete_report(report_id, by=by)
    saved(request, _("Report deleted."))
    return redirect("reports")
