"""The security log: one line for each login, failed login and change of an account's protection.

A line names accounts by id and has the client's address. It never holds a name that was typed, an
email address, or any other text that a person wrote.
"""

from typing import Any, Literal

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from helpdesk.accounts.addresses import client_address

log = structlog.get_logger(__name__)

Event = Literal[
    "login",
    "login_failed",
    "logout",
    "locked",
    "code_failed",
    "confirmed",
    "account_deactivated",
    "password_changed",
    "password_reset_asked",
    "password_reset_done",
    "second_factor_added",
    "second_factor_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "session_ended",
    "account_linked",
    "roles_changed",
    "token_made",
    "token_revoked",
    "token_first_used",
    "customer_exported",
    "customer_erased",
]


def log_event(
    event: Event, *, account: int | str | None, request: HttpRequest | None = None, **ids: Any
) -> None:
    """Write a line to the security log.

    `account` is the account concerned, None if no account has the name that was typed. `ids` are
    further ids and fixed words, never text that somebody typed.
    """
    if request is not None:
        ids["address"] = client_address(request)
    log.info(event, account=None if account is None else str(account), **ids)


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: Any, **_more: Any) -> None:
    log_event("login", account=user.pk, request=request)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        log_event("logout", account=user.pk, request=request)
