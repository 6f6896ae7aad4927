"""A mail server of either kind as a program of its own, to be killed: its messages are files.

`python -m tests.chaos.mail_servers imap PORT FOLDER` serves what is in the folder, in the order of
the names, and what is put there later; after a death every message has its number again.
`… smtp PORT FOLDER` writes each message down before it says that it has it, and dies now and then
where that hurts: between the two, and before them.
"""

import asyncio
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller

from tests.email.imap_server import ImapServer

UID_VALIDITY = 20_26
DIES = {"before": 0.005, "after": 0.02}
"""The share of messages at which the SMTP server dies, and whether it has written them down."""


def imap(port: int, folder: Path) -> None:
    server = ImapServer()
    server.stop()
    server.folder()._uid_validity = UID_VALIDITY
    delivered: set[str] = set()
    _deliver(server, folder, delivered)
    server.port = port
    server.start()
    print("ready", flush=True)
    while True:
        time.sleep(0.05)  # how often it looks at the folder
        _deliver(server, folder, delivered)


def _deliver(server: ImapServer, folder: Path, delivered: set[str]) -> None:
    for name in sorted({file.name for file in folder.glob("*.eml")} - delivered):
        at = datetime.fromtimestamp(int((folder / name).stat().st_mtime), UTC)
        server.deliver((folder / name).read_bytes(), at=at)
        delivered.add(name)


class Recorder:
    """Takes every message."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.chance = folder, random.Random(time.monotonic_ns())

    async def handle_DATA(self, server, session, envelope) -> str:
        self.maybe_die("before")
        new = self.folder / f"{uuid4()}.new"
        with new.open("wb") as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        new.rename(new.with_suffix(".eml"))
        self.maybe_die("after")
        return "250 taken"

    def maybe_die(self, when: str) -> None:
        if self.chance.random() < DIES[when]:
            os.kill(os.getpid(), signal.SIGKILL)


def smtp(port: int, folder: Path) -> None:
    Controller(Recorder(folder), hostname="127.0.0.1", port=port).start()
    print("ready", flush=True)
    asyncio.new_event_loop().run_forever()


if __name__ == "__main__":
    {"imap": imap, "smtp": smtp}[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
