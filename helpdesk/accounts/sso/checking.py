"""Whether a session that began at the identity provider may go on.

Each session asks the provider every four minutes, so that whoever is deactivated there is out here
within five. A "no" ends the session at once. While the provider is away sessions go on for
OIDC_AWAY_MINUTES, and then end.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from helpdesk.accounts.session_models import UserSession
from helpdesk.accounts.sso import people, provider

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=4)
LEASE = timedelta(seconds=30)
"""How long one request has for its question: others of the session go on meanwhile."""

PAUSE = 30
"""Seconds in which a process does not ask a provider that was away: a question takes a while."""

_away_until: dict[str, float] = {}


def may_go_on(session: UserSession, *, now: datetime) -> bool:
    """Return whether the session is still good, asking the provider if it is time.

    No query and no request in between. A refresh token can often be used once only, so one request
    of a session asks at a time, and writes the new token down. `session.checked_at` is `now` after
    a confirmation.
    """
    if session.identity_id is None:
        return True
    if not provider.is_on() or session.checked_at is None:
        return False
    if now - session.checked_at < EVERY:
        return True
    longest = EVERY + timedelta(minutes=settings.OIDC_AWAY_MINUTES)
    in_time = now - session.checked_at < longest
    if _away_until.get(settings.OIDC_ISSUER, 0) > time.monotonic():
        return in_time
    row = UserSession.objects.filter(pk=session.pk, ended_at=None)
    free = row.filter(Q(check_from=None) | Q(check_from__lte=now))
    if not free.update(check_from=now + LEASE):
        return in_time
    current = row.select_related("identity__user").first()
    if current is None or current.identity is None or current.checked_at is None:
        return False
    if now - current.checked_at < EVERY:
        return True
    try:
        answer = provider.confirmation(
            subject=current.identity.subject,
            access_token=current.access_token,
            refresh_token=current.refresh_token,
        )
    except provider.Refused as refused:
        log.info("provider_refused", account=str(session.user_id), why=str(refused))
        # An access token that is too old says nothing of the account.
        if isinstance(refused, provider.AccountRefused) and current.refresh_token:
            people.refused(current.identity, now=now)
        return False
    except provider.Away as away:
        log.warning("provider_away", why=str(away))
        _away_until[settings.OIDC_ISSUER] = time.monotonic() + PAUSE
        return in_time
    row.update(
        checked_at=now,
        check_from=now,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        id_token=answer.id_token or current.id_token,
    )
    people.confirmed(current.identity, now=now)
    people.follow(current.identity.user, answer.claims)
    session.checked_at = now
    return True
