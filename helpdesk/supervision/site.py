"""The Django admin under Helpdesk's name."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from helpdesk.supervision.menu import grouped


class DeskAdminSite(AdminSite):
    site_title = _("Helpdesk")
    site_header = _("Helpdesk · Admin")
    index_title = _("Admin")
    site_url = "/"

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to Helpdesk's login, with its locks and two-factor authentication."""
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return redirect_to_login(wanted)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Redirect to Helpdesk's password page, with its limits."""
        return redirect("password_change")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the menu; for the page of one app its models, as Django does."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else grouped(apps)

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Show what needs attention, the system's health, and recent changes of configuration."""
        page = import_string(settings.ADMIN_DASHBOARD)  # knows models, which are not there at start
        return super().index(request, {**(extra_context or {}), **page(request)})
