"""Retention in the admin: rules, and runs that count or apply them. For administrators."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.rights import AdministratorsOnly
from tickets.models import RetentionRule, RetentionRun
from tickets.services.maintenance import retention


@admin.register(RetentionRule)
class RetentionRuleAdmin(AdministratorsOnly):
    list_display = ("__str__", "action", "days", "category", "segment", "active")
    fieldsets = (
        (
            None,
            {
                "fields": ("action", "days", "category", "segment", "active"),
                "description": _(
                    "Applies to tickets that were closed so many days ago. A blank field matches "
                    "everything; of the rules that match, the one that goes furthest decides. "
                    "Erasing leaves the ticket without texts, files and emails. Deleting also "
                    "takes it away from its customer; only reports still count it. Neither can be "
                    "undone: count first, under Retention runs."
                ),
            },
        ),
    )


@admin.register(RetentionRun)
class RetentionRunAdmin(AdministratorsOnly):
    """Runs and how far they are. They are started by the two buttons above the list."""

    change_list_template = "admin/tickets/retention_runs.html"
    list_display = (
        *("asked_at", "asked_by", "is_trial", "place", "last", "archived", "erased", "deleted"),
        "finished_at",
    )
    list_select_related = ("asked_by",)
    fields = list_display

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "start/",
            self.admin_site.admin_view(self.start),
            name="tickets_retentionrun_start",
        )
        return [own, *super().get_urls()]

    def start(self, request: HttpRequest) -> HttpResponse:
        """Start a run; with `trial` one that only counts."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        retention.start(trial="trial" in request.POST, by=actor_of(request.user))
        self.message_user(request, _("The run was started. Reload the page to see its progress."))
        return redirect("admin:tickets_retentionrun_changelist")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
