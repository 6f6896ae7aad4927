"""Crates in DynamoDB, and the same crates in SQL: what the adapter's answers are held against."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection

from helpdesk.dynamo.attributes import InstantAttribute
from helpdesk.dynamo.pages import END, Page, read_page
from helpdesk.dynamo.table import Item, TableMeta
from helpdesk.dynamo_admin.fields import InstantField
from helpdesk.dynamo_admin.paths import ByKey, Collection, Listing, ListQuery, serve
from helpdesk.dynamo_admin.query import PlannedModel
from tests.world import NOON

COLOURS = ("red", "green", "blue")
SHELVES = ("A", "B", "C", "D")


class ByShelf(GlobalSecondaryIndex["StoredCrate"]):
    """The crates of a shelf, by label. Without their notes."""

    class Meta:
        index_name = "by-shelf"
        projection = IncludeProjection(
            ["crateId", "shelf", "label", "colour", "weight", "fragile", "packedAt", "owner"]
        )

    shelf_key = UnicodeAttribute(hash_key=True, attr_name="shelfKey")
    label_key = UnicodeAttribute(range_key=True, attr_name="labelKey")


class ByTime(GlobalSecondaryIndex["StoredCrate"]):
    """All crates by when they were packed."""

    class Meta:
        index_name = "by-time"
        projection = AllProjection()

    all_key = UnicodeAttribute(hash_key=True, attr_name="allKey")
    time_key = UnicodeAttribute(range_key=True, attr_name="timeKey")


class ByOwner(GlobalSecondaryIndex["StoredCrate"]):
    class Meta:
        index_name = "by-owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)


class StoredCrate(Item):
    class Meta(TableMeta):
        table_name = f"{settings.DYNAMODB_TABLE_PREFIX}crates"

    by_shelf = ByShelf()
    by_time = ByTime()
    by_owner = ByOwner()

    crate_id = UnicodeAttribute(hash_key=True, attr_name="crateId")
    label = UnicodeAttribute()
    shelf = UnicodeAttribute()
    colour = UnicodeAttribute()
    weight = NumberAttribute(null=True)
    fragile = BooleanAttribute()
    packed_at = InstantAttribute(attr_name="packedAt")
    owner = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    shelf_key = UnicodeAttribute(attr_name="shelfKey")
    label_key = UnicodeAttribute(attr_name="labelKey")
    all_key = UnicodeAttribute(attr_name="allKey", default="ALL#0")
    time_key = UnicodeAttribute(attr_name="timeKey")


def _fields() -> dict[str, Any]:
    return {
        "crate_id": models.CharField(primary_key=True, max_length=20),
        "label": models.CharField(max_length=40),
        "shelf": models.CharField(max_length=1),
        "colour": models.CharField(max_length=10, choices=[(one, one) for one in COLOURS]),
        "weight": models.IntegerField(null=True),
        "fragile": models.BooleanField(),
        "packed_at": InstantField(),
        "owner": models.CharField(max_length=20, null=True),
        "note": models.TextField(null=True),
        "__module__": __name__,
        "__str__": lambda self: self.label,
    }


def _meta(**more: Any) -> type:
    return type("Meta", (), {"app_label": "crates", "ordering": ["label", "pk"], **more})


Crate: Any = type(
    "Crate",
    (PlannedModel,),
    {
        **_fields(),
        "Meta": _meta(managed=False, default_manager_name="objects", base_manager_name="objects"),
    },
)
TwinCrate: Any = type("TwinCrate", (models.Model,), {**_fields(), "Meta": _meta()})

NAMES = [field.attname for field in Crate._meta.concrete_fields]


def row(item: StoredCrate, lacking: Sequence[str] = ()) -> dict[str, Any]:
    return {name: getattr(item, name) for name in NAMES if name not in lacking}


def _by_shelf(asked: ListQuery) -> Page[Mapping[str, Any]]:
    page = read_page(
        StoredCrate.by_shelf,
        sorted(asked.any_of("shelf")),
        place_of=lambda crate: str(crate.label_key),
        limit=asked.limit,
        condition=_beyond(StoredCrate.label_key, asked, forward=True),
        place=asked.place,
    )
    return Page([row(one, ["note"]) for one in page], page.next, page.previous)


def _by_time(asked: ListQuery) -> Page[Mapping[str, Any]]:
    low = _second(asked.get("packed_at", "gte")) or "0"
    high = _second(asked.get("packed_at", "lt"))
    high = f"{high}\0" if high else "9"  # no row has the bound itself: keys go on with an id
    if asked.place and asked.place.back and asked.place != END:
        low = max(low, f"{asked.place.key}\0")
    elif asked.place and not asked.place.back:
        high = min(high, asked.place.key[:-1] + chr(ord(asked.place.key[-1]) - 1) + "~")
    page = read_page(
        StoredCrate.by_time,
        ["ALL"],
        place_of=lambda crate: str(crate.time_key),
        limit=asked.limit,
        condition=StoredCrate.time_key.between(low, max(low, high)),
        forward=False,
        place=asked.place,
    )
    return Page([row(one) for one in page], page.next, page.previous)


def _beyond(key: Any, asked: ListQuery, *, forward: bool) -> Any:
    if asked.place in (None, END):
        return None
    return key > asked.place.key if forward is not asked.place.back else key < asked.place.key


def _second(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


serve(
    Crate,
    ByKey(lambda keys: [row(one) for one in StoredCrate.batch_get(list(dict.fromkeys(keys)))]),
    Collection(
        "of an owner",
        ("owner",),
        lambda values: [row(one) for one in StoredCrate.by_owner.query(values["owner"], limit=51)],
        most=50,
    ),
    Listing(
        "by shelf",
        {"shelf": {"in": SHELVES}},
        (("label", "crate_id"),),
        _by_shelf,
        needs=("shelf",),
    ),
    Listing(
        "latest",
        {"packed_at": {"gte": None, "lt": None}},
        (("-packed_at", "-crate_id"),),
        _by_time,
    ),
)


def fill(count: int = 120) -> None:
    """The same crates in both."""
    twins = []
    with StoredCrate.batch_write() as batch:
        for number in range(count):
            values = {
                "crate_id": f"{number:04d}",
                "label": f"crate {number * 7 % 40:02d}",
                "shelf": SHELVES[number % 4],
                "colour": COLOURS[number % 3],
                "weight": None if number % 5 == 0 else number % 17,
                "fragile": number % 2 == 0,
                "packed_at": NOON + timedelta(minutes=number // 2),
                "owner": None if number % 4 == 3 else f"owner {number % 8}",
                "note": None if number % 3 else f"Handle {number} with care",
            }
            batch.save(
                StoredCrate(
                    **values,
                    shelf_key=f"{values['shelf']}#0",
                    label_key=f"{values['label']}#{values['crate_id']}",
                    time_key=f"{_second(values['packed_at'])}#{values['crate_id']}",
                )
            )
            twins.append(TwinCrate(**values))
    TwinCrate.objects.bulk_create(twins)
