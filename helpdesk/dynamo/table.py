"""The base of every PynamoDB model, and the client that all of them share.

PynamoDB gives each model a client of its own, which costs 50 ms and 10 MB apiece and is not made
thread-safely. One client a process serves all; it is made under a lock.
"""

import os
import time
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Self

import botocore.config
import botocore.session
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from pynamodb.connection import Connection, TableConnection
from pynamodb.constants import NULL
from pynamodb.models import Model

from helpdesk.dynamo import observed, transport

_lock = Lock()


class TableMeta:
    """What the Meta of every model contains; subclasses add `table_name`."""

    region = settings.AWS_REGION
    host = settings.DYNAMODB_ENDPOINT_URL or None
    billing_mode = "PAY_PER_REQUEST"


LONGEST_HASH_KEY, LONGEST_RANGE_KEY = 2_048, 1_024
"""Bytes in UTF-8; DynamoDB's own limits."""


def fits(hash_key: Any, range_key: Any = "") -> bool:
    """Return whether an item can have these keys: text that UTF-8 can encode, and not too long."""
    try:
        sizes = [len(str(key).encode()) for key in (hash_key, range_key)]
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return sizes[0] <= LONGEST_HASH_KEY and sizes[1] <= LONGEST_RANGE_KEY


class Item(Model):
    """A PynamoDB model on the shared client.

    Keys come from URLs that anybody may type: a key that no item can have finds nothing, instead of
    raising an error.
    """

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        table.connection._client = client()
        return table

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        # PynamoDB's own sets all defaults twice before it reads: a page of 50 tickets costs 2.4 ms
        # here and 5.9 there. Held to read the same by tests/dynamo/test_reading.py.
        item = cls.__new__(cls)
        item.attribute_values = held = {}
        for name, attribute in cls.get_attributes().items():
            stored = data.get(attribute.attr_name)
            if stored and NULL not in stored:
                held[name] = attribute.deserialize(attribute.get_value(stored))
            elif attribute.default is not None:
                default = attribute.default
                held[name] = default() if callable(default) else default
        return item

    @classmethod
    def get(
        cls,
        hash_key: Any,
        range_key: Any | None = None,
        consistent_read: bool = False,
        attributes_to_get: Sequence[str] | None = None,
    ) -> Self:
        if not fits(hash_key, range_key):
            raise cls.DoesNotExist
        return super().get(hash_key, range_key, consistent_read, attributes_to_get)


def client() -> Any:
    """Return the process's botocore client."""
    with _lock:
        return _client(os.getpid())


def connection() -> Connection:
    """Return a connection on the shared client, for work that spans tables."""
    shared = Connection(region=settings.AWS_REGION, host=settings.DYNAMODB_ENDPOINT_URL or None)
    shared._client = client()
    return shared


@lru_cache(maxsize=1)
def _client(pid: int) -> Any:
    if settings.ON_LAPTOP and not settings.DYNAMODB_ENDPOINT_URL:
        raise ImproperlyConfigured(
            f"DynamoDB is not running for the data in {settings.DATA_DIR}. Start Helpdesk with "
            "`make run`, or set DYNAMODB_ENDPOINT_URL."
        )
    # By process: sockets inherited over a fork would be answered to the wrong process.
    session = botocore.session.Session()
    if settings.DYNAMODB_ENDPOINT_URL and not session.get_credentials():
        session.set_credentials("local", "local")  # an embedded engine asks for some, never which
    made = session.create_client(
        "dynamodb",
        settings.AWS_REGION,
        endpoint_url=settings.DYNAMODB_ENDPOINT_URL or None,
        config=botocore.config.Config(
            parameter_validation=False,
            user_agent=transport.USER_AGENT,  # botocore builds its own twice a request
            connect_timeout=transport.CONNECT_TIMEOUT,
            read_timeout=transport.READ_TIMEOUT,
            max_pool_connections=transport.CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": 3},  # after the first attempt
        ),
    )
    transport.Transport(session, region=settings.AWS_REGION).serve(made)
    observed.watch(made.meta.events)
    return made


def create_missing_tables() -> list[tuple[str, bool]]:
    """Create each missing table of settings.DYNAMODB_TABLES, and bring indexes in line with models.

    Returns each table's name, and whether it was created or changed.
    """
    answers = []
    for path in settings.DYNAMODB_TABLES:
        table: type[Item] = import_string(path)
        if not table.exists():
            table.create_table(wait=True)
            made = True
        else:
            made = _follow_indexes(table)
        answers.append((str(table.Meta.table_name), made))
    return answers


def missing_from_tables() -> list[str]:
    """Return what `create_missing_tables` would make, a line each. Changes nothing."""
    missing = []
    for path in settings.DYNAMODB_TABLES:
        table: type[Item] = import_string(path)
        name = str(table.Meta.table_name)
        if not table.exists():
            missing.append(f"table {name}")
            continue
        there = _indexes(name)
        for index in _indexes_to_make(table, there):
            again = " in another form" if index["index_name"] in there else ""
            missing.append(f"index {index['index_name']} of {name}{again}")
    return missing


def _schema(table: type[Item]) -> dict[str, Any]:
    return dict(table._get_schema())


def _indexes_to_make(table: type[Item], there: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the model's indexes that are not among those, or are there in another form."""
    return [
        index
        for index in _schema(table)["global_secondary_indexes"]
        if index["index_name"] not in there or _form(there[index["index_name"]]) != _form(index)
    ]


def _follow_indexes(table: type[Item]) -> bool:
    """Bring the indexes of an existing table in line with its model, one change at a time."""
    name = str(table.Meta.table_name)
    definitions = _schema(table)["attribute_definitions"]
    there = _indexes(name)
    to_make = _indexes_to_make(table, there)
    for index in to_make:
        if index["index_name"] in there:
            _change_indexes(name, {"Delete": {"IndexName": index["index_name"]}})
        keys = {key["AttributeName"] for key in index["key_schema"]}
        _change_indexes(
            name,
            {
                "Create": {
                    "IndexName": index["index_name"],
                    "KeySchema": sorted(index["key_schema"], key=lambda key: key["KeyType"]),
                    "Projection": index["projection"],
                }
            },
            [definition for definition in definitions if definition["AttributeName"] in keys],
        )
    return bool(to_make)


def _change_indexes(
    name: str, change: dict[str, Any], definitions: list[dict[str, str]] | None = None
) -> None:
    more = {"AttributeDefinitions": definitions} if definitions else {}
    client().update_table(TableName=name, GlobalSecondaryIndexUpdates=[change], **more)
    pause = 0.05
    while any(index["IndexStatus"] != "ACTIVE" for index in _indexes(name).values()):
        time.sleep(pause)
        pause = min(pause * 2, 10)


def _indexes(name: str) -> dict[str, dict[str, Any]]:
    described = client().describe_table(TableName=name)["Table"]
    return {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", ())}


def _form(index: dict[str, Any]) -> tuple[Any, ...]:
    """Return what makes two indexes equal, from a description or from a model's schema."""
    projection = index.get("Projection") or index["projection"]
    keys = index.get("KeySchema") or index["key_schema"]
    return (
        sorted((key["KeyType"], key["AttributeName"]) for key in keys),
        projection["ProjectionType"],
        sorted(projection.get("NonKeyAttributes") or ()),
    )
