"""What the tests here share: the data of a desk that has been started once and stopped."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.desk import RunningDesk


@pytest.fixture(scope="session")
def with_demo_data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Fill a folder as the first start of a desk does, so that not each test waits for one.

    The processes of pytest-xdist share one: whoever comes first makes it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    first = shared / "first-start"
    with (shared / "first-start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.exists():
            begun = shared / "first-start-begun"
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            desk = RunningDesk(begun)
            desk.start()
            desk.interrupt()
            begun.rename(first)

    def fill(folder: Path) -> Path:
        return Path(shutil.copytree(first, folder, dirs_exist_ok=True))

    return fill
