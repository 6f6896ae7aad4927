"""An erased customer is nowhere: every store is read whole, byte by byte, for a marker."""

import io
import json
import os
import zipfile

import pytest
from celery.signals import before_task_publish
from django.contrib.admin.models import LogEntry
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from helpdesk import wake
from helpdesk.dynamo.table import client as dynamo
from tests.api.test_tickets import is_problem
from tests.death import die, dies_of_9
from tests.security.marked_customer import EMAIL, MARK, PHONE, TRACES, VIN, World, scan, whole_log
from tests.world import settle, stored
from tickets.models import CustomerJob
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import note
from tickets.services.customer_records import data_export
from tickets.services.maintenance import ticket_import
from tickets.store import webhook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


WRITES = 60
"""So many writes an erasure of the world below makes at least: a kill may come before each."""
KILLED_AT = int(os.environ.get("ERASURE_KILLS", "6"))
"""Before so many of them one comes."""


@pytest.fixture(autouse=True)
def files_of_its_own(settings):
    """Files are in memory, and those of a test before would be found."""
    settings.STORAGES = {**settings.STORAGES}


@pytest.fixture
def world(desk, client, tmp_path):
    made = World(desk, client)
    file = tmp_path / "history.jsonl"
    file.write_text(made.history)
    ticket_import.import_history(file)
    settle()
    return made


def test_an_erased_customer_is_in_no_store(world, settings):
    before = scan()
    stores = {
        f"{settings.DYNAMODB_TABLE_PREFIX}tickets",
        f"{settings.DYNAMODB_TABLE_PREFIX}customers",
        *("customers_customerfile", "django_admin_log", "tickets_savedview"),
        *("tickets_text", "tickets_text_content", "tickets_text_data", "tickets_entrytag"),
        *("files", "mail", "sqlite"),
    }
    if connection.vendor != "sqlite":
        stores -= {"sqlite", "tickets_text_content", "tickets_text_data"}
    assert stores <= set(before), f"the scan finds nothing in {stores - set(before)}"

    assert len(before["mail"]) == 6, "one of each kind: tests/security/marked_mails.py"

    with Killer() as counted:
        world.erase()
    world.after_it()

    assert counted.writes >= WRITES, counted.writes
    left = scan()
    assert left == {}, "\n".join(
        f"{store}: {one}" for store, all in left.items() for one in all[:5]
    )


def test_what_is_sent_to_workers_carries_no_words_of_people(desk, client, monkeypatch):
    monkeypatch.setattr(wake, "_send_once", lambda mark, seconds, sending: sending())
    sent = []

    @before_task_publish.connect(weak=False)
    def keep(sender, body, headers, **_more):
        sent.append(json.dumps([sender, body, headers], default=str))

    try:
        world = World(desk, client)
        world.erase()
    finally:
        before_task_publish.disconnect(keep)

    assert len(sent) > 10
    assert [one for one in sent if any(trace in one.lower() for trace in TRACES)] == []


def test_events_carry_no_words_of_people(world):
    assert len(world.events) > 20
    assert [one.data for one in world.events if MARK in one.data] == []


def test_a_message_that_waits_still_says_that_something_happened(world):
    world.erase()

    [old] = [one for one in webhook.all_messages(world.hook) if str(one.sk) == "01OLD"]
    assert json.loads(old.body) == {"event": "ticket.escalated", "data": {}}


def test_what_is_nobodys_in_particular_stays(world):
    number, lines = world.answered, len(whole_log(world.answered))
    before = stored(number)

    world.erase()
    world.after_it()

    ticket = stored(number)
    assert ticket.serialize()["sla"] == before.serialize()["sla"]
    assert len(whole_log(number)) == lines + 2, "what changed, and that it was an erasure"
    assert LogEntry.objects.filter(object_id=number).count() == 1
    world.kept_view.refresh_from_db()
    world.file.refresh_from_db()
    assert [row["fields"]["name"] for row in world.file.rows] == ["Ben", "Ann Other"]
    assert stored(world.tickets[0]).customer_id == world.customer_id


def test_the_export_holds_what_the_erasure_would_remove(world):
    lost = next(one for one in whole_log(world.answered) if one.attachments).attachments[0]
    _with_file(world, "second.txt", b"second zzyzx")

    def exported():
        pieces = b"".join(data_export.export(world.customer_id, by=world.desk.rep))
        return zipfile.ZipFile(io.BytesIO(pieces))

    made = exported()
    told = json.loads(made.read("customer.json"))
    tickets = {one["ticketId"]: one for one in told["tickets"]}
    everything = json.dumps(told)

    assert made.testzip() is None
    assert set(world.tickets) < set(tickets)
    assert any(one["archivedAt"] for one in tickets.values()), "archived tickets are part of it"
    wanted = (
        *(EMAIL, PHONE, VIN, f"CRM-{MARK}", f"{MARK} Street 1", f"Europe/{MARK}", f"B-{MARK}"),
        *(f"{MARK} shouts", f"{MARK} called", f"Dear {MARK}", f"Yours, {MARK}", f"{MARK} apart"),
        *(f"{MARK}-two", f"Old words of {MARK}", f"550 {EMAIL} unknown", f"ann@{MARK}.example"),
    )
    assert [one for one in wanted if one not in everything] == []
    paths = [
        file["path"] for line in tickets[world.answered]["conversation"] for file in line["files"]
    ]
    assert [made.read(path) for path in paths] == [MARK.encode(), b"second zzyzx"]
    note = made.read("README.txt").decode()
    assert "Not included" in note
    assert "lost" not in note

    storages["attachments"].delete(lost.file_id)
    assert f"{paths[0]}: the file is no longer available" in exported().read("README.txt").decode()


def _with_file(world, name, content):
    with kept(world.answered, [SimpleUploadedFile(name, content)]) as attached:
        note(world.answered, content="See the file", attachments=attached, by=world.desk.rep)


def test_a_repeat_after_the_erasure_conflicts_and_hands_nothing_back(world):
    world.erase()

    for method, path, body, key in world.asked:
        answer = world.program.ask(method, path, body, **{"Idempotency-Key": key})
        assert MARK not in str(is_problem(answer, 409))
        other = world.program.ask(method, path, {**body, "x": 1}, **{"Idempotency-Key": key})
        assert other.status_code == 422


def test_an_erasure_that_is_repeated_changes_nothing(world):
    world.erase()
    world.after_it()
    lines = len(whole_log(world.answered))

    world.erase()
    world.after_it()

    assert len(whole_log(world.answered)) == lines
    assert scan() == {}


class Killer:
    """Counts writes to the stores, and kills the process just before one of them."""

    def __init__(self, at=None):
        self.writes, self.at = 0, at

    def __enter__(self):
        dynamo().meta.events.register_first(
            "before-call.dynamodb", self._dynamo, unique_id="killer"
        )
        self._sql = connection.execute_wrapper(self._execute)
        self._sql.__enter__()
        return self

    def __exit__(self, *error):
        dynamo().meta.events.unregister("before-call.dynamodb", unique_id="killer")
        self._sql.__exit__(*error)

    def _dynamo(self, model, **more):
        if model.name in ("Query", "Scan", "GetItem", "BatchGetItem", "DescribeTable"):
            return
        self._count()

    def _execute(self, execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self._count()
        return execute(sql, params, many, context)

    def _count(self):
        self.writes += 1
        if self.writes == self.at:
            die()


@pytest.fixture
def files_on_disk(settings, tmp_path):
    """What a killed process did to files stays done."""
    on_disk = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "attachments": on_disk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", range(1, WRITES, max(1, WRITES // KILLED_AT)))
def test_a_kill_anywhere_leaves_nothing_in_the_end(files_on_disk, world, place, looked_at):
    """ERASURE_KILLS=60 for a kill before each write."""

    def erase():
        with Killer(place):
            world.erase()

    assert dies_of_9(erase)
    if not CustomerJob.objects.filter(kind=CustomerJob.Kind.ERASE).exists():
        world.erase()  # killed before it was promised: whoever asked sees that nothing was done
    world.after_it()

    assert scan() == {}
    looked_at("one kill, and no trace")
