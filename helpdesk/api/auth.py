"""Authentication of API requests: by a program's token, or by a browser's session."""

from typing import Any

import structlog
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer, SessionAuth

from helpdesk.accounts.models import ApiToken
from helpdesk.accounts.tokens import token_of
from helpdesk.api import limits
from helpdesk.errors import NotAllowed

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class TokenAuth(HttpBearer):
    """Authenticates `Authorization: Bearer …`. An invalid token never falls back to the session."""

    def __call__(self, request: HttpRequest) -> Any:
        text = bearer_token(request)
        return None if text is None else self.authenticate(request, text)

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = token_of(token)
        if found is None:
            raise AuthenticationError
        if found.user is None:
            raise NotAllowed(_("This token can only hand in email."))
        request.user = found.user
        structlog.contextvars.bind_contextvars(user_id=found.user_id, token_id=found.pk)
        request.rate = limits.count(found.pk)  # type: ignore[attr-defined]
        if found.scope == ApiToken.Scope.READ and request.method not in READS:
            raise NotAllowed(_("This token has read-only access."))
        return found


class MailTokenAuth(HttpBearer):
    """Authenticates a mailbox's token, which can deliver mail and nothing else."""

    def __call__(self, request: HttpRequest) -> Any:
        text = bearer_token(request)
        return None if text is None else self.authenticate(request, text)

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = token_of(token)
        if found is None:
            raise AuthenticationError
        structlog.contextvars.bind_contextvars(token_id=found.pk)
        request.rate = limits.count(found.pk)  # type: ignore[attr-defined]
        if found.scope != ApiToken.Scope.MAIL:
            raise NotAllowed(_("Only the token of a mailbox can hand in email."))
        return found


session = SessionAuth(csrf=True)


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token of a request: empty for another scheme, None without the header."""
    if "Authorization" not in request.headers:
        return None
    kind, _space, text = request.headers["Authorization"].partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""
