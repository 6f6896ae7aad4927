"""The page on which users create and revoke their own API tokens. A new token is shown once."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.confirm import FIELD, question
from helpdesk.accounts.models import User
from helpdesk.accounts.tokens import PERSONAL, make_token, revoke, tokens_of
from helpdesk.errors import Invalid

LIVES = (30, 90)
"""Days that are offered, beside the longest that is allowed."""


@never_cache
@sensitive_variables("text")
@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 (strangers are asked to sign in)
    errors: dict[str, str] = {}
    made, text = None, ""
    if request.method == "POST":
        if asked := question(request):
            return asked
        days = request.POST.get("days", "")
        try:
            made, text = make_token(
                request.user,
                name=request.POST.get("name", ""),
                scope=request.POST.get("scope", ""),
                days=int(days) if days.isascii() and days.isdecimal() else 0,
            )
        except Invalid as refused:
            errors = refused.errors
    context = {
        "tokens": tokens_of(request.user),
        "made": made,
        "text": text,
        "errors": errors,
        "typed": request.POST if errors else {},
        "scopes": [(one.value, one.label) for one in PERSONAL],
        "lives": [
            *(days for days in LIVES if days < settings.API_TOKEN_DAYS),
            settings.API_TOKEN_DAYS,
        ],
        "view": "preferences",
    }
    return render(request, "accounts/tokens.html", context, status=422 if errors else 200)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    revoke(token_id, by=actor_of(request.user))
    return redirect("api_tokens")
