"""URLs of pages. /healthz and /readyz are served by helpdesk/health.py."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from customers.api import router as customers
from helpdesk.accounts.api import router as people
from helpdesk.accounts.confirm import confirm, confirmed
from helpdesk.accounts.login import DeskLogin, DeskLogout, login_code
from helpdesk.accounts.passwords import (
    AskForReset,
    ChangePassword,
    ResetPassword,
    reset_done,
    reset_sent,
)
from helpdesk.accounts.preferences import preferences
from helpdesk.accounts.second_factor import recovery_codes, second_factor
from helpdesk.accounts.session_page import end_other_sessions, end_session, user_sessions
from helpdesk.accounts.sso.pages import sso_back_channel_logout, sso_callback, sso_start
from helpdesk.accounts.token_page import api_tokens, revoke_token
from helpdesk.api.problems import unknown_address
from helpdesk.api.site import api
from reporting.api import router as reports
from tickets.api.attention import router as attention
from tickets.api.customer_notes import router as customer_notes
from tickets.api.customer_tickets import router as tickets_about
from tickets.api.forwarding import router as forwarding
from tickets.api.mail import router as mail
from tickets.api.tickets import router as tickets

# The reports first: their addresses would be ticket numbers.
for router in (
    *(reports, mail, tickets, attention, forwarding),
    *(customers, tickets_about, customer_notes, people),
):
    api.add_router("", router)

urlpatterns = [
    path("", include("customers.web.urls")),
    path("", include("tickets.web.urls")),
    path("", include("reporting.web.urls")),
    path("accounts/login/", DeskLogin.as_view(), name="login"),
    path("accounts/login/code/", login_code, name="login_code"),
    path("accounts/sso/", sso_start, name="sso_start"),
    path("accounts/sso/callback/", sso_callback, name="sso_callback"),
    path("accounts/sso/logout/", sso_back_channel_logout, name="sso_back_channel_logout"),
    path("accounts/confirm/", confirm, name="confirm"),
    path("accounts/confirm/done/", confirmed, name="confirmed"),
    path("accounts/second-factor/", second_factor, name="second_factor"),
    path("accounts/recovery-codes/", recovery_codes, name="recovery_codes"),
    path("accounts/sessions/", user_sessions, name="user_sessions"),
    path("accounts/sessions/end-others/", end_other_sessions, name="end_other_sessions"),
    path("accounts/sessions/<int:session_id>/end/", end_session, name="end_session"),
    path("accounts/password/", ChangePassword.as_view(), name="password_change"),
    path("accounts/password/reset/", AskForReset.as_view(), name="password_reset"),
    path("accounts/password/reset/sent/", reset_sent, name="password_reset_done"),
    path("accounts/password/reset/done/", reset_done, name="password_reset_complete"),
    path(
        "accounts/password/reset/<uidb64>/<token>/",
        ResetPassword.as_view(),
        name="password_reset_confirm",
    ),
    path("accounts/preferences/", preferences, name="preferences"),
    path("accounts/tokens/", api_tokens, name="api_tokens"),
    path("accounts/tokens/<int:token_id>/revoke/", revoke_token, name="token_revoke"),
    path("accounts/logout/", DeskLogout.as_view(), name="logout"),
    path(
        "admin/tickets/replan/<path:rest>",  # the address of earlier releases
        RedirectView.as_view(url="/admin/tickets/recalculation/%(rest)s", permanent=True),
        name="admin_replan",
    ),
    path("admin/", admin.site.urls),
    re_path("^api/?$", unknown_address, name="api_unknown"),
    path("api/", api.urls),
    re_path("^api(?:/|$)", unknown_address, name="api_unknown"),
]

handler500 = "helpdesk.database_away.failed"
