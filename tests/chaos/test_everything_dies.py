"""The whole desk under load while its parts are killed with -9: what was confirmed stays.

KILLS=50 for the long form.
"""

import http.client
import json
import os
import random
import re
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from contextlib import suppress

import pytest

from tests.chaos.desk import PARTS, Browser, RunningDesk

KILLS = int(os.environ.get("KILLS", "5"))
TICKETS = max(60, 6 * KILLS)
CLIENTS = 3
MOST_A_MINUTE = 3  # kills of one part: the more, the longer the desk waits before the next start
BACK_WITHIN = 60  # seconds after the last restart; the figure is in what it has looked at
PATIENCE = 120  # seconds until everything that follows is done

pytestmark = pytest.mark.timeout(400 + 15 * KILLS)


class Client:
    """A program that wants each thing done once, and asks until it is told that it is."""

    def __init__(self, desk, number, stop):
        self.desk, self.number, self.stop = desk, number, stop
        self.chance = random.Random(number)
        self.statuses = Counter()
        self.wrong = []
        self.tickets = {}  # number → what was confirmed of it

    def run(self, customer, users):
        count = 0
        while not self.stop.is_set():
            count += 1
            subject = f"client {self.number}, ticket {count}"
            made = self.insist(
                "POST",
                "/tickets",
                {
                    "customerId": customer,
                    "subject": subject,
                    "description": "Is it whole?",
                    "category": "Shipping",
                    "priority": self.chance.choice(["Critical", "Low"]),
                },
            )
            if made is None:
                return
            said = self.tickets[made["ticketId"]] = {"subject": subject, "lines": []}
            path = f"/tickets/{made['ticketId']}"
            for turn in range(self.chance.randint(1, 4)):
                text = f"{subject}, line {turn}"
                kind = self.chance.choice(["Internal Note", "Customer Response"])
                if self.insist("POST", f"{path}/communicate", {"type": kind, "content": text}):
                    said["lines"].append(text)
            if changed := self.insist("POST", f"{path}/assign", {"assignedTo": users[0]}):
                said["assignedTo"] = changed["assignedTo"]
            if self.chance.random() < 0.5 and (
                changed := self.insist("PUT", path, {"status": "Resolved"})
            ):
                said["status"] = changed["status"]

    def insist(self, method, path, body):
        """Send it until it is confirmed; None when the test is over before."""
        key = f"{self.number}-{self.chance.random()}"
        while True:
            status, answer = self.ask(method, path, body, key)
            if status in (200, 201):
                return answer
            if status not in (0, 503):
                self.wrong.append(f"{method} {path}: {status} {answer}")
                return None
            if self.stop.wait(0.2):
                return None

    def ask(self, method, path, body=None, key=""):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.desk.port}/api{path}",
            json.dumps(body).encode() if body else None,
            {
                "Authorization": f"Bearer {self.desk.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key or "none",
            },
            method=method,
        )
        status, answer = 0, None
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, answer = response.status, json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            status, answer = error.code, text[:500]
            if "Traceback" in text or error.headers["Content-Type"] != "application/problem+json":
                self.wrong.append(f"{method} {path}: no honest answer: {status} {answer}")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # nobody there, or cut off in the middle
        self.statuses[status] += 1
        return status, answer


class Visitor:
    """A representative who goes from page to page and fills in forms while parts die.

    Each answer is the page itself or an honest one: no answer, or 503 in words, and that only while
    something that a page needs has just died. Nobody is signed out, and no note that was confirmed
    is missing afterwards.
    """

    NEEDS = ("web", "dynamodb", "redis")
    GRACE = 90.0  # seconds in which what died is back, on a busy machine

    HONEST = "Nothing was"  # "… changed", "… lost": what the error page says of it

    def __init__(self, desk, stop):
        self.browser, self.stop = Browser(desk), stop
        self.excused_until = 0.0
        self.answers = Counter()
        self.wrong = []
        self.notes = []
        found = re.search(r'href="/tickets/(\d+)/"', self.browser.get("/tickets/"))
        self.ticket = f"/tickets/{found[1]}/"
        self.pages = {
            "/": "My work",
            "/tickets/": 'id="filter-assignedTo"',
            self.ticket: 'name="content"',
            "/tickets/new/": 'name="description"',
            "/customers/": "Customers",
        }

    def run(self):
        while not self.stop.wait(0.05):
            for path, mark in self.pages.items():
                text = self.visit("page", path, lambda path=path: self.browser.get(path))
                if text is not None and mark not in text:
                    self.wrong.append(f"{path} without {mark!r}: {text[:300]}")
            self.write_note()

    def hear_of_death(self, part):
        if part in self.NEEDS:
            self.excused_until = time.monotonic() + self.GRACE

    def write_note(self):
        text = f"Seen while parts die, {len(self.notes)}, {random.random()}"
        posted = self.visit(
            "note", self.ticket, lambda: self.browser.post(f"{self.ticket}note/", content=text)
        )
        if posted is not None:
            self.notes.append(text)

    def visit(self, kind, path, ask):
        """What the desk answered; None where it did not, or said that it cannot right now."""
        try:
            answer = ask()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            self.answers[kind, error.code] += 1
            if error.code != 503 or self.HONEST not in text or "Traceback" in text:
                self.wrong.append(f"{kind} {path}: {error.code} {text[:500]}")
            if time.monotonic() > self.excused_until:
                self.wrong.append(f"{kind} {path}: {error.code} while all that it needs was there")
            return None
        except (OSError, http.client.HTTPException, AssertionError):
            self.answers[kind, 0] += 1  # nobody there, or cut off in the middle
            return None
        self.answers[kind, 200] += 1
        if "/accounts/login/" in answer[:200] or 'name="password"' in answer:
            self.wrong.append(f"{kind} {path}: signed out")
        return answer


@pytest.fixture
def running(tmp_path, with_demo_data):
    desk = RunningDesk(
        with_demo_data(tmp_path),
        SLA_SWEEP_SECONDS="2",
        API_REQUESTS_PER_MINUTE="0",
        MILESTONES_AHEAD=str(20 + 4 * KILLS),
        TICKETS=str(TICKETS),
    )
    desk.start()
    yield desk
    if desk.process.poll() is None:
        desk.kill()


def test_nothing_that_was_confirmed_is_lost_whatever_dies(running, looked_at):
    desk = running
    assert [part for part, pids in desk.parts().items() if not pids] == [], "cannot be killed"
    chance = random.Random(KILLS)
    desk.token = desk.manage("create_api_token", "rep").splitlines()[-1]
    last_milestone = float(desk.python("tests/chaos/population.py", "populate"))
    stop = threading.Event()
    clients = [Client(desk, number, stop) for number in range(CLIENTS)]
    _status, customers = clients[0].ask("GET", "/customers?limit=1")
    _status, users = clients[0].ask("GET", "/users")
    given = customers["items"][0]["customerId"], [one["userId"] for one in users["items"]]
    threads = [threading.Thread(target=client.run, args=given, daemon=True) for client in clients]
    for thread in threads:
        thread.start()

    visitor = Visitor(desk, stop)
    threads.append(threading.Thread(target=visitor.run, daemon=True))
    threads[-1].start()

    kills = Counter()
    recent = []
    while sum(kills.values()) < KILLS:
        time.sleep(chance.uniform(0.5, 3))  # the moment of the next kill, not a wait
        now = time.monotonic()
        recent = [(at, part) for at, part in recent if now - at < 60]
        busy = Counter(part for _at, part in recent)
        there = {
            part: pids for part, pids in desk.parts().items() if pids and busy[part] < MOST_A_MINUTE
        }
        if not there:
            continue
        # Each part once, so that no run leaves one out; then whichever chance names.
        part = chance.choice(sorted(set(there) - set(kills)) or sorted(there))
        # The program itself, or one of its children.
        victim = there[part][0] if chance.random() < 0.7 else chance.choice(there[part])
        visitor.hear_of_death(part)
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            kills[part] += 1
            recent.append((now, part))

    back = desk_is_back(desk, clients[0])
    assert desk.process.poll() is None, "the desk gave up"
    assert len(kills) == min(KILLS, len(PARTS)), f"not everything died: {kills}"
    heard = [client.statuses[201] for client in clients]
    waiting_since = time.monotonic()
    while any(client.statuses[201] == was for client, was in zip(clients, heard, strict=True)):
        assert time.monotonic() - waiting_since < 60, [one.wrong for one in clients]
        time.sleep(0.05)
    # How many pages came while parts died is a matter of the machine: the visit goes on until
    # there were some.
    while visitor.answers["page", 200] < 5 * KILLS or visitor.answers["note", 200] < KILLS:
        assert time.monotonic() - waiting_since < 120, f"no pages to speak of: {visitor.answers}"
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(timeout=90)
    settle(desk, after=last_milestone)

    wrong = [line for client in clients for line in client.wrong]
    assert wrong + visitor.wrong == []
    written = Counter(line["content"] for line in communications(clients[0], visitor.ticket))
    assert [text for text in visitor.notes if written[text] < 1] == [], "confirmed notes are lost"
    confirmed = 0
    for client in clients:
        for number, said in client.tickets.items():
            confirmed += 1 + len(said["lines"])
            status, found = client.ask("GET", f"/tickets/{number}")
            assert status == 200, f"ticket {number} is lost"
            assert found["subject"] == said["subject"]
            contents = Counter(line["content"] for line in found["communications"])
            for text in said["lines"]:
                assert contents[text] == 1, f"ticket {number}: {text!r} {contents[text]} times"
            for name in ("assignedTo", "status"):
                assert found[name] == said.get(name, found[name]), f"ticket {number}: {name}"
        listed = client.ask("GET", f"/tickets?q=client+{client.number}&limit=100")[1]["items"]
        subjects = Counter(one["subject"] for one in listed)
        assert [one for one, times in subjects.items() if times > 1] == []
    verified = desk.manage("verify_tickets")
    found = json.loads(desk.python("tests/chaos/population.py", "inspect"))
    assert found["wrong"] == []
    assert found["fired"] >= TICKETS / 2
    statuses = sum((client.statuses for client in clients), Counter())
    seen = {f"{kind} {code or 'none'}": count for (kind, code), count in visitor.answers.items()}
    looked_at(
        f"kills {dict(kills)}; {confirmed:,} confirmed writes, none lost or doubled; the API "
        f"answered {dict(statuses)}, pages {seen}; back in {back:.1f} s; {found['fired']} "
        f"milestones exact; {verified.splitlines()[-1]}"
    )
    assert back < BACK_WITHIN


def communications(client, path):
    """Everything that was written on a ticket, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        _status, answer = client.ask("GET", path.rstrip("/") + cursor)
        found += answer["communications"]
        following = answer.get("communicationsCursor")
        cursor = f"?communicationsCursor={urllib.parse.quote(following)}" if following else None
    return found


def desk_is_back(desk, client):
    """Seconds until every part answers again and a ticket can be listed."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if desk.is_ready() and client.ask("GET", "/tickets?limit=1")[0] == 200:
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError("the desk did not come back")


def settle(desk, *, after):
    """Until all that follows is done: milestones fired, events passed on, notices mailed.

    `after` is the time at which the last milestone passes: whoever looks earlier sees a desk at
    work, where one thing is already told of and the next is not.
    """
    time.sleep(max(0, after - time.time()))
    until = time.time() + PATIENCE
    left = json.loads(desk.python("tests/chaos/population.py", "settle", str(until)))
    assert not any(left.values()), f"not done: {left}"
