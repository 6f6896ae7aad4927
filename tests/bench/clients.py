"""Clients over loopback that keep their connection, and what they are answered."""

import http.client
import json
import re
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.desk import Browser, RunningDesk

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


def session(desk: RunningDesk, username: str) -> dict[str, str]:
    """The headers of somebody who is signed in."""
    browser = Browser(desk, username)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    return {"Cookie": cookies}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def measured(
    desk: RunningDesk,
    request: Request,
    *,
    clients: int,
    count: int,
    tickets: list[str] | None = None,
) -> dict[str, Any]:
    """Ask `count` times with each client: milliseconds, requests a second, and the cost of one.

    Each client has one of `tickets`, for the path.
    """
    times: list[float] = []
    costs: list[tuple[float, ...]] = []
    start = threading.Barrier(clients + 1)

    def ask(client: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", desk.port)
        own = []
        path = request.path.format(tickets[client]) if tickets else request.path
        for number in range(-WARM_UP, count):
            if number == 0:
                start.wait()
            body = request.body(client * 1_000_000 + WARM_UP + number)
            began = time.perf_counter()
            line.request(request.method, path, body, request.headers)
            answer = line.getresponse()
            content = answer.read()
            assert answer.status in request.expected, (
                f"{request.path}: {answer.status} {content[:300]!r}"
            )
            if number >= 0:
                own.append((time.perf_counter() - began) * 1_000)
                if cost := COST.search(answer.headers.get("Server-Timing", "")):
                    costs.append(tuple(float(part) for part in cost.groups()))
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
    return {**spread(times), "rate": round(len(times) / took, 1), "cost": _typical(costs)}


def spread(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {name: round(cuts[place], 1) for name, place in (("p50", 49), ("p95", 94), ("p99", 98))}


def _typical(costs: list[tuple[float, ...]]) -> dict[str, float]:
    names = ("requests", "units", "queries")
    if not costs:
        return dict.fromkeys(names, 0)
    return dict(
        zip(names, (statistics.median(column) for column in zip(*costs, strict=True)), strict=True)
    )


def as_json(**fields: Any) -> str:
    return json.dumps(fields)
