"""The kinds of mail: how each is composed, and how its result is recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail.address import AddressRefused, as_kept, mailable
from helpdesk.mail.problems import MailError, MailProblem, ProblemCode

Reference = Mapping[str, str]
"""Names what a mail is about: ids, never text, so that nothing stays here of what is erased."""


class Undeliverable(MailError):
    """The mail cannot be composed, now or later."""


class Result(StrEnum):
    """The result of an attempt to send a mail."""

    SENT = "sent"
    PARTLY = "partly"  # sent, but some of its recipients were refused
    POSTPONED = "postponed"  # it is tried again
    FAILED = "failed"
    UNKNOWN = "unknown"


def recipient(address: str) -> str:
    """Return the address in the form for mail servers. Raises Undeliverable if it is invalid."""
    try:
        return mailable(as_kept(address))
    except AddressRefused as refused:
        raise Undeliverable(ProblemCode.INVALID_ADDRESS) from refused


def no_record(
    transaction: Transaction,
    reference: Reference,
    result: Result,
    problem: MailProblem | None,
    now: datetime,
) -> None:
    """Record nothing."""


@dataclass(frozen=True)
class MailKind:
    """One kind of mail."""

    compose: Callable[[Sequence[Reference]], EmailMessage | None]
    """Returns one message about all of the references, or None where there is nothing to say any
    more. Raises Undeliverable."""

    record: Callable[[Transaction, Reference, Result, MailProblem | None, datetime], None] = (
        no_record
    )
    """Adds to the transaction that ends or postpones a mail what is to be kept of it elsewhere."""

    automatic: bool = True
    """Whether no person wrote it. Its header says so, so that other machines do not answer it."""

    person_decides: bool = False
    """Whether a person decides on a mail that may have been sent. Otherwise it counts as sent: the
    desk shows the same information."""


@cache
def kind(name: str) -> MailKind:
    """Return the kind of this name in settings.EMAIL_KINDS, or of this earlier name. Raises
    KeyError."""
    present = settings.EARLIER_EMAIL_KINDS.get(name, name)
    found: MailKind = import_string(settings.EMAIL_KINDS[present])
    return found
