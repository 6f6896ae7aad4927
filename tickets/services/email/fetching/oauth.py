"""OAuth access tokens for mailboxes of Google and Microsoft, which accept no passwords any more."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from helpdesk.mail.problems import ProblemCode
from helpdesk.mail.smtp import ServerAway
from helpdesk.safe_http import AddressRefused, Reply, Unreachable, post
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox

LONGEST_ANSWER = 64 * 1024
SPARE = 120
"""Seconds before its end in which an access token is not used any more."""
SERVER_ERROR, TOO_MANY = 500, 429

_tokens: dict[tuple[int, str], tuple[str, float]] = {}
"""In the process's memory only: access tokens are never stored."""


class NoAccess(Exception):
    """The provider gives no access token; `detail` is what it said, if anything."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail


def access_token(mailbox: Mailbox) -> str:
    """Return a valid access token; a refresh token that is replaced is stored.

    One request to the provider when the previous one has expired. Raises NoAccess.
    """
    known = _tokens.get((mailbox.pk, mailbox.imap_secret))
    if known and known[1] > time.monotonic():
        return known[0]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": mailbox.imap_secret,
        "client_id": mailbox.oauth_client_id,
        "client_secret": mailbox.oauth_client_secret,
    }
    try:
        reply = post(
            mailbox.oauth_token_url,
            urlencode({name: value for name, value in form.items() if value}),
            {"Content-Type": "application/x-www-form-urlencoded"},
            private=settings.WEBHOOKS_TO_PRIVATE_ADDRESSES,
            most=LONGEST_ANSWER,
        )
    except (AddressRefused, Unreachable) as error:
        raise NoAccess(Problem.PROVIDER_UNAVAILABLE, str(error)) from error
    answer = _answer(reply)
    try:
        token, seconds = str(answer["access_token"]), int(answer.get("expires_in") or 3_600)
    except (KeyError, TypeError, ValueError) as error:
        raise NoAccess(Problem.REFRESH_TOKEN, str(answer.get("error") or reply.status)) from error
    forget(mailbox)
    _keep_renewed(mailbox, answer.get("refresh_token"))
    _tokens[mailbox.pk, mailbox.imap_secret] = token, time.monotonic() + seconds - SPARE
    return token


def smtp_login(*, renewed: bool = False) -> tuple[str, str]:
    """Return the username and an access token for the server that sends mail: those of the mailbox
    in EMAIL_OAUTH2_MAILBOX. `renewed` asks the provider for a new token.

    Raises ServerAway with the reason.
    """
    name = settings.EMAIL_OAUTH2_MAILBOX
    mailbox = Mailbox.objects.filter(name=name, login=Mailbox.Login.OAUTH2).first()
    if mailbox is None:
        raise ServerAway(ProblemCode.NO_OAUTH2_MAILBOX, name[:40])
    if renewed:
        forget(mailbox)
    try:
        return mailbox.imap_user, access_token(mailbox)
    except NoAccess as refused:
        why = f"{name}: {refused.detail or refused}"
        raise ServerAway(ProblemCode.NO_ACCESS_TOKEN, why) from refused


def forget(mailbox: Mailbox) -> None:
    """Forget the access token of a mailbox, because its server refused it, or there is
    a newer one."""
    _tokens.pop((mailbox.pk, mailbox.imap_secret), None)


def _answer(reply: Reply) -> dict[str, Any]:
    """Return the provider's response. Raises NoAccess if it has no token."""
    try:
        answer = json.loads(reply.text)
    except ValueError:
        answer = None
    if reply.status >= SERVER_ERROR or reply.status == TOO_MANY or not isinstance(answer, dict):
        raise NoAccess(Problem.PROVIDER_UNAVAILABLE, f"HTTP {reply.status}")
    return answer


def _keep_renewed(mailbox: Mailbox, renewed: object) -> None:
    """Store a refresh token that replaces the current one, unless a person entered another
    meanwhile."""
    if not renewed or renewed == mailbox.imap_secret:
        return
    with transaction.atomic():
        row = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
        if row.imap_secret == mailbox.imap_secret:
            row.imap_secret = str(renewed)
            row.save(update_fields=["imap_secret"])
    mailbox.imap_secret = row.imap_secret
