"""Requests that may come twice: a form that was sent again, a program that heard no answer.

A request has a token of its sender's choice. What it writes and the token are written in one
transaction, so a repeat finds the token and writes nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Transaction
from helpdesk.errors import Invalid
from tickets.store import access
from tickets.store.log import Communication, Request, request_pk
from tickets.store.ticket import Ticket

LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A request's own token. With a `digest` of what is asked, one that is used for something else
    is refused, and the repeat is answered as the first was. It is its actor's, but where it has an
    `owner`: then whoever comes second finds what the first has written."""

    text: str
    digest: str | None = None
    owner: str | None = None

    def key(self, by: Actor) -> tuple[str, str]:
        return self.owner or by.user_id, self.text[:LONGEST_TOKEN]


def written_before(token: Token, *, by: Actor) -> Request | None:
    """What the request wrote when it came first. One read. Raises Invalid when it was another."""
    found = access.request(*token.key(by))
    if found and token.digest and found.digest not in (None, token.digest):
        raise Invalid(
            {"Idempotency-Key": _("This key was used before, for something else. Choose another.")}
        )
    return found


def all_written_before(tokens: Iterable[Token], *, by: Actor) -> set[str]:
    """The texts of those tokens whose requests have come before. One read for each hundred."""
    return access.requests(by.user_id, [token.text for token in tokens])


def ticket_of(written: Request) -> Ticket | None:
    """The ticket as the first answer told of it, where that was kept, else as it is now."""
    if written.answer:
        return Ticket.from_raw_data(json.loads(written.answer))
    return access.ticket(written.ticket_id)


def remember(
    transaction: Transaction,
    token: Token,
    *,
    by: Actor,
    at: datetime,
    ticket: Ticket,
    line: Communication | None = None,
) -> None:
    """Let the transaction hold only while the token is new, and keep what it writes.

    The whole ticket is kept only where it is the answer.
    """
    kept = token.digest and line is None
    written = Request(
        request_pk(*token.key(by)),
        ticket_id=ticket.ticket_id,
        communication_id=line.communication_id if line else None,
        created_at=at,
        digest=token.digest,
        answer=json.dumps(ticket.serialize()) if kept else None,
    )
    transaction.put(written, Request.pk.does_not_exist())
