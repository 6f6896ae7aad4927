"""The preferences that users set for themselves."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.guessing import may_use_password
from helpdesk.accounts.models import User
from helpdesk.clock import this_second


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("language", "time_zone", "twelve_hours", "weekly_report")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PreferencesForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        with translation.override(user.language or get_language_from_request(request)):
            messages.success(request, _("Preferences saved."))
        return redirect("preferences")
    context = {
        "form": form,
        "languages": settings.LANGUAGES,
        "desk_zone": settings.TIME_ZONE,
        "zones": sorted(zoneinfo.available_timezones()),
        "now": this_second(),
        "view": "preferences",
        "supervises": actor_of(request.user).supervises,
        "has_password": user.has_usable_password() and may_use_password(user),
    }
    return render(request, "accounts/preferences.html", context, status=422 if form.errors else 200)
