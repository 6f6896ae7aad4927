"""python -m tests.bench.mail [--receive N] [--past N …] [--most N]: what the e-mail channel costs.

A desk's engine on a file, and no workers: `receive_mail` of N ordinary messages, and `import_mail`
of an mbox with N, killed half way and begun again. Prints one line of JSON for each. With `--most`
an import ends after so many messages: its memory shows by then.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from helpdesk.engines import dynamo, ports

ROOT = Path(__file__).parents[2]
OF_ONE_THREAD = 4
TICK = os.sysconf("SC_CLK_TCK")
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
PARAGRAPH = "The car was to arrive on Friday, and nobody at the port has seen it since. "
SET_UP = """
from helpdesk.dynamo.table import create_missing_tables
from tickets.models import Mailbox
create_missing_tables()
Mailbox.objects.create(name="support", address="support@desk.example")
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mail")
    parser.add_argument("--receive", type=int, default=1_000)
    parser.add_argument("--past", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--most", type=int, default=1_000_000)
    asked = parser.parse_args()
    if asked.receive:
        with fresh_desk() as (folder, env, engine):
            tell(received(folder, env, engine, asked.receive))
    for count in asked.past:
        with fresh_desk() as (folder, env, _engine):
            tell(imported(folder, env, count, asked.most))


def tell(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), flush=True)


@contextmanager
def fresh_desk() -> Iterator[tuple[Path, dict[str, str], int]]:
    """An empty desk without workers: its folder, its environment, and its engine's process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = ports.hidden_address()
        engine = dynamo.start(address, file=folder / "dynamodb.sqlite3")
        dynamo.wait_until_ready(engine, address)
        env = {
            **os.environ,
            "DATA_DIR": name,
            "DEBUG": "1",
            "SECRET_KEY": "only for the benchmark",
            "DYNAMODB_ENDPOINT_URL": dynamo.url(address),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "LOG_LEVEL": "ERROR",
        }
        try:
            for words in (["migrate", "-v", "0"], ["shell", "-v", "0", "-c", SET_UP]):
                subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True)
            yield folder, env, engine.pid
        finally:
            engine.kill()
            engine.wait()


def message(number: int) -> bytes:
    """An ordinary message: some lines as text and HTML; the first of four opens a thread."""
    at = BEGUN + timedelta(minutes=number)
    first = number - number % OF_ONE_THREAD
    written = EmailMessage(policy=SMTP)
    written["Received"] = f"from a.example by b.example; {format_datetime(at)}"
    written["From"] = f"Writer {first} <writer{first}@posta.example>"
    written["To"] = "support@desk.example"
    written["Subject"] = f"Where is car {first}?" if number == first else f"Re: car {first}"
    written["Message-ID"] = f"<{number}@posta.example>"
    written["Date"] = format_datetime(at)
    if number != first:
        written["References"] = f"<{first}@posta.example>"
    text = f"This is message {number}.\n\n" + PARAGRAPH * 10
    written.set_content(text)
    written.add_alternative(f"<p>{text}</p>", subtype="html")
    return written.as_bytes()


class Run:
    """A command of the desk while it runs: its lines, and its largest memory."""

    def __init__(self, env: dict[str, str], *words: str) -> None:
        self.began, self.first_line_after, self.peak = time.monotonic(), None, 0
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", *words],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def follow(self, *, until: str = "") -> None:
        """Read its lines to the end, or until one begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if self.first_line_after is None:
                self.first_line_after = round(time.monotonic() - self.began, 1)
            self.lines.append(line.rstrip())
            self.peak = max(self.peak, high_water(self.process.pid))
            if until and line.startswith(until):
                return
        self.process.wait()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def received(folder: Path, env: dict[str, str], engine: int, count: int) -> dict[str, Any]:
    letters = folder / "letters"
    letters.mkdir()
    for number in range(count):
        (letters / f"{number:07}.eml").write_bytes(message(number))
    files = sorted(map(str, letters.iterdir()))
    before, used = os.times(), processor(engine)
    run = Run(env, "receive_mail", "--mailbox", "support", *files)
    run.follow()
    after = os.times()
    outcomes = [json.loads(line)["outcome"] for line in run.lines]
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return {
        "receive_mail": count,
        "outcomes": {one: outcomes.count(one) for one in sorted(set(map(str, outcomes)))},
        "wall ms each": round(1_000 * (time.monotonic() - run.began) / count, 1),
        "processor ms each, with its reader": round(1_000 * spent / count, 1),
        "processor ms each, engine": round(1_000 * (processor(engine) - used) / count, 1),
        "peak MB": run.peak // 1_024,
    }


def imported(folder: Path, env: dict[str, str], count: int, most: int) -> dict[str, Any]:
    """An import that is killed half way and begun again, and once more when all is there."""
    past = folder / "past.mbox"
    with past.open("wb") as box:
        for number in range(count):
            box.write(b"From writer Mon Jan  1 00:00:00 2020\n")
            box.write(message(number).replace(b"\r\n", b"\n") + b"\n")
    words = ("import_mail", str(past), "--mailbox", "support")
    half = min(count // 2, most) // 1_000 * 1_000
    killed = Run(env, *words)
    killed.follow(until=f"{count} of {count} read")
    read_after = time.monotonic() - killed.began
    killed.follow(until=f"{half} of {count} messages")
    killed.kill()
    found = {
        "import_mail": count,
        "mbox MB": past.stat().st_size // 2**20,
        "first line after s": killed.first_line_after,
        "all read after s": round(read_after, 1),
        "imported": half,
        "ms each": round(1_000 * (time.monotonic() - killed.began - read_after) / half, 1),
        "peak MB": killed.peak // 1_024,
    }
    if most < count:
        return found
    again = Run(env, *words)
    again.follow()
    third = Run(env, *words)
    third.follow()
    return {
        **found,
        "peak MB": max(killed.peak, again.peak) // 1_024,
        "after the kill": again.lines[-1],
        "once more": third.lines[-1],
        "once more, s": round(time.monotonic() - third.began, 1),
    }


def processor(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def high_water(pid: int) -> int:
    """The largest memory that a process has had, in KB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main()
