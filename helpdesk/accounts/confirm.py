"""Ask for the password again before a change that protects an account.

Whoever signed in at the identity provider signs in there again instead.

A password counts for 15 minutes, and so does a login. A page that only shows something redirects to
the password form and back. A posted form is kept while the password is asked for, and is then
processed. An HTMX fragment sends the whole page to the password form and back.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts import events
from helpdesk.accounts.sso.pages import CONFIRM, CONFIRMED, began_at_provider, to_provider

GOOD_FOR = 15 * 60
"""Seconds."""

FIELD = "confirm_password"

View = Callable[..., HttpResponseBase]


def confirm_first(view: View) -> View:
    """Require that the user has entered their password within the last 15 minutes."""
    return _guarded(view, download=False)


def confirm_download(view: View) -> View:
    """As `confirm_first`, for a view that is downloaded: the page that links to it stays open."""
    return _guarded(view, download=True)


def question(request: HttpRequest, *, download: bool = False) -> HttpResponse | None:
    """Return the page that asks for the password, or None if it was entered now or recently.

    Raises TooManyTries. Cost: nothing, or that of a login.
    """
    if _is_fresh(request):
        return None
    if request.headers.get("HX-Request"):
        here = _own(request, request.headers.get("HX-Current-URL", ""))
        return HttpResponse(status=204, headers={"HX-Redirect": _address(here)})
    if request.method != "POST":
        back = _own(request, request.headers.get("Referer", "")) if download else ""
        return redirect(_address(request.get_full_path(), back))
    if FIELD in request.POST and not began_at_provider(request) and _is_right(request):
        return None
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in (FIELD, "csrfmiddlewaretoken")
        for value in values
    ]
    return _page(request, typed=typed, first=403)


@sensitive_post_parameters(FIELD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the password, then redirect to `next`."""
    wanted = _own(request, request.GET.get("next", ""))
    back = _own(request, request.GET["back"]) if request.GET.get("back") else ""
    if not _is_fresh(request) and began_at_provider(request):
        # Back to this address, where the answer is fresh by then.
        return to_provider(request, purpose=CONFIRM, wanted=request.get_full_path())
    if not _is_fresh(request) and not (request.method == "POST" and _is_right(request)):
        return _page(request, typed=[], first=200)
    if back:
        context = {"wanted": wanted, "back": back, "view": "preferences"}
        return render(request, "accounts/download.html", context)
    return redirect(wanted)


@never_cache
@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    """Tell who confirmed in a tab of its own to go on in the other one."""
    return render(request, "accounts/confirmed.html", {"view": "preferences"})


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, **_more: Any) -> None:
    request.session[CONFIRMED] = time.time()


def _guarded(view: View, *, download: bool) -> View:
    @sensitive_post_parameters(FIELD)
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return question(request, download=download) or view(request, *args, **kwargs)

    return guarded


def _is_fresh(request: HttpRequest) -> bool:
    return bool(0 <= time.time() - request.session.get(CONFIRMED, 0) < GOOD_FOR)


def _is_right(request: HttpRequest) -> bool:
    name = request.user.get_username()
    if authenticate(request, username=name, password=request.POST.get(FIELD, "")) != request.user:
        return False
    request.session[CONFIRMED] = time.time()
    events.log_event("confirmed", account=request.user.pk, request=request)
    return True


def _page(request: HttpRequest, *, typed: list[tuple[str, str]], first: int) -> HttpResponse:
    wrong = FIELD in request.POST
    context = {
        "typed": typed,
        "wrong": wrong,
        "field": FIELD,
        "at_provider": began_at_provider(request),
        "provider": settings.OIDC_NAME,
        "confirm": _address(reverse("confirmed")),
        "view": "preferences",
    }
    answer = render(request, "accounts/confirm.html", context, status=422 if wrong else first)
    answer["Cache-Control"] = "no-store"
    return answer


def _address(wanted: str, back: str = "") -> str:
    asked = {"next": wanted} | ({"back": back} if back else {})
    return f"{reverse('confirm')}?{urlencode(asked, safe='/', quote_via=quote)}"


def _own(request: HttpRequest, address: str) -> str:
    """Return path and query of a Helpdesk page, or of the start page for any other address."""
    if not address or not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return str(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
