"""Requests that may come twice: a form that was sent again, a program that heard no answer.

A request has a token of its sender's choice. What it writes and the token are written in one
transaction, so a repeat finds the token and writes nothing. A program is answered as the first
time: that answer stands by itself, under what it is about, so that whoever erases a person finds
it. The token and a keyed digest of what was asked stay; neither tells anything of anybody.
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
    """A token that was used. What it wrote: a ticket, or a line of one; else see `about`."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=REQUEST)
    ticket_id = UnicodeAttribute(attr_name="ticketId", null=True)
    communication_id = UnicodeAttribute(attr_name="communicationId", null=True)
    created_at = InstantAttribute(attr_name="createdAt")
    digest = UnicodeAttribute(null=True)
    about = UnicodeAttribute(null=True)
    """The key of what the answer is about; absent where a repeat is told of things as they are."""


class Answer(Item):
    """What a program was answered: the item that its request wrote, as it was then."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    item = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class Token:
    """A request's own token. With a `digest` of what is asked, one that is used for something else
    is refused, and the repeat is answered as the first was. It is its actor's, but where it has an
    `owner`: then whoever comes second finds what the first has written."""

    text: str
    digest: str | None = None
    owner: str | None = None

    def key(self, by: Actor) -> str:
        return f"{REQUEST}#{self.owner or by.user_id}#{self.text[:LONGEST_TOKEN]}"


def keyed_digest(said: bytes) -> str:
    """A digest of what is asked that tells nothing to whoever does not have SECRET_KEY.

    It begins with a mark of the key: one that was made under another key is compared with none.
    """
    mark = salted_hmac("idempotency mark", b"", algorithm="sha256").hexdigest()[:8]
    return f"{mark}:{salted_hmac('idempotency', said, algorithm='sha256').hexdigest()}"


def written_before(token: Token, *, by: Actor) -> Request | None:
    """What the request wrote when it came first. One read. Raises Invalid when it was another."""
    try:
        found = Request.get(token.key(by), REQUEST, consistent_read=True)
    except DoesNotExist:
        return None
    if token.digest and found.digest and _other(found.digest, token.digest):
        words = _("This Idempotency-Key was already used for a different request. Use another one.")
        raise Invalid({KEY_FIELD: words})
    return found


def all_written_before(tokens: Iterable[Token], *, by: Actor) -> set[str]:
    """The texts of those tokens whose requests have come before. One read for each hundred."""
    keys = {token.key(by): token.text for token in tokens}
    return {keys[found.pk] for found in read_all(Request, ((pk, REQUEST) for pk in keys))}


def answer_of(written: Request, kind: type[Kind]) -> Kind | None:
    """The item that the first request was answered with; None where it is not kept. One read.

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
    """Let the transaction hold only while the token is new, and keep what it writes.

    The `answer`, under the key that it is `about`, is kept only for whoever sent a digest.
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
    """Delete what was answered about an item. One Query, a write for each 25."""
    delete_all(list(Answer.query(_answers(about), consistent_read=True)))


def _answers(about: str) -> str:
    return f"{ANSWERS}#{about}"


def _other(kept: str, asked: str) -> bool:
    mark = kept.partition(":")[0]
    return mark == asked.partition(":")[0] and kept != asked
