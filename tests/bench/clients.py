"""Clients over loopback that keep their connection, and what they are answered."""

import http.client
import json
import re
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.bench.costs import HEADER
from tests.bench.production import BEHIND_A_PROXY
from tests.chaos.desk import RunningDesk

WARM_UP = 20
COST = re.compile(r'desc="(\d+) requests, ([\d.e+-]+) units", sql;desc="(\d+) queries"')


@dataclass(frozen=True)
class Request:
    """One kind of request; a body is made anew for each number."""

    method: str
    path: str
    headers: dict[str, str]
    body: Callable[[int], str | None] = lambda number: None
    expected: tuple[int, ...] = (200,)


def signed_in(session: str) -> dict[str, str]:
    """The headers of somebody with this session."""
    return {**BEHIND_A_PROXY, "Cookie": f"sessionid={session}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def measured(
    desk: RunningDesk,
    request: Request,
    *,
    clients: int,
    count: int,
    tickets: list[str] | None = None,
    warm_up: int = WARM_UP,
    pause: float = 0,
) -> dict[str, Any]:
    """Ask `count` times with each client: milliseconds, requests a second, and bytes of one.

    Each client has one of `tickets`, for the path, and asks every `pause` seconds, if it can.
    """
    times: list[float] = []
    sizes: list[int] = []
    start = threading.Barrier(clients + 1)

    def ask(client: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", desk.port)
        path = request.path.format(tickets[client]) if tickets else request.path
        own = []
        due = 0.0
        for number in range(-warm_up, count):
            if number == 0:
                start.wait()
                due = time.perf_counter() + pause * client / clients
            time.sleep(max(due - time.perf_counter(), 0) if pause else 0)
            due += pause
            began = time.perf_counter()
            content = _answer(line, request, path, client * 1_000_000 + warm_up + number)
            if number >= 0:
                own.append((time.perf_counter() - began) * 1_000)
                sizes.append(len(content))
        times.extend(own)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert len(times) == clients * count, "a client fell over; its error stands above"
    return {
        **spread(times),
        "rate": round(len(times) / took, 1),
        "bytes": int(statistics.median(sizes)),
    }


def cost(desk: RunningDesk, request: Request, ticket: str = "") -> dict[str, float]:
    """What one costs, the median of seven: requests to DynamoDB, capacity units, SQL queries."""
    line = http.client.HTTPConnection("127.0.0.1", desk.port)
    asking = replace(request, headers={**request.headers, HEADER: "1"})
    found = []
    for number in range(7):
        _answer(line, asking, request.path.format(ticket), 900_000_000 + number, told := {})
        [words] = COST.findall(told["Server-Timing"])
        found.append([float(word) for word in words])
    names = ("requests", "units", "queries")
    return dict(zip(names, map(statistics.median, zip(*found, strict=True)), strict=True))


def _answer(
    line: http.client.HTTPConnection,
    request: Request,
    path: str,
    number: int,
    told: dict[str, str] | None = None,
) -> bytes:
    """What is answered, before compression; its headers are added to `told`."""
    line.request(request.method, path, request.body(number), request.headers)
    answer = line.getresponse()
    content = answer.read()
    assert answer.status in request.expected, f"{path}: {answer.status} {content[:300]!r}"
    if told is not None:
        told.update(answer.headers.items())
    return content


def spread(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {name: round(cuts[place], 1) for name, place in (("p50", 49), ("p95", 94), ("p99", 98))}


def as_json(**fields: Any) -> str:
    return json.dumps(fields)
