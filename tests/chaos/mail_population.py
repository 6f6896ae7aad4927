"""Run inside a desk's own process: its mailbox, and what became of the mail."""

import json
import os
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from io import StringIO
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from helpdesk.clock import this_second  # noqa: E402
from helpdesk.mail import queue  # noqa: E402
from helpdesk.mail.reading import content_key  # noqa: E402
from tests.email.imap_server import PASSWORD, USER  # noqa: E402
from tickets.models import Mailbox  # noqa: E402
from tickets.services.email.fetching.fetch import Fetcher, Taken  # noqa: E402
from tickets.store import events, queries  # noqa: E402
from tickets.store import mail as store  # noqa: E402
from tickets.store.mail import STORED  # noqa: E402

NAME, ADDRESS = "chaos", "chaos@desk.example"
LETTER, ANSWER = re.compile(r"letter-(\d+)\."), re.compile(r"answer-(\d+)\.")
LATER = 10 * queue.LOST_AFTER


def begin() -> None:
    """Open a mailbox for the first time, and print a token of the API."""
    mailbox, _new = Mailbox.objects.update_or_create(
        name=NAME,
        defaults={
            "address": ADDRESS,
            "imap_host": "127.0.0.1",
            "imap_port": int(os.environ["IMAP_PORT"]),
            "imap_user": USER,
            "imap_secret": PASSWORD,
        },
    )
    try:
        Fetcher(mailbox).once()
    except Taken:  # the mailroom is there already
        while (state := store.mailbox_state(NAME)) is None or state.uid_validity is None:
            time.sleep(0.05)
    call_command("create_api_token", "rep")


def finish() -> None:
    """Wait until all is done that follows, and print what became of each message."""
    until = time.monotonic() + float(os.environ["PATIENCE"])
    folder = Path(os.environ["MAIL_IN"])
    pks = [
        store.email_pk(NAME, content_key(file.read_bytes())) for file in sorted(folder.iterdir())
    ]
    while left := _left(pks):
        if time.monotonic() > until:
            print(json.dumps({"left": left}))
            return
        time.sleep(0.5)
    verified = StringIO()
    with suppress(SystemExit):
        call_command("verify_tickets", stdout=verified)
    print(json.dumps({"left": {}, **_found(pks), "verified": verified.getvalue().splitlines()[-1]}))


def _left(pks: list[str]) -> dict[str, int]:
    """What is still to be done, by what it is."""
    found = {
        "mails to be sent": len(queue.due(this_second() + LATER, limit=5_000)),
        "events": len(list(events.waiting(limit=5_000))),
        "not recorded": sum(store.email(pk) is None for pk in pks[-20:]),
        "not processed": len(store.emails_page(STORED, limit=100)),
    }
    if not any(found.values()):
        found["not recorded"] = sum(store.email(pk) is None for pk in pks)
    return {what: count for what, count in found.items() if count}


def _found(pks: list[str]) -> dict[str, object]:
    letters: Counter[str] = Counter()
    answers: dict[str, list[str]] = {}
    states = [str(one.state) if (one := store.email(pk)) else "lost" for pk in pks]
    for _ticket, log in queries.every_ticket():
        for line in log:
            letters.update(LETTER.findall(line.content or ""))
            for number in ANSWER.findall(line.content or ""):
                answers.setdefault(number, []).append(str(line.delivery))
    listed = Counter(one.result for one in queue.undelivered(limit=5_000))
    return {"letters": letters, "answers": answers, "outcomes": Counter(states), "listed": listed}


if __name__ == "__main__":
    {"begin": begin, "finish": finish}[sys.argv[1]]()
