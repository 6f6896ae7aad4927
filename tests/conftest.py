"""The world that tests run in. The engine itself is in tests/engine.py."""

import runpy

import pytest
from xdist.scheduler import LoadScopeScheduling


@pytest.fixture(scope="session")
def made_tables() -> None:
    from helpdesk.dynamo.table import create_missing_tables

    create_missing_tables()


@pytest.fixture(autouse=True)
def language_of_the_desk():
    """The language of a request to a test's client is no other test's."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture
def tables(made_tables) -> None:
    """Empty tables, and nothing remembered of what was in them."""
    from django.core.cache import cache

    from tests.world import empty_tables
    from tickets.services.sla import policies

    policies._terms.cache_clear()
    cache.clear()
    empty_tables()


@pytest.fixture
def looked_at(record_property):
    """Called with a line of figures: what `make thorough` says that this test has looked at."""

    def tell(figures: str) -> None:
        record_property("looked_at", figures)

    return tell


@pytest.fixture
def desk(tables, db):
    """An empty desk with its people; see tests/world.py."""
    from tests.world import Desk

    return Desk()


BUCKET = "desk-attachments"


@pytest.fixture
def bucket(settings, monkeypatch, tmp_path):
    """An empty bucket, and a desk whose files go there by what helpdesk/settings.py makes of it."""
    import boto3
    from moto import mock_aws

    region = "eu-west-1"
    monkeypatch.setenv("ATTACHMENTS_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    in_production = runpy.run_path(str(settings.BASE_DIR / "helpdesk" / "settings.py"))
    with mock_aws():
        client = boto3.client("s3", region_name=region)
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region}
        )
        settings.STORAGES = {
            **settings.STORAGES,
            "attachments": in_production["STORAGES"]["attachments"],
        }
        yield client


@pytest.fixture
def race(monkeypatch):
    """Threads that meet for certain; see tests/race.py."""
    from tests.race import Race

    return Race(monkeypatch)


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """Start it after the database is set up: before, it looks like one in memory, and the server's
    threads would share this thread's connection, which SQLite answers by a crash."""
    assert not live_server.thread.connections_override
    return live_server


@pytest.fixture
def rep_client(desk, client):
    """A browser without a screen in which a representative is signed in."""
    client.force_login(desk.rep_user)
    return client


# Tests of a file that share what is dear to start, such as a whole desk.
_BY_FILE = (
    *("tests/chaos/", "tests/browser/", "tests/api/test_running.py"),
    *("tests/email/test_two_desks.py", "tests/security/test_timeouts.py"),
    "tests/engines/test_production.py",
)


class _Scheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(_BY_FILE) else nodeid


def pytest_xdist_make_scheduler(config, log):
    # xdist's own groups say nothing under this pytest: it no longer lets them rename a test.
    return _Scheduling(config, log)
