"""python -m tests.bench.rest [SECONDS]: what a desk costs that nobody uses.

Starts `make run` with demo data, waits until it is at rest, and counts for SECONDS (300): commands
to Redis and requests to DynamoDB by their names, processor time, and memory (proportional set
size). Other work on the machine changes the processor's figure a little, the counts not at all.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from helpdesk.engines import dynamo
from tests.chaos.desk import RunningDesk

SETTLES = 60
"""Seconds in which what the demo data left to do is done."""


def main(seconds: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        dynamo.in_memory() as engine,
        counted(engine) as (url, requests),
    ):
        desk = RunningDesk(Path(folder), DYNAMODB_ENDPOINT_URL=url)
        desk.start()
        try:
            time.sleep(SETTLES)
            print(json.dumps(measured(desk, requests, seconds), indent=1))
        finally:
            desk.interrupt()


def measured(desk: RunningDesk, requests: Counter[str], seconds: int) -> dict[str, Any]:
    server = redis.Redis.from_url(engine_urls(desk)["REDIS_URL"])
    requests.clear()
    commands, used = commands_of(server), processor_seconds(desk)
    time.sleep(seconds)
    asked = Counter(requests)
    issued = commands_of(server) - commands
    issued.subtract({"info": 1})
    a_minute = 60 / seconds
    return {
        "seconds": seconds,
        "redis a minute": round(issued.total() * a_minute, 1),
        "redis": {name: round(count * a_minute, 1) for name, count in issued.most_common()},
        "dynamodb a minute": round(asked.total() * a_minute, 1),
        "dynamodb": {name: round(count * a_minute, 1) for name, count in asked.most_common()},
        "processor, % of a core": round((processor_seconds(desk) - used) / seconds * 100, 2),
        "memory, MB": memory(desk),
    }


@contextmanager
def counted(engine: str) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the address of a server that passes requests on to the engine, and their counts."""
    counts: Counter[str] = Counter()
    behind = urlsplit(engine).netloc

    class PassOn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            counts[named(self.headers["X-Amz-Target"], body)] += 1
            connection = HTTPConnection(behind)
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name in ("Content-Type", "x-amz-crc32", "x-amzn-requestid"):
                if value := answer.getheader(name):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), PassOn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", counts
    finally:
        server.shutdown()


def named(target: str, body: bytes) -> str:
    """Return the operation with the index or the partition that it reads."""
    operation = target.rpartition(".")[2]
    asked = json.loads(body)
    keys = [value.get("S", "") for value in asked.get("ExpressionAttributeValues", {}).values()]
    return " ".join(filter(None, [operation, asked.get("IndexName", ""), keys[0] if keys else ""]))


def engine_urls(desk: RunningDesk) -> dict[str, str]:
    lines = (desk.data / "engines.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def commands_of(server: "redis.Redis") -> Counter[str]:
    found: Any = server.info("commandstats")
    return Counter(
        {name.removeprefix("cmdstat_"): int(stats["calls"]) for name, stats in found.items()}
    )


def processor_seconds(desk: RunningDesk) -> float:
    """What all processes of the desk have used, engines included where they are its own."""
    ticks = 0
    for pid in desk.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(desk: RunningDesk) -> int:
    """MB (proportional set size) of all processes of the desk."""
    kilobytes = 0
    for pid in desk.processes():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes // 1_024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
