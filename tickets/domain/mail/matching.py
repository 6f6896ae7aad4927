"""Which ticket a message belongs to (EMAIL.md, "Which ticket")."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from tickets.domain.mail.outcome import Cause


class Authentication(Enum):
    """How far a message's sender is known."""

    PASSED = auto()
    FAILED = auto()  # a host that the mailbox trusts says that it is somebody else's
    UNKNOWN = auto()  # the mailbox has trusted hosts, and they say nothing of it
    NOT_CONFIGURED = auto()


class Trust(Enum):
    """How far the reference is trusted by which a message names a ticket."""

    SIGNED = auto()  # made by the desk for this very sender
    SIGNED_FOR_ANOTHER = auto()  # signed by the desk, for another recipient
    FORGED = auto()  # looks like the desk's, and is not
    KNOWN = auto()  # a foreign Message-ID that belongs to the ticket
    NUMBER = auto()  # [#42] in the subject


@dataclass(frozen=True, slots=True)
class Reference:
    """A ticket that a message names, how it does, and whether its sender takes part in
    that ticket."""

    ticket_id: str
    trust: Trust
    takes_part: bool
    side_thread: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The destination of a message: a ticket, a person who decides (`cause`), or a new ticket.

    `refused` is the ticket that a message for a new one named without permission.
    """

    ticket_id: str = ""
    cause: Cause | None = None
    side_thread: str = ""
    refused: str = ""


def match(references: Sequence[Reference], authentication: Authentication) -> Match:
    """Return where a message goes; `references` are in order of precedence.

    Nothing that a stranger can guess, quote or forge leads into a ticket.
    """
    refused = ""
    for one in references:
        if _leads(one, authentication):
            return Match(one.ticket_id, side_thread=one.side_thread)
        if cause := _doubt(one, authentication):
            return Match(one.ticket_id, cause=cause)
        refused = refused or one.ticket_id
    return Match(refused=refused)


def _leads(reference: Reference, authentication: Authentication) -> bool:
    authentic = authentication is Authentication.PASSED
    configured = authentication is not Authentication.NOT_CONFIGURED
    match reference.trust:
        case Trust.SIGNED:
            # A former participant has old mails. A person to whom one was forwarded can name its
            # ids and forge its recipient: what a check speaks against does not lead there.
            invited = reference.takes_part or bool(reference.side_thread)
            return invited and authentication is not Authentication.FAILED
        case Trust.SIGNED_FOR_ANOTHER | Trust.KNOWN:
            return reference.takes_part and (authentic or not configured)
        case Trust.NUMBER | Trust.FORGED:
            return reference.takes_part and authentic


def _doubt(reference: Reference, authentication: Authentication) -> Cause | None:
    """Return why a person has to decide on a message; None if it may become a new ticket."""
    match reference.trust:
        case Trust.SIGNED if authentication is Authentication.FAILED:
            return Cause.NOT_AUTHENTICATED
        case Trust.SIGNED | Trust.SIGNED_FOR_ANOTHER if not reference.takes_part:
            return Cause.NOT_ITS_RECIPIENT
        case Trust.FORGED:
            return Cause.NOT_ITS_RECIPIENT
        case Trust.NUMBER if authentication is Authentication.NOT_CONFIGURED:
            return None
        case _ if reference.takes_part and authentication is not Authentication.PASSED:
            return Cause.NOT_AUTHENTICATED
        case _:
            return None
