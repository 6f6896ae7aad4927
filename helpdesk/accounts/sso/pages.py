"""The pages of single sign-on: the way to the provider and back, and what the provider calls."""

import time
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts import events, sessions
from helpdesk.accounts.models import User
from helpdesk.accounts.session_models import UserSession
from helpdesk.accounts.sso import people, provider
from helpdesk.errors import NotAllowed

log = structlog.get_logger(__name__)

BACKEND = "helpdesk.accounts.guessing.ProviderBackend"
CONFIRMED = "confirmed_at"
SIGN_IN, CONFIRM = "sign in", "confirm"


@never_cache
@login_not_required
@require_safe
def sso_start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the identity provider to sign in."""
    _require_provider()
    wanted = _own(request, request.GET.get("next", ""))
    return to_provider(request, purpose=SIGN_IN, wanted=wanted)


@never_cache
@login_not_required
@require_safe
def sso_callback(request: HttpRequest) -> HttpResponse:
    """Sign in whom the provider sends back, or take their answer for a password."""
    _require_provider()
    try:
        answer = provider.arrival(request)
    except provider.Refused as refused:
        events.log_event("login_failed", account=None, request=request, why=str(refused))
        return _failed(request, _("You were not signed in. Try again."), status=403)
    except provider.Away as away:
        log.warning("provider_away", why=str(away))
        return _is_away(request)
    if answer.state_data.get("purpose") == CONFIRM:
        return _confirmed(request, answer)
    try:
        identity = people.identity_of(answer.claims)
    except NotAllowed as refused:
        events.log_event("login_failed", account=None, request=request, why="not allowed")
        return _failed(request, str(refused), status=403)
    people.confirmed(identity, now=timezone.now())
    # Roles may have changed: read the user again.
    login(request, User.objects.get(pk=identity.user_id), backend=BACKEND)
    UserSession.objects.filter(pk=request.session[sessions.KEY]).update(
        identity=identity,
        provider_session=str(answer.claims.get("sid") or "")[:255],
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        id_token=answer.id_token,
        checked_at=timezone.now(),
    )
    request.session[CONFIRMED] = _signed_in_at(answer)
    return redirect(answer.state_data.get("wanted") or settings.LOGIN_REDIRECT_URL)


@csrf_exempt
@never_cache
@login_not_required
@require_POST
def sso_back_channel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token of the provider names."""
    _require_provider()
    try:
        subject, session = provider.signed_out_there(request.POST.get("logout_token", ""))
    except provider.Refused:
        return HttpResponse(status=400)
    except provider.Away:
        return HttpResponse(status=503)
    found = UserSession.objects.filter(ended_at=None, identity__issuer=settings.OIDC_ISSUER)
    if subject:
        found = found.filter(identity__subject=subject)
    if session:
        found = found.filter(provider_session=session)
    sessions.end(found, reason="provider", now=timezone.now())
    return HttpResponse(status=200)


def to_provider(request: HttpRequest, *, purpose: str, wanted: str) -> HttpResponse:
    """Redirect to the provider, to come back to the callback and then to `wanted`."""
    again = purpose == CONFIRM
    try:
        address = provider.way_there(
            request, again=again, purpose=purpose, wanted=wanted, left_at=time.time()
        )
    except (provider.Away, provider.Refused) as error:
        log.warning("provider_away", why=str(error))
        return _is_away(request)
    return redirect(address)


def began_at_provider(request: HttpRequest) -> bool:
    """Whether this session began at the identity provider."""
    session: UserSession | None = getattr(request, "user_session", None)
    return session is not None and session.identity_id is not None


def _confirmed(request: HttpRequest, answer: provider.Answer) -> HttpResponse:
    """Take a fresh sign-in at the provider, of the same account, for a password."""
    session: UserSession | None = getattr(request, "user_session", None)
    same = (
        session is not None
        and session.identity is not None
        and session.identity.subject == answer.claims.get("sub")
    )
    fresh = _signed_in_at(answer) >= answer.state_data["left_at"] - provider.LEEWAY
    if not (same and fresh):
        return _failed(request, _("You were not signed in again with the same account."), 403)
    request.session[CONFIRMED] = time.time()
    events.log_event("confirmed", account=request.user.pk, request=request)
    return redirect(answer.state_data.get("wanted") or settings.LOGIN_REDIRECT_URL)


def _signed_in_at(answer: provider.Answer) -> float:
    """Return when the user signed in at the provider; 0 if it does not say."""
    signed_in_at = answer.claims.get("auth_time")
    return float(signed_in_at) if isinstance(signed_in_at, int | float) else 0.0


def _require_provider() -> None:
    if not provider.is_on():
        raise Http404


def _is_away(request: HttpRequest) -> HttpResponse:
    words = _("The sign-in service of your organization is unavailable. Try again in a moment.")
    return _failed(request, words, status=503)


def _failed(request: HttpRequest, words: str, status: int) -> HttpResponse:
    context: dict[str, Any] = {"words": words, "again": not request.user.is_authenticated}
    return render(request, "registration/sso_failed.html", context, status=status)


def _own(request: HttpRequest, wanted: str) -> str:
    safe = wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if safe else str(settings.LOGIN_REDIRECT_URL)
