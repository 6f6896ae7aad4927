"""The mail channel while its parts and both mail servers are killed with -9: each message is taken
once, each answer is delivered once or is unknown, and never goes out twice.

MAIL_KILLS=50 for the long form: forty letters and ten answers for each death.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from helpdesk.engines import ports
from tests.chaos.desk import PARTS, ROOT, RunningDesk
from tests.chaos.test_everything_dies import Client
from tests.email.conftest import raw

KILLS = int(os.environ.get("MAIL_KILLS", "6"))
IS_LONG = KILLS > 10
LETTERS, ANSWERS = (40 * KILLS, 10 * KILLS) if IS_LONG else (10 * KILLS, 20)
OF_ONE_WRITER = 4
SEED = int(os.environ.get("MAIL_SEED") or random.SystemRandom().randint(1, 10**6))
PATIENCE = 60 + LETTERS  # seconds until everything that follows is done
MOST_A_MINUTE = 3  # kills of one part: the more, the longer the desk waits before the next start
LONGEST_PAUSE = 10 if IS_LONG else 1.5  # seconds between kills
KILLED = {
    "mailroom": ("manage.py", "mailroom"),
    **{name: PARTS[name] for name in ("dynamodb", "worker", "jobs")},
}

ANSWER = re.compile(r"answer-(\d+)\.")

pytestmark = pytest.mark.timeout(200 + 12 * KILLS + PATIENCE)


class MailServer:
    """A mail server in a process of its own, started again when it has died."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder, self.port = kind, folder, ports.free_port()
        self.deaths = 0
        folder.mkdir()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["tests.chaos.mail_servers", self.kind, str(self.port), str(self.folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        self.process.kill()

    def look_after(self) -> None:
        if self.process.poll() is not None:
            self.deaths += 1
            self.start()

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def servers(tmp_path):
    found = {kind: MailServer(kind, tmp_path / kind) for kind in ("imap", "smtp")}
    for server in found.values():
        server.start()
    stop = threading.Event()

    def look_after_all() -> None:
        while not stop.wait(0.2):
            for server in found.values():
                server.look_after()

    nurse = threading.Thread(target=look_after_all, daemon=True)
    nurse.start()
    yield found
    stop.set()
    nurse.join()
    for server in found.values():
        server.end()


@pytest.fixture
def running(tmp_path, servers):
    (tmp_path / "desk").mkdir()
    desk = RunningDesk(
        tmp_path / "desk",
        DJANGO_SETTINGS_MODULE="tests.chaos.mail_settings",
        API_REQUESTS_PER_MINUTE="0",
        MAIL_PORT=str(servers["smtp"].port),
        IMAP_PORT=str(servers["imap"].port),
        MAIL_IN=str(servers["imap"].folder),
        PATIENCE=str(PATIENCE),
    )
    desk.start()
    for server in servers.values():  # they have had that time
        ports.wait_until(
            lambda port=server.port: not ports.is_free(port), alive=lambda: True, seconds=60
        )
    yield desk
    if desk.process.poll() is None:
        desk.kill()


def put_letters(folder: Path, numbers) -> None:
    """Put letters into the mailbox: the first of each writer, then what they write on about it."""
    for number in numbers:
        first = number - number % OF_ONE_WRITER
        about = {} if number == first else {"references": f"<{first}@posta.example>"}
        text = raw(
            sender=f"Writer {first} <writer{first}@posta.example>",
            to="chaos@desk.example",
            subject=f"About {first}",
            body=f"Here is letter-{number}.",
            message_id=f"{number}@posta.example",
            **about,
        )
        new = folder / f"{number:06}.new"
        new.write_bytes(text)
        new.rename(new.with_suffix(".eml"))


class Answering(threading.Thread):
    """A representative who answers tickets, as fast as `allowed` lets them."""

    def __init__(self, client: Client, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.client, self.stop, self.allowed, self.confirmed = client, stop, 0, 0

    def run(self) -> None:
        while self.confirmed < ANSWERS and not self.stop.is_set():
            status, found = self.client.ask("GET", "/tickets?limit=50&sort=-createdAt")
            mine = [one["ticketId"] for one in found["items"]] if status == 200 else []
            if not mine or self.confirmed >= self.allowed:
                self.stop.wait(0.1)
                continue
            path = f"/tickets/{self.client.chance.choice(mine)}/communicate"
            body = {
                "type": "Customer Response",
                "content": f"Here is answer-{self.confirmed}.",
            }
            if self.client.insist("POST", path, body):
                self.confirmed += 1


def test_each_letter_is_taken_once_and_no_answer_goes_out_twice(running, servers, looked_at):
    print(f"MAIL_SEED={SEED}")
    desk, chance = running, random.Random(SEED)
    desk.token = desk.python("tests/chaos/mail_population.py", "begin").splitlines()[-1]
    stop = threading.Event()
    client = Client(desk, SEED, stop)
    answering = Answering(client, stop)
    answering.start()

    written = answering.allowed = OF_ONE_WRITER
    put_letters(servers["imap"].folder, range(written))
    began = time.monotonic()
    while not answering.confirmed:  # so that parts die while mail comes and goes
        assert time.monotonic() - began < 60, "no letter became a ticket that is answered"
        time.sleep(0.05)

    kills: Counter[str] = Counter()
    recent: list[tuple[float, str]] = []
    while kills.total() < KILLS:
        share = LETTERS * (kills.total() + 1) // KILLS
        put_letters(servers["imap"].folder, range(written, share))
        written = share
        answering.allowed = max(OF_ONE_WRITER, ANSWERS * (kills.total() + 1) // KILLS)
        time.sleep(chance.uniform(0.3, LONGEST_PAUSE))  # the moment of the next kill, not a wait
        part = kill_one(desk, servers, kills, recent, chance)
        if part:
            kills[part] += 1
            recent.append((time.monotonic(), part))
    began = time.monotonic()
    while answering.is_alive() and not client.wrong:
        assert time.monotonic() - began < PATIENCE, f"{answering.confirmed} answers"
        answering.join(0.5)
    stop.set()
    assert (client.wrong, answering.confirmed) == ([], ANSWERS)
    said = desk.python("tests/chaos/mail_population.py", "finish").splitlines()[-1]
    found = json.loads(said)

    assert found["left"] == {}
    assert len(kills) == min(KILLS, len(KILLED) + len(servers)), f"not everything died: {kills}"
    times = {str(number): found["letters"].get(str(number), 0) for number in range(LETTERS)}
    assert {number: count for number, count in times.items() if count != 1} == {}
    assert set(found["outcomes"]) <= {"ticket", "reply"}
    assert "drifts=0" in found["verified"]
    arrived = arrivals(servers["smtp"].folder)
    states: Counter[str] = Counter()
    for number in map(str, range(ANSWERS)):
        [state] = found["answers"].get(number, ["lost"])
        states[state] += 1
        assert arrived[number] in {"sent": (1,), "unknown": (0, 1)}[state], (number, state)
    looked_at(
        f"seed {SEED}; kills {dict(kills)}, deaths of the servers "
        f"{ {kind: server.deaths for kind, server in servers.items()} }; "
        f"{LETTERS:,} emails received {found['outcomes']}, 0 lost, 0 twice; "
        f"{ANSWERS:,} answers {dict(states)}, 0 twice, "
        f"{sum(arrived.values())} arrived; {found['verified']}"
    )
    assert states["unknown"] == found["listed"].get("unknown", 0)


def kill_one(desk, servers, kills, recent, chance) -> str | None:
    """Kill each part once, so that no run leaves one out; then whichever chance names."""
    now = time.monotonic()
    busy = Counter(part for at, part in recent if now - at < 60)
    there = {part: pids for part, pids in desk.parts(KILLED).items() if pids}
    there |= {
        kind: [server.process.pid]
        for kind, server in servers.items()
        if server.process.poll() is None
    }
    there = {part: pids for part, pids in there.items() if busy[part] < MOST_A_MINUTE}
    if not there:
        return None
    part = chance.choice(sorted(set(there) - set(kills)) or sorted(there))
    # The program itself, or one of its children.
    victim = there[part][0] if chance.random() < 0.7 else chance.choice(there[part])
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
        return part
    return None


def arrivals(folder: Path) -> Counter[str]:
    """How often each answer has reached the customers' mail server."""
    found: Counter[str] = Counter()
    for file in folder.glob("*.eml"):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        if "@posta.example" in str(message["To"]):
            text = message.get_body(preferencelist=("plain",))
            found.update(ANSWER.findall(text.get_content() if text else ""))
    return found
