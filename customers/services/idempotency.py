"""Requests about customers and vehicles that may come twice; see helpdesk/idempotency.py.

All answers about a customer and their vehicles stand under the customer, who may be erased.
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
    """The item that the request with this token was answered with; None for a new request.

    Raises Invalid for a token that was used for something else; AnswerErased.
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
    """Let the transaction hold only while the token is new; nothing without one."""
    if token:
        about = customer_pk(item.customer_id)
        idempotency.remember(transaction, token, by=by, at=at, answer=item, about=about)


def remember_alone(token: Token | None, item: Customer | Vehicle, *, by: Actor) -> None:
    """Keep the token of a request that had nothing to write."""
    if token:
        try:
            with Transaction() as transaction:
                remember(transaction, token, item, by=by, at=this_second())
        except ConditionFailed:
            return  # the same request, at the same time: it found the same
