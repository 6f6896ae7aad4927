"""Addresses of pages. /healthz and /readyz are answered in helpdesk/health.py."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from helpdesk.accounts.preferences import preferences
from helpdesk.api import api
from reporting.api import router as reports

api.add_router("", reports)

urlpatterns = [
    path("", include("customers.web.urls")),
    path("", include("tickets.web.urls")),
    path("", include("reporting.web.urls")),
    path(
        "accounts/login/",
        auth.LoginView.as_view(
            redirect_authenticated_user=True, extra_context={"debug_accounts": settings.DEBUG}
        ),
        name="login",
    ),
    path("accounts/preferences/", preferences, name="preferences"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
]
