"""Every query of the index of custom values of customers and vehicles. Everything here is SQL.

It may be late: the records that it names are read from DynamoDB and checked again.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count, Q

from customers.domain.folding import words_to_find
from customers.models import CustomValue
from customers.store.custom_values import LONGEST, asked, indexed, rank_of, texts_of
from customers.store.items import Customer, Vehicle
from helpdesk.custom_fields.definition import RecordKind

Found = list[tuple[str, str]]
"""Ids of records, each with its owner's: of a customer twice the same."""

MOST_WORDS = 200
"""Words of one record, the first ones."""


def write(record: Customer | Vehicle) -> None:
    """Write the values of a record in place of those that are there. Two or three statements."""
    kind, record_id = key_of(record)
    values = record.custom_fields or {}
    words = dict.fromkeys(words_to_find(" ".join(texts_of(values))))
    rows = [(key, indexed(value), rank_of(value)) for key, value in values.items()]
    rows += [("", word[:LONGEST], None) for word in list(words)[:MOST_WORDS]]
    with transaction.atomic():
        CustomValue.objects.filter(record=kind, record_id=record_id).delete()
        CustomValue.objects.bulk_create(
            CustomValue(
                record=kind,
                record_id=record_id,
                owner_id=record.customer_id,
                key=key,
                text=text,
                rank=rank,
            )
            for key, text, rank in rows
        )


def key_of(record: Customer | Vehicle) -> tuple[RecordKind, str]:
    """Return the kind and the id under which a record's values are."""
    if isinstance(record, Vehicle):
        return RecordKind.VEHICLE, str(record.vehicle_id)
    return RecordKind.CUSTOMER, str(record.customer_id)


def indexed_of(customer_id: str) -> set[tuple[str, str]]:
    """Return kind and id of the records of a customer that have values here. One query."""
    rows = CustomValue.objects.filter(owner_id=customer_id).values_list("record", "record_id")
    return set(rows.distinct())


def forget(record: str, record_id: str) -> None:
    """Delete the values of a record that is gone."""
    CustomValue.objects.filter(record=record, record_id=record_id).delete()


def with_values(of: RecordKind, conditions: Iterable[str], *, limit: int) -> Found:
    """Return records that meet conditions of custom_values.py, the newest first. One query."""
    found = CustomValue.objects.filter(record=of)
    for key, one in asked(conditions).items():
        meeting = CustomValue.objects.filter(record=of, key=key)
        if one.texts:
            meeting = meeting.filter(text__in=sorted(one.texts))
        if one.at_least is not None:
            meeting = meeting.filter(rank__gte=one.at_least)
        if one.at_most is not None:
            meeting = meeting.filter(rank__lte=one.at_most)
        found = found.filter(record_id__in=meeting.values("record_id"))
    rows = found.order_by("-record_id").values_list("record_id", "owner_id").distinct()
    return list(rows[:limit])


def with_words(
    words: Sequence[str], *, kinds: Iterable[RecordKind] = tuple(RecordKind), limit: int
) -> Found:
    """Return records with all of these words in their values, as whole words. One query."""
    asked_words = list(dict.fromkeys(words))
    rows = (
        CustomValue.objects.filter(Q(record__in=list(kinds)), key="", text__in=asked_words)
        .values("record_id", "owner_id")
        .annotate(words=Count("text", distinct=True))
        .filter(words=len(asked_words))
        .order_by("-record_id")
    )
    return [(row["record_id"], row["owner_id"]) for row in rows[:limit]]
