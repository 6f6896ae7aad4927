"""Requests that may come twice: a form that was sent again, a program that got no response.

A request has a token of its sender's choice. The token is written in one transaction with
everything else, so a repeat finds the token and writes nothing. A program gets the first response
again. That response is an item of its own, under the key of what it is about, so that an erasure
finds it. The token and a keyed digest of the request stay; neither reveals anything.
"""

import json
from collections.abc import Iterable
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
from helpdesk.dynamo.transaction import Transaction
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

    With a `digest` of the request, a token that is used for a different request is refused, and a
    repeat gets the first response. With an `owner` a second actor finds what the first one wrote.
    """

    text: str
    digest: str | None = None
    owner: str | None = None

    def key(self, by: Actor) -> str:
        return f"{REQUEST}#{self.owner or by.user_id}#{self.text[:LONGEST_TOKEN]}"


def keyed_digest(said: bytes) -> str:
    """Return a digest of a request that reveals nothing without SECRET_KEY.

    It begins with a mark of the key, since digests under different keys cannot be compared.
    """
    mark = salted_hmac("idempotency mark", b"", algorithm="sha256").hexdigest()[:8]
    return f"{mark}:{salted_hmac('idempotency', said, algorithm='sha256').hexdigest()}"


def written_before(token: Token, *, by: Actor) -> Request | None:
    """Return what the request wrote the first time, or None. One read.

    Raises Invalid if the token was used for a different request.
    """
    try:
        found = Request.get(token.key(by), REQUEST, consistent_read=True)
    except DoesNotExist:
        return None
    if token.digest and found.digest and _other(found.digest, token.digest):
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


def forget_answers(about: str) -> None:
    """Delete the stored responses about an item. One Query, and a write for each 25."""
    delete_all(list(Answer.query(_answers(about), consistent_read=True)))


def _answers(about: str) -> str:
    return f"{ANSWERS}#{about}"


def _other(kept: str, asked: str) -> bool:
    mark = kept.partition(":")[0]
    return mark == asked.partition(":")[0] and kept != asked
