"""`make run` keeps what lives serving, and tries what died again, less and less often."""

import os
import stat
import subprocess
import sys

import pytest

from helpdesk.engines import desk
from helpdesk.engines.desk import PAUSES, STEADY, TOO_OFTEN, CannotRun, Desk, Part


@pytest.fixture
def running(tmp_path):
    made = Desk(data=tmp_path, port=1)
    yield made
    for part in (*made.engines, *made.programs):
        if part.process:
            part.process.kill()
            part.process.wait()


def started(running, name, code):
    part = Part(name, lambda log: subprocess.Popen([sys.executable, "-c", code], stdout=log))
    running.programs.append(part)
    part.begin()
    return part


def die(running, part):
    """Let the part's process end, and the desk see it; return the pause it then makes."""
    part.process.wait()
    seen_at = part.began_at + 0.1
    running._look_after(part, seen_at)
    assert part.again_at is not None, "nobody noticed"
    return part.again_at - seen_at


def test_a_part_that_dies_again_and_again_is_tried_with_growing_pauses_for_ever(running, capsys):
    worker = started(running, "worker", "pass")
    web = started(running, "web", "import time; time.sleep(600)")
    serving = web.process.pid

    pauses = []
    for _ in range(12):
        pauses.append(die(running, worker))
        running._look_after(worker, worker.again_at)
        running._look_after(web, worker.again_at or web.began_at)

    assert pauses == pytest.approx([*PAUSES, *[PAUSES[-1]] * 4])
    assert web.process.pid == serving
    assert web.process.poll() is None
    said = capsys.readouterr().out
    assert f"worker ended {TOO_OFTEN} times in a row" in said
    assert "The other processes keep running" in said


def test_it_is_not_started_before_its_pause_is_over(running):
    worker = started(running, "worker", "pass")
    die(running, worker)
    dead = worker.process

    running._look_after(worker, worker.again_at - 0.01)
    assert worker.process is dead

    running._look_after(worker, worker.again_at)
    assert worker.process is not dead


def test_a_part_that_ran_steadily_begins_with_the_shortest_pause_again(running):
    worker = started(running, "worker", "pass")
    for _ in range(4):
        die(running, worker)
        running._look_after(worker, worker.again_at)
    worker.process.wait()

    seen_at = worker.began_at + STEADY
    running._look_after(worker, seen_at)

    assert worker.again_at - seen_at == pytest.approx(PAUSES[0])


def test_a_part_whose_program_is_gone_stops_nobody_and_is_tried_later(running, capsys):
    worker = started(running, "worker", "pass")
    die(running, worker)

    def missing(log):
        raise FileNotFoundError(2, "No such file", "celery")

    worker.start = missing
    tried_at = worker.again_at
    running._look_after(worker, tried_at)

    assert worker.again_at == tried_at + PAUSES[-1]
    assert "worker cannot be started" in capsys.readouterr().out


@pytest.fixture
def lax_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_folder_of_the_data_is_its_owners_alone(tmp_path, lax_umask):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    old = folder / "django.sqlite3"
    old.touch(mode=0o644)

    desk.make_private(folder)
    new = folder / "new"
    new.touch()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.stat().st_mode) == 0o600


def test_a_folder_that_everybody_shares_is_refused_and_left_as_it_is(tmp_path, lax_umask):
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)

    with pytest.raises(CannotRun, match="shared by all users"):
        desk.make_private(shared)

    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_an_optional_part_runs_while_a_file_asks_for_it(running):
    running.wanted.mkdir()
    part = Part(
        "mailroom",
        lambda log: subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], stdout=log
        ),
    )
    running.optional = [part]

    def look():
        running._look_for_optional()
        for one in running.programs:
            running._look_after(one, one.began_at)

    look()
    assert part.process is None
    (running.wanted / "mailroom").touch()
    look()
    first = part.process
    assert first.poll() is None
    look()
    assert part.process is first, "once"
    (running.wanted / "mailroom").unlink()
    look()
    assert first.poll() is not None
    (running.wanted / "mailroom").touch()
    look()
    assert part.process is not first
    assert part.process.poll() is None
