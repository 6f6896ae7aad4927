"""What an earlier request about a ticket wrote; see helpdesk/idempotency.py."""

from datetime import datetime

from helpdesk import idempotency
from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Transaction
from helpdesk.idempotency import Request, Token
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket


def ticket_before(token: Token | None, *, by: Actor) -> Ticket | None:
    """Return the ticket in the response to an earlier request with this token; None for a new
    request.

    If that response is not stored, the ticket is as it is now. Raises Invalid, AnswerErased.
    """
    written = idempotency.written_before(token, by=by) if token else None
    return ticket_of(written) if written else None


def ticket_of(written: Request) -> Ticket | None:
    """Return the ticket as in the first response, or as it is now if that was not stored."""
    if written.communication_id is None and (told := idempotency.answer_of(written, Ticket)):
        return told
    return queries.ticket(str(written.ticket_id))


def line_of(written: Request) -> Communication | None:
    """Return the log entry that the request wrote. Raises AnswerErased."""
    if told := idempotency.answer_of(written, Communication):
        return told
    return queries.communication(str(written.ticket_id), str(written.communication_id))


def remember(
    transaction: Transaction,
    token: Token,
    *,
    by: Actor,
    at: datetime,
    ticket: Ticket,
    line: Communication | None = None,
) -> None:
    """Commit the transaction only if the token is new, and store what it writes."""
    idempotency.remember(
        transaction,
        token,
        by=by,
        at=at,
        answer=line or ticket,
        about=ticket.pk,
        ticket_id=ticket.ticket_id,
        communication_id=line.communication_id if line else None,
    )
