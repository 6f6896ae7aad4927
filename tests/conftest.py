"""The world that tests run in: one DynamoDB in memory for each test process, emptied for each test.

The engine starts before Django's settings load, since models read its address from them.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from helpdesk.engines import dynamo

_engines = ExitStack()
os.environ["DYNAMODB_ENDPOINT_URL"] = _engines.enter_context(dynamo.in_memory())


def pytest_unconfigure() -> None:
    _engines.close()


@pytest.fixture
def tables(settings) -> Iterator[None]:
    """Empty tables."""
    from helpdesk.dynamo.table import create_missing_tables, drop_tables

    create_missing_tables()
    yield
    drop_tables()


@pytest.fixture
def desk(tables, db):
    """An empty desk with its people; see tests/world.py."""
    from tests.world import Desk

    return Desk()


@pytest.fixture
def rep_client(desk, client):
    """A browser without a screen in which a representative is signed in."""
    client.force_login(desk.rep_user)
    return client
