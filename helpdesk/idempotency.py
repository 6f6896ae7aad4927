"""Requests that may come twice: a form that was sent again, a program that got no response.

A request has a token of its sender's choice. The token is written in one transaction with
everything else, so a repeat finds the token and writes nothing. A program gets the first response
again. That response is an item of its own, under the key of what it is about, so that an erasure
finds it. The token and a keyed digest of the request stay; neither reveals anything.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.attributes import InstantAttribute
from helpdesk.dynamo.batches import delete_all, read_all
from helpdesk.dynamo.table import Item, TableMeta
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import AnswerErased, Invalid

REQUEST, ANSWERS = "REQUEST", "ANSWERS"
LONGEST_TOKEN = 250
KEY_FIELD = "Idempotency-Key"

Kind = TypeVar("Kind", bound=Item)


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}tickets"


class Request(Item):
    """A token that was used, and what its request wrote: a ticket, an entry of its log, or see
    `about`."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=REQUEST)
    ticket_id = UnicodeAttribute(attr_name="ticketId", null=True)
    communication_id = UnicodeAttribute(attr_name="communicationId", null=True)
    created_at = InstantAttribute(attr_name="createdAt")
    digest = UnicodeAttribute(null=True)
    about = UnicodeAttribute(null=True)
    """The key of the item in the response; absent if a repeat gets the item as it is now."""


class Answer(Item):
    """The response to a program: the item that its request wrote, as it was then."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    item = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class Token:
    """A request's own token, unique for its actor or, with an `owner`, for the owner.

    With `digests` of the request, a token that is used for a different request is refused, and a
    repeat gets the first response. With an `owner` a second actor finds what the first one wrote.
    """

    text: str
    digests: Sequence[str] = ()
    owner: str | None = None

    @property
    def digest(self) -> str | None:
        """The digest that is stored."""
        return self.digests[0] if self.digests else None

    def key(self, by: Actor) -> str:
        return f"{REQUEST}#{self.owner or by.user_id}#{self.text[:LONGEST_TOKEN]}"


def keyed_digests(said: bytes) -> tuple[str, ...]:
    """Return digests of a request that reveal nothing without their key: one under SECRET_KEY, then
    one under each of SECRET_KEY_FALLBACKS.

    Each begins with a mark of its key, since digests under different keys cannot be compared.
    """
    return tuple(
        f"{_keyed('idempotency mark', b'', key)[:8]}:{_keyed('idempotency', said, key)}"
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def _keyed(salt: str, said: bytes, key: str) -> str:
    return salted_hmac(salt, said, secret=key, algorithm="sha256").hexdigest()


def written_before(token: Token, *, by: Actor) -> Request | None:
    """Return what the request wrote the first time, or None. One read.

    Raises Invalid if the token was used for a different request.
    """
    try:
        found = Request.get(token.key(by), REQUEST, consistent_read=True)
    except DoesNotExist:
        return None
    if found.digest and _other(found.digest, token.digests):
        words = _("This Idempotency-Key was already used for a different request. Use another one.")
        raise Invalid({KEY_FIELD: words})
    return found


def all_written_before(tokens: Iterable[Token], *, by: Actor) -> set[str]:
    """Return the texts of those tokens that were used before. One read for each hundred."""
    keys = {token.key(by): token.text for token in tokens}
    return {keys[found.pk] for found in read_all(Request, ((pk, REQUEST) for pk in keys))}


def answer_of(written: Request, kind: type[Kind]) -> Kind | None:
    """Return the item of the first response, or None if it is not stored. One read.

    Raises AnswerErased.
    """
    if written.about is None:
        return None
    try:
        found = Answer.get(_answers(written.about), written.pk, consistent_read=True)
    except DoesNotExist as gone:
        words = _("This request was already completed. Its data has been erased since.")
        raise AnswerErased(words) from gone
    return kind.from_raw_data(json.loads(found.item))


def remember(
    transaction: Transaction,
    token: Token,
    *,
    by: Actor,
    at: datetime,
    answer: Item,
    about: str,
    ticket_id: str | None = None,
    communication_id: str | None = None,
) -> None:
    """Commit the transaction only if the token is new, and store what it writes.

    The `answer`, under the key that it is `about`, is stored only for tokens with a digest.
    """
    pk = token.key(by)
    written = Request(
        pk,
        ticket_id=ticket_id,
        communication_id=communication_id,
        created_at=at,
        digest=token.digest,
        about=about if token.digest else None,
    )
    transaction.put(written, Request.pk.does_not_exist())
    if token.digest:
        transaction.put(Answer(_answers(about), pk, item=json.dumps(answer.serialize())))


def claim(token: Token, *, by: Actor, at: datetime) -> bool:
    """Store a token before its request is carried out, and return whether it is new.

    For a request that is no single transaction, but does nothing the second time: a repeat only has
    to find what the first one left. Raises Invalid if the token was used for a different request.
    """
    try:
        with Transaction() as transaction:
            written = Request(token.key(by), created_at=at, digest=token.digest)
            transaction.put(written, Request.pk.does_not_exist())
    except ConditionFailed:
        written_before(token, by=by)
        return False
    return True


def release(token: Token, *, by: Actor) -> None:
    """Forget a claimed token, whose request was refused."""
    Request(token.key(by), REQUEST).delete()


def forget_answers(about: str) -> None:
    """Delete the stored responses about an item. One Query, and a write for each 25."""
    delete_all(list(Answer.query(_answers(about), consistent_read=True)))


def _answers(about: str) -> str:
    return f"{ANSWERS}#{about}"


def _other(kept: str, asked: Sequence[str]) -> bool:
    """Return whether a stored digest is of another request; False if nobody has its key anymore."""
    marks = {digest.partition(":")[0] for digest in asked}
    return kept.partition(":")[0] in marks and kept not in asked
