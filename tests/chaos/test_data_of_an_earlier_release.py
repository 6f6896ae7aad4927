"""Data of the release before this one opens, lists, verifies clean, and what it left is delivered.

`releases/bcb00ae.tar.xz` is a DATA_DIR that commit bcb00ae made: its demo data, then some replies,
an escalation, a mention and a bulk change, with no worker running. So its outbox and its mails are
undelivered, and its queue holds tasks under the names of that release. `bcb00ae.json` is what that
release said of each ticket.
"""

import json
import tarfile
import time
from pathlib import Path

import pytest

from tests.chaos.desk import Browser, RunningDesk
from tests.mail import smtp_server

RELEASES = Path(__file__).with_name("releases")

DUMP = """
import json, time
from tickets.store import queries
from tickets.store.events import OutboxEvent
deadline = time.monotonic() + 300
while any(str(item.pk).startswith("OUTBOX") for item in OutboxEvent.scan()):
    assert time.monotonic() < deadline, "the outbox is never empty"
    time.sleep(0.5)
print("DUMP" + json.dumps({
    "tickets": {
        ticket.ticket_id: {
            "subject": ticket.subject, "priority": ticket.priority, "status": ticket.status,
            "level": ticket.escalation_level, "version": ticket.version, "log": len(log),
            "tags": list(ticket.tags), "assignee": ticket.assigned_to,
        }
        for ticket, log in queries.every_ticket()
    },
}, default=str))
"""

ONCE_MORE = """
from helpdesk.mail import delivery
from tickets.services.delivery import old_mail, outbox
old_mail.take_over(), outbox.dispatch(), delivery.send_due()
"""

pytestmark = pytest.mark.timeout(900)


def dump(desk):
    """What is stored once everything in the outbox has been passed on."""
    [line] = [
        line for line in desk.manage("shell", "-c", DUMP).splitlines() if line.startswith("DUMP")
    ]
    return json.loads(line.removeprefix("DUMP"))


def until(holds, seconds=300):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.5)
    return found


def test_data_of_the_release_before_opens_verifies_and_is_delivered(tmp_path):
    with tarfile.open(RELEASES / "bcb00ae.tar.xz") as archive:
        # Python 3.11.4 and later can leave out what is no plain file.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path, **safely)  # noqa: S202 (an archive of ours)
    said = json.loads((RELEASES / "bcb00ae.json").read_text())
    with smtp_server.running() as mail_server:
        desk = RunningDesk(
            tmp_path,
            DJANGO_SETTINGS_MODULE="tests.chaos.smtp_settings",
            MAIL_PORT=str(mail_server.port),
        )
        desk.start()
        try:
            _works(desk, said, mail_server)
        finally:
            desk.kill()


def _works(desk, said, mail_server):
    browser = Browser(desk)
    acted = said["acted"]
    assert f"#{acted[0]}" in browser.get(f"/tickets/{acted[0]}/")

    desk.manage("upgrade_data")
    now = dump(desk)["tickets"]
    until(lambda: "drifts=0" in desk.manage("verify_tickets"))
    assert set(now) == set(said["tickets"])
    for number, was in said["tickets"].items():
        ticket = now[number]
        assert (ticket["subject"], ticket["priority"]) == (was["subject"], was["priority"])
        # Time goes on: deadlines pass, and what is resolved is closed.
        assert ticket["status"] in {was["status"], "Closed" if was["status"] == "Resolved" else ""}
        assert ticket["level"] >= was["level"], number
        assert ticket["version"] >= was["version"], number
        assert ticket["log"] >= was["log"], number
    assert all("upgrade" in now[number]["tags"] for number in acted[6:9]), "the queued change"

    listed = browser.get("/tickets/?view=all&q=" + said["tickets"][acted[0]]["subject"].split()[0])
    assert f"/tickets/{acted[0]}/" in listed, "the search index has what the outbox told"
    assert "The ship is due on Friday." in browser.get(f"/tickets/{acted[0]}/")
    assert "Second call today" in browser.get(f"/tickets/{acted[3]}/")

    mails = until(lambda: _replies(mail_server))
    desk.manage("shell", "-c", ONCE_MORE)
    assert len(_replies(mail_server)) == len(mails) == 1, "the reply that waited is delivered once"


def _replies(mail_server):
    return [mail for _to, mail in mail_server.taken if "The ship is due on Friday." in _text(mail)]


def _text(mail):
    parts = (part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart())
    return b" ".join(part or b"" for part in parts).decode("utf-8", "replace")
