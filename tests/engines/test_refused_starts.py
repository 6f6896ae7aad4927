"""A start that cannot go well says why in one line, and leaves nothing behind."""

import fcntl
import os
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from helpdesk.engines import ports

ROOT = Path(__file__).parents[2]


def start(*, data, port):
    return subprocess.run(
        [sys.executable, "-m", "helpdesk.engines"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(data),
            "PORT": str(port),
            "DEBUG": "1",
            "SECRET_KEY": "only for tests " * 5,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(done):
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("helpdesk: ")
    assert done.stderr.count("\n") == 1, f"more than one line: {done.stderr}"
    return done.stderr


@contextmanager
def taken_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_another_one_to_choose(tmp_path):
    with taken_port() as port:
        line = refusal(start(data=tmp_path / "data", port=port))

    assert f"port {port} is taken" in line
    assert f"PORT={port + 1} make run" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_what_is_no_port_is_refused(tmp_path, port):
    assert f"PORT={port} is not a port" in refusal(start(data=tmp_path, port=port))


def test_data_that_another_desk_works_on_is_refused(tmp_path):
    # The lock that a running desk holds; tests/chaos/test_make_run.py has two desks.
    with (tmp_path / "desk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        line = refusal(start(data=tmp_path, port=ports.free_port()))

    assert f"another Helpdesk is running on the data in {tmp_path}" in line


def test_a_folder_that_everybody_may_write_to_is_refused(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)

    assert "is shared by all users" in refusal(start(data=shared, port=ports.free_port()))


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "data").write_text("")

    assert "Is the folder yours?" in refusal(
        start(data=tmp_path / "data" / "more", port=ports.free_port())
    )


def test_make_run_passes_the_port_on(tmp_path):
    with taken_port() as port:
        done = subprocess.run(
            ["make", "run", f"PORT={port}", f"DATA_DIR={tmp_path}"],
            cwd=ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode != 0
    assert f"helpdesk: port {port} is taken" in done.stderr
