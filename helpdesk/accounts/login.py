"""Login with a password and, if the user has set it up, a code from a second device.

The user is logged in when both are right. Password attempts are limited in guessing.py; after wrong
codes django-otp makes the device wait.
"""

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts import events
from helpdesk.accounts.confirm import confirm_first
from helpdesk.accounts.guessing import remember_browser
from helpdesk.accounts.models import User

PENDING = "second_factor"
PATIENCE = 300
"""Seconds from the password to the code."""


class CodeForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Authentication code"), max_length=10)

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class DeskLogin(views.LoginView):
    """Log in with a password. Users with a second device are asked for a code next."""

    redirect_authenticated_user = True
    extra_context = {"debug_accounts": settings.DEBUG}

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


@sensitive_post_parameters("code")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Log in with a code from the second device, after the right password."""
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
        right, waits = _compared(device, form.cleaned_data["code"])
        if right:
            del request.session[PENDING]
            login(request, user, backend=pending["backend"])
            wanted = pending["next"]
            safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
            answer = redirect(wanted if wanted and safe else settings.LOGIN_REDIRECT_URL)
            remember_browser(request, answer, user.pk)
            return answer
        events.log_event("code_failed", account=user.pk, request=request)
        form.add_error("code", _refused(waits=waits))
    context = {"form": form}
    return render(request, "registration/code.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_first
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up or remove a second device. Both require a code from it."""
    user = request.user
    device = device_of(user)
    asked = (
        device
        or TOTPDevice.objects.get_or_create(
            user=user, confirmed=False, defaults={"name": "second factor"}
        )[0]
    )
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        right, waits = _compared(asked, form.cleaned_data["code"])
        if right:
            if device:
                device.delete()
                events.log_event("second_factor_removed", account=user.pk, request=request)
                messages.success(request, _("Two-factor authentication is off."))
            else:
                TOTPDevice.objects.filter(pk=asked.pk).update(confirmed=True)
                events.log_event("second_factor_added", account=user.pk, request=request)
                messages.success(request, _("Two-factor authentication is on."))
            return redirect("second_factor")
        events.log_event("code_failed", account=user.pk, request=request)
        form.add_error("code", _refused(waits=waits))
    context = {
        "form": form,
        "on": bool(device),
        "picture": "" if device else _picture(asked),
        "key": "" if device else _in_groups(asked.config_url),
        "view": "preferences",
    }
    return render(
        request, "accounts/second_factor.html", context, status=422 if form.errors else 200
    )


def device_of(user: Any) -> TOTPDevice | None:
    """Return the user's confirmed second device, or None. One SQL query."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return found


def _compared(device: TOTPDevice, code: str) -> tuple[bool, bool]:
    """Return whether the code is right, and whether earlier wrong codes make the device wait.

    Locks the device, so that codes sent at the same time are compared one after another.
    """
    with transaction.atomic():
        locked = TOTPDevice.objects.select_for_update().filter(pk=device.pk).first()
        if locked is None:  # removed a moment ago
            return False, False
        allowed, _why = locked.verify_is_allowed()
        return locked.verify_token(code), not allowed


def _refused(*, waits: bool) -> str:
    if waits:
        return _("Too many attempts. Wait a moment, then enter the next code.")
    return _("Invalid or already used code. Wait for the next code and try again.")


def _picture(device: TOTPDevice) -> str:
    return str(segno.make(device.config_url).svg_data_uri(scale=5, light="#fff"))


def _in_groups(address: str) -> str:
    secret = address.partition("secret=")[2].partition("&")[0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
