"""What the tests here share: the data of a desk that has been started once and stopped."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.desk import RunningDesk


@pytest.fixture(scope="session")
def with_demo_data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Fill a folder as the first start of a desk does, so that not each test waits for one."""
    first = tmp_path_factory.mktemp("first") / "desk"
    first.mkdir()
    desk = RunningDesk(first)
    desk.start()
    desk.interrupt()

    def fill(folder: Path) -> Path:
        return Path(shutil.copytree(first, folder, dirs_exist_ok=True))

    return fill
