"""Where the data of a desk is, for this process."""

from contextlib import contextmanager

import pytest
from django.test import override_settings

from helpdesk import backup


@contextmanager
def pointed(data):
    """Inside the block the desk's data is in this folder, in SQLite."""
    stored = {"attachments": {"OPTIONS": {"location": data / "attachments"}}}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": data / "django.sqlite3"}
    with (
        override_settings(DATA_DIR=data, STORAGES=stored),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(backup, "_database", lambda: database)
        yield


@pytest.fixture(scope="session")
def data_in():
    return pointed
