"""The second factor of an account: an authenticator app, and recovery codes for when it is lost."""

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts import events, recovery, sessions
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.confirm import confirm_first
from helpdesk.accounts.session_models import RecoveryCode, UserSession


class CodeForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Authentication code"), max_length=30)

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


@sensitive_post_parameters("code")
@sensitive_variables("codes")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_first
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up or remove a second device. Both require a code from it."""
    user: Any = request.user
    device = device_of(user)
    required = is_required(user)
    expected = (
        device
        or TOTPDevice.objects.get_or_create(
            user=user, confirmed=False, defaults={"name": "second factor"}
        )[0]
    )
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if device and required:
            form.add_error("code", _("Your role requires two-factor authentication."))
        else:
            right, waits = compared(expected, form.cleaned_data["code"])
            if right:
                return _turned_off(request, device) if device else _turned_on(request, expected)
            events.log_event("code_failed", account=user.pk, request=request)
            form.add_error("code", refused(waits=waits))
    context = {
        "form": form,
        "on": bool(device),
        "required": required,
        "left": recovery.codes_left(user) if device else 0,
        "picture": "" if device else _picture(expected),
        "key": "" if device else _in_groups(expected.config_url),
        "view": "preferences",
    }
    return render(
        request, "accounts/second_factor.html", context, status=422 if form.errors else 200
    )


@sensitive_variables("codes")
@never_cache
@require_POST
@confirm_first
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them once; the old ones end."""
    if device_of(request.user) is None:
        return redirect("second_factor")
    user: Any = request.user
    return _codes_page(request, recovery.make_codes(user, request))


def device_of(user: Any) -> TOTPDevice | None:
    """Return the user's confirmed second device, or None. One SQL query."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return found


def remove_second_factor(users: Any) -> None:
    """Remove devices and recovery codes of these users."""
    TOTPDevice.objects.filter(user__in=users).delete()
    RecoveryCode.objects.filter(user__in=users).delete()
    UserSession.objects.filter(user__in=users).update(has_second_factor=False)


def is_required(user: Any) -> bool:
    """Whether SECOND_FACTOR_FOR asks for a second factor of somebody with this user's role."""
    if settings.SECOND_FACTOR_FOR == "nobody":
        return False
    return settings.SECOND_FACTOR_FOR == "everybody" or actor_of(user).supervises


def must_enrol(request: HttpRequest) -> bool:
    """Whether the user has to set up a second factor before anything else.

    The identity provider asks for its own, so a session that began there needs none here. One SQL
    query until the session is known to have a second factor, and none where none is required.
    """
    session: UserSession | None = getattr(request, "user_session", None)
    if session is None or session.has_second_factor or session.identity_id is not None:
        return False
    if not is_required(request.user):
        return False
    if device_of(request.user) is None:
        return True
    UserSession.objects.filter(pk=session.pk).update(has_second_factor=True)
    return False


def compared(device: TOTPDevice, code: str) -> tuple[bool, bool]:
    """Return whether the code is right, and whether earlier wrong codes make the device wait.

    Locks the device, so that codes sent at the same time are compared one after another. A recovery
    code of the device's user is as good as a code from it, once.
    """
    with transaction.atomic():
        locked = TOTPDevice.objects.select_for_update().filter(pk=device.pk).first()
        if locked is None:  # removed a moment ago
            return False, False
        allowed, _why = locked.verify_is_allowed()
        if not (locked.confirmed and recovery.is_recovery_code(code)):
            return locked.verify_token(code), not allowed
        if not allowed:
            return False, True
        if recovery.use_code(locked.user, code):
            events.log_event("recovery_code_used", account=locked.user_id)
            locked.throttle_reset()
            return True, False
        locked.throttle_increment()
        return False, False


def refused(*, waits: bool) -> str:
    if waits:
        return _("Too many attempts. Wait a moment, then enter the next code.")
    return _("Invalid or already used code. Wait for the next code and try again.")


def _turned_on(request: HttpRequest, device: TOTPDevice) -> HttpResponse:
    """Confirm the device, sign out sessions that began without it, and show recovery codes."""
    user: Any = request.user
    with transaction.atomic():
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        sessions.end_others(request)
        codes = recovery.make_codes(user, request)
        events.log_event("second_factor_added", account=user.pk, request=request)
    messages.success(request, _("Two-factor authentication is on."))
    return _codes_page(request, codes)


def _turned_off(request: HttpRequest, device: TOTPDevice) -> HttpResponse:
    with transaction.atomic():
        remove_second_factor([request.user])
        events.log_event("second_factor_removed", account=request.user.pk, request=request)
    messages.success(request, _("Two-factor authentication is off."))
    return redirect("second_factor")


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {"codes": codes, "view": "preferences"}
    return render(request, "accounts/recovery_codes.html", context)


def _picture(device: TOTPDevice) -> str:
    return str(segno.make(device.config_url).svg_data_uri(scale=5, light="#fff"))


def _in_groups(address: str) -> str:
    secret = address.partition("secret=")[2].partition("&")[0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
