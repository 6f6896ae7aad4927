"""Runs inside a desk's own process: `write N` in three threads until it is told to stop, and
`check` what is there."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Event, Lock, Thread

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402

from customers.services.create import create_customer  # noqa: E402
from helpdesk.accounts.actors import SYSTEM  # noqa: E402
from helpdesk.accounts.models import Team  # noqa: E402
from helpdesk.audit import store  # noqa: E402
from helpdesk.audit.deliver import deliver  # noqa: E402
from helpdesk.audit.record import loaded  # noqa: E402
from helpdesk.clock import this_second  # noqa: E402
from tickets.services.conversation.attachments import kept, opened  # noqa: E402
from tickets.services.conversation.communicate import note, respond  # noqa: E402
from tickets.services.delivery import outbox  # noqa: E402
from tickets.services.lifecycle.create import create_ticket  # noqa: E402
from tickets.services.lifecycle.status import change_status  # noqa: E402
from tickets.store import queries, ticket_numbers  # noqa: E402
from tickets.store.items import Attachment  # noqa: E402

THREADS = 3


def write(count: int) -> None:
    """Write `count` changes, and print a line of JSON for each that is confirmed."""
    call_command("migrate", verbosity=0)
    call_command("create_tables", stdout=StringIO())
    customer = create_customer(name="Backup", by=SYSTEM, now=this_second()).customer_id
    stop, lock = Event(), Lock()
    Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()

    def confirm(**words: object) -> None:
        with lock:
            sys.stdout.write(f"{json.dumps(words)}\n")
            sys.stdout.flush()

    def work(thread: int) -> None:
        for number in range(count // THREADS):
            if stop.is_set():
                return
            _one(customer, f"{thread}-{number}", number, confirm)

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(work, thread) for thread in range(THREADS)]:
            done.result()


def _one(customer: str, name: str, number: int, confirm) -> None:
    ticket = create_ticket(
        customer_id=customer,
        subject=name,
        description="x",
        category="General",
        priority="Medium",
        by=SYSTEM,
    ).ticket_id
    confirm(ticket=ticket, version=1)
    respond(ticket, content="Soon.", by=SYSTEM)
    with kept(ticket, [SimpleUploadedFile(f"{name}.txt", name.encode())]) as files:
        after = note(ticket, content="With a file.", attachments=files, by=SYSTEM)
    confirm(ticket=ticket, version=after.version, file=files[0].file_id, text=name)
    confirm(ticket=ticket, version=change_status(ticket, to="Resolved", by=SYSTEM).version)
    if number % 3 == 0:
        confirm(team=Team.objects.create(name=name).name)
        outbox.dispatch()
        deliver()


def check() -> None:
    """Do what docs/backup.md says after a restore, and print what is there."""
    out = StringIO()
    for command in ("migrate", "create_tables", "after_restore"):
        call_command(command, stdout=out)
    for command in ("rebuild_search", "rebuild_reports"):
        call_command(command, stdout=StringIO())
    deliver()
    broken = []
    for command in ("verify_tickets", "verify_audit"):
        try:
            call_command(command, stdout=out)
        except CommandError as error:
            broken.append(str(error))
    tickets = {}
    for ticket, log in queries.every_ticket():
        files = [file for line in log for file in line.attachments or ()]
        tickets[ticket.ticket_id] = {
            "version": ticket.version,
            "files": {file.file_id: _read(file) for file in files},
        }
    recorded = [
        change.values[1]
        for entry in store.chain()
        if entry.kind == "team"
        for change in loaded(entry.changes)
        if change.field == "name" and change.values
    ]
    found = {
        "tickets": tickets,
        "teams": list(Team.objects.values_list("name", flat=True)),
        "recorded": recorded,
        "next": int(ticket_numbers.next_ticket_id()),
        "broken": broken,
        "printed": out.getvalue(),
    }
    sys.stdout.write(json.dumps(found))


def _read(attachment: Attachment) -> str:
    with opened(attachment) as file:
        return file.read().decode()


if sys.argv[1] == "write":
    write(int(sys.argv[2]))
else:
    check()
