"""The base of every PynamoDB model, and the client that all of them share.

PynamoDB gives each model a client of its own, which costs 50 ms and 10 MB apiece and is not made
thread-safely. One client a process serves all; it is made under a lock.
"""

import os
from functools import lru_cache
from threading import Lock
from typing import Any

import botocore.config
import botocore.session
from django.conf import settings
from django.utils.module_loading import import_string
from pynamodb.connection import Connection, TableConnection
from pynamodb.models import Model

from helpdesk.dynamo import capacity

_lock = Lock()


class TableMeta:
    """What the Meta of every model says; subclasses add `table_name`."""

    region = settings.AWS_REGION
    host = settings.DYNAMODB_ENDPOINT_URL or None
    billing_mode = "PAY_PER_REQUEST"


class Item(Model):
    """A PynamoDB model on the shared client."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        table.connection._client = client()
        return table


def client() -> Any:
    """The process's botocore client."""
    with _lock:
        return _client(os.getpid())


def connection() -> Connection:
    """A connection on the shared client, for work that spans tables."""
    shared = Connection(region=settings.AWS_REGION, host=settings.DYNAMODB_ENDPOINT_URL or None)
    shared._client = client()
    return shared


@lru_cache(maxsize=1)
def _client(pid: int) -> Any:
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
            connect_timeout=2,
            read_timeout=10,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )
    made.meta.events.register("after-call.dynamodb", capacity.record)
    return made


def create_missing_tables() -> list[tuple[str, bool]]:
    """Make each table of settings.DYNAMODB_TABLES; say of each whether it was made now."""
    answers = []
    for path in settings.DYNAMODB_TABLES:
        table: type[Item] = import_string(path)
        missing = not table.exists()
        if missing:
            table.create_table(wait=True)
        answers.append((str(table.Meta.table_name), missing))
    return answers


def drop_tables() -> None:
    """Delete every table of settings.DYNAMODB_TABLES with all that is in it. For tests."""
    for path in settings.DYNAMODB_TABLES:
        import_string(path).delete_table()
