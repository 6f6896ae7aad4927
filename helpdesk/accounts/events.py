"""The security log: one line for each login, failed login and change of an account's protection.
Some of them are in the audit record, too.

A line names accounts by id and has the client's address. It never holds a name that was typed, an
email address, or any other text that a person wrote.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from helpdesk.accounts.addresses import client_address
from helpdesk.audit.record import Change, record

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


ON_RECORD: Mapping[Event, tuple[str, str]] = MappingProxyType(
    {
        "login": ("sign-in", "signed in"),
        "logout": ("sign-in", "signed out"),
        "password_changed": ("password", "changed"),
        "second_factor_added": ("second factor", "created"),
        "second_factor_removed": ("second factor", "deleted"),
        "recovery_codes_made": ("recovery codes", "created"),
        "recovery_code_used": ("recovery codes", "used"),
        "account_linked": ("identity", "created"),
        "token_made": ("token", "created"),
        "token_revoked": ("token", "revoked"),
        "customer_exported": ("customer", "exported"),
        "customer_erased": ("customer", "erased"),
    }
)
"""Events of the audit record, each with its kind and action there. What strangers can cause as
often as they like is not among them."""


def log_event(
    event: Event,
    *,
    account: int | str | None,
    request: HttpRequest | None = None,
    by: str | None = None,
    **ids: Any,
) -> None:
    """Write a line to the security log when the present SQL transaction is committed, and with it,
    if it is of ON_RECORD, an entry of the audit record.

    `account` is the account concerned, None if no account has the name that was typed. `ids` are
    further ids and fixed words, never text that somebody typed. `by` is who did it, where that is
    not the user of the request.
    """
    if event in ON_RECORD:
        kind, action = ON_RECORD[event]
        about = {name: str(ids[name]) for name in ("customer", "token") if name in ids}
        (name, object_id), *_none = about.items() or [("user", str(account))]
        of = [Change("user", (None, str(account)))] if name == "token" and account else []
        record(kind, action, f"{name}:{object_id}", by=by, changes=of)
    if request is not None:
        ids["address"] = client_address(request)
    whose = None if account is None else str(account)
    transaction.on_commit(lambda: log.info(event, account=whose, **ids))


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: Any, **_more: Any) -> None:
    log_event("login", account=user.pk, request=request)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        log_event("logout", account=user.pk, request=request)
