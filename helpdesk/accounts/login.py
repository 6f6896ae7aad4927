"""Login with a password and, if the user has set it up, a code from a second device.

The user is signed in when both are right. Password attempts are limited in guessing.py; after wrong
codes django-otp makes the device wait.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from helpdesk.accounts import events, sessions
from helpdesk.accounts.guessing import remember_browser
from helpdesk.accounts.models import User
from helpdesk.accounts.second_factor import CodeForm, compared, device_of, refused
from helpdesk.accounts.session_models import UserSession
from helpdesk.accounts.sso import provider
from helpdesk.accounts.sso.pages import began_at_provider

PENDING = "second_factor"
PATIENCE = 300
"""Seconds from the password to the code."""


WHY_SIGNED_OUT = {
    "idle": gettext_lazy("You were signed out because you were not active for a while."),
    "limit": gettext_lazy("Your session has expired. Sign in again."),
    "role": gettext_lazy("Your role has changed. Sign in again."),
    "elsewhere": gettext_lazy("You were signed out."),
    "provider": gettext_lazy("Your organization ended your session. Sign in again."),
}


class DeskLogin(views.LoginView):
    """Sign in with a password. Users with a second device enter a code next."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ended = WHY_SIGNED_OUT.get(
            self.request.GET.get("ended") or self.request.COOKIES.get(sessions.WHY_COOKIE, ""), ""
        )
        next_page = self.get_redirect_url()
        return super().get_context_data(
            debug_accounts=settings.DEBUG,
            ended=ended,
            sso=f"{reverse('sso_start')}?{urlencode({'next': next_page}, safe='/')}"
            if provider.is_on()
            else "",
            provider=settings.OIDC_NAME,
            password=settings.PASSWORD_LOGIN
            or "password" in self.request.GET
            or self.request.method == "POST",
            reset=settings.PASSWORD_LOGIN,
            **kwargs,
        )

    def form_valid(self, form: Any) -> Any:
        user = form.get_user()
        if device_of(user) is None:
            answer = super().form_valid(form)
            remember_browser(self.request, answer, user.pk)
            return answer
        self.request.session[PENDING] = {
            "user": user.pk,
            "backend": user.backend,
            "hash": user.get_session_auth_hash(),
            "at": timezone.now().timestamp(),
            "next": self.get_redirect_url(),
        }
        return redirect("login_code")


class DeskLogout(views.LogoutView):
    """Sign out here, and then at the identity provider if the session began there."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        on = ""
        if provider.is_on() and began_at_provider(request):
            held = UserSession.objects.get(pk=request.session[sessions.KEY])
            with suppress(provider.Away, provider.Refused):
                on = provider.way_out(request, held.id_token)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        if not on:
            return answer
        # A page leads on: after a form the browser follows no redirect to another site.
        return render(request, "registration/signing_out.html", {"on": on})


@sensitive_post_parameters("code")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Sign in with a code from the second device, after the right password."""
    pending = request.session.get(PENDING) or {}
    fresh = timezone.now().timestamp() - pending.get("at", 0) < PATIENCE
    user = User.objects.filter(pk=pending["user"], is_active=True).first() if fresh else None
    if user and user.get_session_auth_hash() != pending.get("hash"):
        user = None  # the password is another one since
    device = device_of(user) if user else None
    if user is None or device is None:
        request.session.pop(PENDING, None)
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        right, waits = compared(device, form.cleaned_data["code"])
        if right:
            del request.session[PENDING]
            login(request, user, backend=pending["backend"])
            UserSession.objects.filter(pk=request.session[sessions.KEY]).update(
                has_second_factor=True
            )
            wanted = pending["next"]
            safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
            answer = redirect(wanted if wanted and safe else settings.LOGIN_REDIRECT_URL)
            remember_browser(request, answer, user.pk)
            return answer
        events.log_event("code_failed", account=user.pk, request=request)
        form.add_error("code", refused(waits=waits))
    context = {"form": form}
    return render(request, "registration/code.html", context, status=422 if form.errors else 200)
