"""Idempotency of requests about customers and vehicles; see helpdesk/idempotency.py.

Responses about a customer and their vehicles are stored under the customer, who may be erased.
"""

from datetime import datetime
from typing import TypeVar

from customers.store.items import Customer, Vehicle, customer_pk
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.idempotency import Token

Kind = TypeVar("Kind", Customer, Vehicle)


def before_with(token: Token | None, kind: type[Kind], *, by: Actor) -> Kind | None:
    """Return the item in the response to an earlier request with this token; None for a new
    request.

    Raises Invalid for a token that was used for a different request; AnswerErased.
    """
    written = idempotency.written_before(token, by=by) if token else None
    return idempotency.answer_of(written, kind) if written else None


def remember(
    transaction: Transaction,
    token: Token | None,
    item: Customer | Vehicle,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Commit the transaction only if the token is new; no effect without a token."""
    if token:
        about = customer_pk(item.customer_id)
        idempotency.remember(transaction, token, by=by, at=at, answer=item, about=about)


def remember_alone(token: Token | None, item: Customer | Vehicle, *, by: Actor) -> None:
    """Store the token of a request that had nothing else to write."""
    if token:
        try:
            with Transaction() as transaction:
                remember(transaction, token, item, by=by, at=this_second())
        except ConditionFailed:
            return  # the same request, at the same time: it found the same
