"""Odd mail of real programs comes through the door: each has an outcome, and nothing is lost.

A selection, or all of the folder that MAIL_CORPUS names; test_corpus.py reads the same.
"""

import os
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from helpdesk.mail.reading import Automatic, ReadMessage, read
from tests.email.conftest import after
from tests.mail.reading.test_corpus import NO_REPORTS
from tests.world import log_of
from tickets.domain.mail.outcome import Outcome
from tickets.services.conversation import attachments
from tickets.services.email.incoming.messages import storable
from tickets.services.email.incoming.receive import receive
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store
from tickets.store.mail import InboundEmail

FOLDER = Path(os.environ.get("MAIL_CORPUS") or Path(__file__).parents[1] / "mail" / "corpus")
MACHINES = (Outcome.BOUNCE, Outcome.AUTO_REPLY, Outcome.IGNORED)
RAW_IS_KEPT = (Outcome.TICKET, Outcome.REPLY, Outcome.SUSPENDED, Outcome.PARKED, *MACHINES[:2])


class Taken(NamedTuple):
    """A mail of the corpus, and what became of it."""

    name: str
    source: str
    raw: bytes
    outcome: Outcome
    first: InboundEmail
    """Its record; of a duplicate, that of the mail which came first."""
    seconds: float


@pytest.fixture
def taken(desk, mailbox) -> list[Taken]:
    found = []
    paths = [path for path in sorted(FOLDER.rglob("*")) if path.parent != FOLDER]
    for place, path in enumerate(path for path in paths if path.is_file()):
        raw = path.read_bytes()
        began = time.process_time()
        received = receive(raw, mailbox="support", now=after(minutes=place))
        took = time.process_time() - began
        assert received.outcome is not None, f"{path.name} was not processed"
        record = store.email(store.email_pk("support", received.message_key))
        found.append(Taken(path.name, path.parent.name, raw, received.outcome, record, took))
    assert len(found) > 40
    return found


def test_each_has_an_outcome_soon_and_nothing_of_it_is_lost(taken, looked_at):
    counts: dict[str, Counter[str]] = {}
    for mail in taken:
        counts.setdefault(mail.source, Counter())[mail.outcome.value] += 1
    slowest = max(mail.seconds for mail in taken)
    looked_at(
        f"{len(taken):,} mails through the door, none with an exception, none parked, the slowest "
        f"in {slowest * 1000:.0f} ms of processor beside its reading"
    )
    for source, count in sorted(counts.items()):
        looked_at(f"{source}: " + ", ".join(f"{what} {n}" for what, n in count.most_common()))

    assert slowest < 5
    for mail in taken:
        assert mail.outcome is not Outcome.PARKED, mail.name  # by its reader, after five seconds
        if mail.outcome in RAW_IS_KEPT:
            assert raw_messages.read(mail.first.sha256) == mail.raw, mail.name
        if mail.outcome in (Outcome.TICKET, Outcome.REPLY):
            shows_all(mail, read(mail.raw))


def shows_all(mail: Taken, message: ReadMessage) -> None:
    """Its text stands on the ticket, and every file, whole."""
    [line] = [
        line
        for line in log_of(mail.first.ticket_id)
        if line.communication_id == mail.first.communication_id
    ]
    files = {one.name: one for one in line.attachments or ()}
    text = line.content
    if "message.txt" in files and len(message.text) > len(text):
        with attachments.opened(files["message.txt"]) as whole:
            text = whole.read().decode()
    assert text.strip() == storable(message.text).strip(), mail.name
    kept = sorted(one.size for one in line.attachments or () if one.name != "message.txt")
    assert kept == sorted(len(one.content) for one in message.files if one.name != "message.txt"), (
        mail.name
    )


def test_what_machines_say_is_no_work(taken, looked_at):
    machines = [one for one in taken if one.source == "sisimai" and "__not__" not in one.name]
    # A copy in other line ends is a duplicate of what the first became.
    missed = {one.name: one.first.state for one in machines if one.first.state not in MACHINES}
    share = 1 - len(missed) / len(machines)
    looked_at(
        f"of {len(machines)} reports and automatic replies {share:.1%} end as bounce, auto-reply "
        f"or ignored, the others: " + ", ".join(f"{name} {state}" for name, state in missed.items())
    )
    if len(machines) > 100:
        assert share >= 0.98
    # Automatic replies that belong to no ticket wait for a person.
    replies = {one.name for one in machines if read(one.raw).automatic is Automatic.AUTO_REPLY}
    assert set(missed) <= NO_REPORTS | replies
    assert not [one.name for one in machines if one.first.ticket_id and one.name not in NO_REPORTS]
