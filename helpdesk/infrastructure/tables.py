"""The tables and indexes that the models declare."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from helpdesk.dynamo.table import Item


@dataclass(frozen=True)
class Index:
    """A global secondary index. `range_key` is None if it has none."""

    name: str
    hash_key: str
    range_key: str | None
    projection: str
    attributes: tuple[str, ...]
    """What it projects besides keys, if the projection is INCLUDE."""


@dataclass(frozen=True)
class Table:
    """A table, without the prefix of its name."""

    name: str
    hash_key: str
    range_key: str | None
    key_types: tuple[tuple[str, str], ...]
    """Each attribute that is a key of the table or of an index, with its type; by name."""
    indexes: tuple[Index, ...]
    ttl: str | None
    """The attribute after whose time DynamoDB deletes an item."""


def declared_tables() -> list[Table]:
    """Return the tables of settings.DYNAMODB_TABLES, as their models declare them."""
    import_module(settings.ROOT_URLCONF)  # with all that serves, every model is known
    return [_table(import_string(path)) for path in settings.DYNAMODB_TABLES]


def _table(model: type[Item]) -> Table:
    schema: dict[str, Any] = dict(model._get_schema())
    hash_key, range_key = _keys(schema["key_schema"])
    return Table(
        name=without_prefix(str(model.Meta.table_name)),
        hash_key=hash_key,
        range_key=range_key,
        key_types=tuple(
            sorted(
                (one["AttributeName"], one["AttributeType"])
                for one in schema["attribute_definitions"]
            )
        ),
        indexes=tuple(
            sorted(map(_index, schema["global_secondary_indexes"]), key=lambda index: index.name)
        ),
        ttl=_ttl(model),
    )


def without_prefix(table_name: str) -> str:
    return table_name.removeprefix(settings.DYNAMODB_TABLE_PREFIX)


def _index(schema: dict[str, Any]) -> Index:
    hash_key, range_key = _keys(schema["key_schema"])
    projection = schema["projection"]
    return Index(
        name=schema["index_name"],
        hash_key=hash_key,
        range_key=range_key,
        projection=projection["ProjectionType"],
        attributes=tuple(projection.get("NonKeyAttributes") or ()),
    )


def _keys(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    by_type = {key["KeyType"]: key["AttributeName"] for key in schema}
    return by_type["HASH"], by_type.get("RANGE")


def _ttl(table: type[Item]) -> str | None:
    """Return the TTL attribute of the models that share a table: DynamoDB allows one for all."""
    found = {
        attribute.attr_name
        for model in _models(Item)
        if (attribute := model._ttl_attribute()) and _name(model) == _name(table)
    }
    if len(found) > 1:
        raise ImproperlyConfigured(
            f"{_name(table)} has several TTL attributes: {', '.join(sorted(found))}."
        )
    return found.pop() if found else None


def _models(base: type[Item]) -> Iterator[type[Item]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _name(model: type[Item]) -> str | None:
    return getattr(getattr(model, "Meta", None), "table_name", None)
