"""What `make` says on a machine that lacks something: one line that tells what to do."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "helpdesk" / "bootstrap.py"

# Runs bootstrap.py as on another machine: `patch` is what is different there.
ELSEWHERE = (
    "import os, runpy, sys; {patch}; sys.argv = sys.argv[1:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@pytest.fixture
def copy(tmp_path):
    """A copy of what bootstrap.py reads, with a Python of its own that notes what it is asked."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("helpdesk/engines", "theme/static_src"):
        (tmp_path / folder).mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / folder / name, tmp_path / folder)
    shutil.copy(SOURCE, tmp_path / "helpdesk")
    program(tmp_path / ".venv/bin/python", 'exec "$REAL_PYTHON" "$@"')
    stamp(tmp_path, "venv", sys.version)
    return tmp_path


def program(path, script):
    """A program that notes its arguments in `calls`, and then does what `script` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{path.name} $*" >> "$CALLS"\n{script}\n')
    path.chmod(0o755)


def stamp(copy, name, value):
    (copy / ".venv/stamps").mkdir(parents=True, exist_ok=True)
    (copy / ".venv/stamps" / name).write_text(value)


def bootstrap(copy, patch="pass", purpose="run", **env):
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE.format(patch=patch), "helpdesk/bootstrap.py", purpose],
        cwd=copy,
        env={
            "PATH": f"{copy / 'bin'}:/usr/bin:/bin",
            "HOME": str(copy),
            "CALLS": str(copy / "calls"),
            "REAL_PYTHON": sys.executable,
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def calls(copy):
    noted = copy / "calls"
    return noted.read_text().splitlines() if noted.exists() else []


def refusal(done):
    """The one line that says what is wrong, below what a program of others may have said."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("helpdesk: ")]
    assert done.stderr.rstrip().endswith(line)
    return line


def everything_is_there(copy):
    """A machine on which all succeeds: pip, node and npm do as they are told."""
    program(copy / ".venv/bin/python", "exit 0")
    program(copy / "bin/node", "echo v20.1.0")
    program(copy / "bin/npm", 'mkdir -p theme/static/css; echo > "theme/static/css/desk.css"')


def test_an_old_python_can_read_it_far_enough_to_say_that_it_is_too_old(copy):
    ast.parse(SOURCE.read_text(), feature_version=(3, 4))
    nothing_newer = {"PATH": str(copy / "bin")}

    done = bootstrap(copy, "sys.version_info = (3, 9, 1)", **nothing_newer)

    assert "Python 3.9 is too old: Helpdesk needs 3.11 or newer." in refusal(done)


def test_an_old_python_hands_over_to_a_newer_one_on_the_path(copy):
    program(copy / "bin/python3.12", "exit 0")

    done = bootstrap(copy, "sys.version_info = (3, 9, 1)", "dev", PATH=f"{copy / 'bin'}:/bin")

    assert done.returncode == 0, done.stderr
    [call] = calls(copy)
    assert call.startswith("python3.12 ")
    assert call.endswith("helpdesk/bootstrap.py dev")


def test_without_a_network_it_says_so_and_the_next_start_tries_again(copy):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    # A package of which nobody has heard: nothing that is installed already is in the way.
    (copy / "requirements.txt").write_text(f"unheard-of==1 --hash=sha256:{'0' * 64}\n")

    assert "Check the network connection and PyPI." in refusal(bootstrap(copy, **nowhere))
    assert not (copy / ".venv/stamps/requirements.txt").exists()

    everything_is_there(copy)
    program(copy / "bin/npm", "echo no route to host >&2; exit 1")
    assert "Check the network connection and the npm registry." in refusal(bootstrap(copy))
    assert not (copy / ".venv/stamps/engine").exists()


def test_another_platform_is_told_to_bring_a_dynamodb_and_goes_on_with_one(copy):
    everything_is_there(copy)
    elsewhere = "sys.platform = 'darwin'"

    assert "set DYNAMODB_ENDPOINT_URL" in refusal(bootstrap(copy, elsewhere))

    done = bootstrap(copy, elsewhere, DYNAMODB_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr


def test_a_python_without_venv_is_told_which_package_to_install(copy):
    shutil.rmtree(copy / ".venv")
    program(copy / "bin/half-a-python", "echo No module named venv >&2; exit 1")

    done = bootstrap(copy, f"sys.executable = {str(copy / 'bin/half-a-python')!r}")

    assert "apt-get install python3-venv" in refusal(done)


def test_a_folder_that_cannot_be_written_is_named(copy):
    everything_is_there(copy)
    (copy / "a-file").write_text("")

    done = bootstrap(copy, DATA_DIR=str(copy / "a-file" / "data"))

    assert "a-file" in refusal(done)


def test_a_second_start_does_nothing_again_but_what_has_changed(copy):
    everything_is_there(copy)
    assert bootstrap(copy).returncode == 0
    assert len([call for call in calls(copy) if " install " in call]) == 1
    secret = (copy / ".data/desk.env").read_text()
    (copy / "calls").unlink()

    assert bootstrap(copy).stdout == ""
    assert [call for call in calls(copy) if "--version" not in call] == []
    assert (copy / ".data/desk.env").read_text() == secret

    (copy / "requirements.txt").write_text("# another\n")
    assert bootstrap(copy).returncode == 0
    assert [call.split()[0] for call in calls(copy) if " install " in call] == ["python"]


def test_a_start_that_was_interrupted_goes_on_where_it_was(copy):
    everything_is_there(copy)
    program(copy / ".venv/bin/python", "kill -INT $PPID; sleep 5")
    # Whoever starts the tests in the background makes their children deaf to Ctrl-C.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"

    assert "the next start continues here" in refusal(bootstrap(copy, hears))
    assert not (copy / ".venv/stamps/requirements.txt").exists()

    everything_is_there(copy)
    assert bootstrap(copy).returncode == 0


def test_the_secret_is_the_copys_own_and_nobody_elses_to_read(copy):
    everything_is_there(copy)
    assert bootstrap(copy, DATA_DIR="mine").returncode == 0
    assert bootstrap(copy, DATA_DIR="yours").returncode == 0

    files = [copy / name / "desk.env" for name in ("mine", "yours")]
    assert files[0].read_text() != files[1].read_text()
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert files[0].parent.stat().st_mode & 0o777 == 0o700


def test_make_help_names_every_chore_that_people_call():
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    told = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"run", "test", "check", "bench", "clean"} <= told
    assert all(line.split(None, 2)[2:] for line in done.stdout.splitlines()), "one says nothing"
