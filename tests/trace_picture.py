"""python -m tests.trace_picture: docs/img/trace.svg, one reply from its page to its mail.

Starts `make run` with this program as its collector, sends a reply as a browser would, and draws
the trace that its processes report: nothing in the picture is made up.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.chaos.desk import ROOT, Browser, RunningDesk, customer_and_vehicle

PICTURE = ROOT / "docs/img/trace.svg"
PATIENCE = 60
WIDTH, LEFT, ROW, TOP = 1_120, 400, 20, 46
COLOURS = {
    "POST": "#2563eb",
    "change": "#2563eb",
    "task": "#7c3aed",
    "outbox": "#d97706",
    "mail": "#059669",
}
ENGINE = "#94a3b8"


@dataclass(frozen=True)
class Span:
    name: str
    span: bytes
    parent: bytes
    began: int
    ended: int
    process: int


@contextmanager
def collector() -> Iterator[tuple[str, dict[bytes, list[Span]]]]:
    """Yield the address of an OTLP endpoint, and the spans of each trace that come in."""
    traces: dict[bytes, list[Span]] = {}

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            for of_process in request.resource_spans:
                named = {one.key: one.value for one in of_process.resource.attributes}
                process = named["process.pid"].int_value if "process.pid" in named else 0
                for scope in of_process.scope_spans:
                    for one in scope.spans:
                        traces.setdefault(one.trace_id, []).append(
                            Span(
                                with_path(one),
                                one.span_id,
                                one.parent_span_id,
                                one.start_time_unix_nano,
                                one.end_time_unix_nano,
                                process,
                            )
                        )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", traces
    finally:
        server.shutdown()


def with_path(one) -> str:
    """The name of a span, of a request to DynamoDB with its table."""
    paths = [at.value.string_value for at in one.attributes if at.key == "db.collection.name"]
    return f"{one.name} {paths[0]}" if paths else one.name


def reply_of(desk: RunningDesk, traces: dict[bytes, list[Span]]) -> list[Span]:
    """Send a reply; return the spans of its trace when its mail is among them."""
    browser = Browser(desk)
    customer, vehicle = customer_and_vehicle(browser)
    ticket = browser.post(
        "/tickets/new/",
        customer=customer,
        vehicle=vehicle,
        subject="Where is my car?",
        description="It should have arrived.",
        category="Shipping",
        priority="Medium",
    )
    time.sleep(5)  # what follows from the new ticket
    browser.post(f"{ticket}reply/", content="It is on the quay.", sure="1")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for spans in list(traces.values()):
            names = {span.name for span in spans}
            if {"POST ticket_reply", "mail: reply", "task helpdesk.send_mail"} <= names:
                return spans
        time.sleep(0.5)
    raise AssertionError("the reply's trace did not arrive")


def drawn(spans: list[Span]) -> str:
    """The trace as a picture: a row a span, below its parent."""
    began = min(span.began for span in spans)
    lasts = max(span.ended for span in spans) - began
    rows = list(in_order(spans))
    scale = (WIDTH - LEFT - 70) / lasts
    height = TOP + ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="22" font-size="14" font-weight="600">One reply: {lasts / 1e6:.0f} ms, '
        f"{len(rows)} spans, {len({span.process for span in spans})} processes</text>",
    ]
    for number, (depth, span) in enumerate(rows):
        y = TOP + ROW * number
        x = LEFT + (span.began - began) * scale
        wide = max((span.ended - span.began) * scale, 1.5)
        colour = COLOURS.get(span.name.replace(":", " ").split()[0], ENGINE)
        shade = "#f8fafc" if number % 2 else "#fff"
        parts += [
            f'<rect x="0" y="{y - 4}" width="{WIDTH}" height="{ROW}" fill="{shade}"/>',
            f'<text x="{12 + 14 * depth}" y="{y + 10}" fill="#0f172a">{escape(span.name)}</text>',
            f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="12" rx="2" fill="{colour}"/>',
            f'<text x="{x + wide + 4:.1f}" y="{y + 10}" fill="#475569">'
            f"{(span.ended - span.began) / 1e6:.1f} ms</text>",
        ]
    return "\n".join([*parts, "</svg>", ""])


def in_order(spans: list[Span], above: bytes | None = None, depth: int = 0):
    """Each span after its parent, with its depth, in the order of time."""
    known = {span.span for span in spans}
    here = [s for s in spans if (s.parent == above if above else s.parent not in known)]
    for span in sorted(here, key=lambda one: one.began):
        yield depth, span
        yield from in_order(spans, span.span, depth + 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, collector() as (endpoint, traces):
        desk = RunningDesk(
            Path(folder), OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="500"
        )
        desk.start()
        try:
            spans = reply_of(desk, traces)
        finally:
            desk.interrupt()
    PICTURE.write_text(drawn(spans))
    print(f"written: {PICTURE}, {len(spans)} spans")


if __name__ == "__main__":
    main()
