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
import traceback
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

import pytest

from tests.chaos.desk import PARTS, Browser, RunningDesk, customer_and_vehicle
from tests.chaos.pages import communications, listed

KILLS = int(os.environ.get("KILLS", "7"))
TICKETS = max(60, 6 * KILLS)
CLIENTS = 3
MOST_A_MINUTE = 3  # kills of one part: the more, the longer the desk waits before the next start
BACK_WITHIN = 60  # seconds after the last restart; the figure is in what it has looked at
PATIENCE = 120  # seconds until everything that follows is done
NEEDED = {"web", "dynamodb", "redis"}  # by every page
CALM, TROUBLE = "parts die that no page needs", "parts die that pages need"
GRACE = 45.0
"""Seconds until what died is back: at most 4.3 s on a quiet machine, 20 s on a crowded one."""

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

    While a part dies that no page needs, each answer is the page. While one dies that pages need,
    until all is back, it may also be 503 in words, or none. Nobody is signed out, and no note and
    no ticket that was confirmed is missing afterwards.
    """

    HONEST = "Nothing was"  # "… changed", "… lost": what the error page says of it

    def __init__(self, desk, stop):
        self.browser, self.stop = Browser(desk), stop
        self.phase = Phase("before")
        self.phases = []
        self.wrong = []
        self.notes = []
        self.tickets = {}  # address → subject
        self.customer, self.vehicle = customer_and_vehicle(self.browser)
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
        try:
            while not self.stop.wait(0.05):
                self.go_round()
        except Exception:  # noqa: BLE001 (shown by the test, which would wait for it)
            self.wrong.append(traceback.format_exc())

    def go_round(self):
        for path, mark in self.pages.items():
            text = self.visit("page", path, lambda path=path: self.browser.get(path))
            if text is not None and mark not in text:
                self.wrong.append(f"{path} without {mark!r}: {text[:300]}")
        text = f"Seen while parts die, {len(self.notes)}, {random.random()}"
        if self.send("note", f"{self.ticket}note/", content=text) is not None:
            self.notes.append(text)
        subject = f"Made while parts die, {len(self.tickets)}, {random.random()}"
        made = self.send(
            *("ticket", "/tickets/new/"),
            customer=self.customer,
            vehicle=self.vehicle,
            subject=subject,
            description="Is it whole?",
            category="Shipping",
            priority="Low",
        )
        if made is not None:
            self.tickets[made] = subject

    def begin(self, name):
        """From now on, what is asked belongs to another phase."""
        self.phase = Phase(name)
        self.phases.append(self.phase)
        return self.phase

    def send(self, kind, path, **fields):
        return self.visit(kind, path, lambda: self.browser.post(path, **fields))

    def visit(self, kind, path, ask):
        """What the desk answered; None where it did not, or said that it cannot right now."""
        phase = self.phase
        try:
            answer = ask()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            phase.answers[kind, error.code] += 1
            if error.code != 503 or self.HONEST not in text or "Traceback" in text:
                self.wrong.append(f"{kind} {path}: {error.code} {text[:500]}")
            self.not_excused(phase, kind, path, error.code)
            return None
        except (OSError, http.client.HTTPException) as error:
            phase.answers[kind, 0] += 1  # nobody there, or cut off in the middle
            self.not_excused(phase, kind, path, error)
            return None
        phase.answers[kind, 200] += 1
        if "/accounts/login/" in answer[:200] or 'name="password"' in answer:
            self.wrong.append(f"{kind} {path}: signed out")
        return answer

    def not_excused(self, phase, kind, path, answer):
        # What was asked in calm may be answered when the next phase has begun.
        if phase.name == self.phase.name == CALM:
            self.wrong.append(f"{kind} {path}: {answer!r} while all that it needs was there")


class Phase:
    """Some deaths of one sort, and what the visitor was answered meanwhile."""

    def __init__(self, name):
        self.name, self.answers = name, Counter()

    @property
    def served(self):
        return {kind: self.answers[kind, 200] for kind in ("page", "note", "ticket")}


class Killer:
    """Kills parts in phases: those that no page needs, then some that all need, until all is back.

    So each answer of the visitor belongs to a phase in which it had to come, or need not.
    """

    def __init__(self, desk, visitor, chance):
        self.desk, self.visitor, self.chance = desk, visitor, chance
        self.whole = {part: len(pids) for part, pids in desk.parts().items()}
        self.kills = Counter()
        self.recent = []
        self.longest_away = 0.0  # seconds from the last death of a phase until all is back

    def run(self):
        while self.kills.total() < KILLS:
            self.calm()
            self.trouble()

    def calm(self):
        phase = self.visitor.begin(CALM)
        for _ in range(min(2, KILLS - self.kills.total())):
            before = phase.served
            if self.kill_one_of(PARTS.keys() - NEEDED) is None:
                return
            self.wait_for(
                lambda before=before: (
                    phase.served["page"] >= before["page"] + len(self.visitor.pages)
                    and all(phase.served[kind] > before[kind] for kind in ("note", "ticket"))
                ),
                seconds=60,
                what=f"no pages while a part died that they do not need: {phase.answers}",
            )

    def trouble(self):
        self.visitor.begin(TROUBLE)
        gone = {part: set() for part in NEEDED}
        for _ in range(min(2, KILLS - self.kills.total())):
            if died := self.kill_one_of(NEEDED):
                part, pids = died
                gone[part] |= set(pids)
                time.sleep(self.chance.uniform(0.5, 3))  # the moment of the next kill, not a wait
        began = time.monotonic()
        self.wait_for(
            lambda: self.is_whole(gone) and self.desk.is_ready(),
            seconds=GRACE,
            what=f"not back within {GRACE} s: {self.desk.parts()}",
        )
        self.longest_away = max(self.longest_away, time.monotonic() - began)

    def is_whole(self, gone):
        there = self.desk.parts()
        return all(
            not gone[part] & set(there[part]) and len(there[part]) >= self.whole[part]
            for part in NEEDED
        )

    def kill_one_of(self, parts):
        """Kill a part of these, and return which it was, and its processes that end by that."""
        now = time.monotonic()
        self.recent = [(at, part) for at, part in self.recent if now - at < 60]
        busy = Counter(part for _at, part in self.recent)
        there = {
            part: pids
            for part, pids in self.desk.parts().items()
            if part in parts and pids and busy[part] < MOST_A_MINUTE
        }
        if not there:  # each has died often enough for now
            time.sleep(0.2)
            return None
        # Each part once, so that no run leaves one out; then whichever chance names.
        part = self.chance.choice(sorted(set(there) - set(self.kills)) or sorted(there))
        # The program itself, or one of its children.
        first = self.chance.random() < 0.7
        victim = there[part][0] if first else self.chance.choice(there[part])
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return None
        self.kills[part] += 1
        self.recent.append((now, part))
        return part, there[part] if victim == there[part][0] else [victim]

    def wait_for(self, is_so, *, seconds, what):
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, f"{what} {self.visitor.wrong[:3]}"
            time.sleep(0.05)


@pytest.fixture
def running(tmp_path, with_demo_data):
    desk = RunningDesk(
        with_demo_data(tmp_path),
        SLA_SWEEP_SECONDS="2",
        API_REQUESTS_PER_MINUTE="0",
        MILESTONES_AHEAD=str(12 + 4 * KILLS),
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

    killer = Killer(desk, visitor, chance)
    killer.run()

    back = desk_is_back(desk, clients[0])
    assert desk.process.poll() is None, "the desk gave up"
    visitor.begin(CALM)
    kills = killer.kills
    assert len(kills) == min(KILLS, len(PARTS)), f"not everything died: {kills}"
    heard = [client.statuses[201] for client in clients]
    waiting_since = time.monotonic()
    while any(client.statuses[201] == was for client, was in zip(clients, heard, strict=True)):
        assert time.monotonic() - waiting_since < 60, [one.wrong for one in clients]
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(timeout=90)
    settle(desk, after=last_milestone)

    wrong = [line for client in clients for line in client.wrong]
    assert wrong + visitor.wrong == []
    written = Counter(line["content"] for line in communications(clients[0], visitor.ticket))
    assert [text for text in visitor.notes if written[text] < 1] == [], "confirmed notes are lost"
    for address, subject in visitor.tickets.items():
        status, found = clients[0].ask("GET", address.rstrip("/"))
        assert (status, found["subject"]) == (200, subject), f"{address} is lost"
    made = listed(clients[0], "Made while parts die")
    assert made.keys() >= set(visitor.tickets.values()), "confirmed tickets are not found"
    assert [subject for subject, times in made.items() if times > 1] == []
    confirmed = len(visitor.notes) + len(visitor.tickets)
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
        subjects = listed(client, f"client {client.number}")
        assert [one for one, times in subjects.items() if times > 1] == []
    verified = desk.manage("verify_tickets")
    found = json.loads(desk.python("tests/chaos/population.py", "inspect").splitlines()[-1])
    assert found["wrong"] == []
    assert found["fired"] >= TICKETS / 2
    statuses = sum((client.statuses for client in clients), Counter())
    answers = {
        name: sum((one.answers for one in visitor.phases if one.name == name), Counter())
        for name in (CALM, TROUBLE)
    }
    looked_at(
        f"kills {dict(kills)}; {confirmed:,} confirmed writes, none lost or doubled; the API "
        f"answered {dict(statuses)}, the pages {seen(answers)}; back in {back:.1f} s, and at most "
        f"{killer.longest_away:.1f} s after a death; {found['fired']} milestones exact; "
        f"{verified.splitlines()[-1]}"
    )
    assert answers[TROUBLE].total() >= sum(kills[part] for part in NEEDED)
    assert back < BACK_WITHIN


def seen(answers):
    """How often pages and forms were answered, and how, in words."""
    return "; ".join(
        f"while {name}: "
        + ", ".join(f"{kind} {code or 'none'} {n}" for (kind, code), n in sorted(counted.items()))
        for name, counted in answers.items()
    )


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
    left = json.loads(
        desk.python("tests/chaos/population.py", "settle", str(until)).splitlines()[-1]
    )
    assert not any(left.values()), f"not done: {left}"
