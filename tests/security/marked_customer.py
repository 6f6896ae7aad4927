"""A customer with a mark in every field, in every store, and what finds the mark there."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.services import imports
from customers.services.create import create_customer, create_vehicle, edit_customer
from helpdesk.accounts.tokens import make_token
from helpdesk.clock import this_second
from helpdesk.dynamo.table import client as dynamo
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail import queue
from helpdesk.mail.problems import MailProblem, ProblemCode
from tests.api.conftest import Program
from tests.api.test_tickets import new
from tests.figures import rolled
from tests.security.marked_mails import Letters
from tests.world import settle, waiting_events
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import CustomerJob, Webhook
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.customer_records import follow, merge_and_erase
from tickets.services.customer_records.notes import add_note
from tickets.services.lifecycle.archive import archive
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.links_and_merges import link, merge, split
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import bulk
from tickets.services.lists.saved_views import save_view
from tickets.store import webhook
from tickets.store.items import Communication
from tickets.store.webhook import Message
from tickets.tasks import resume_records

MARK = "zzyzx"


EMAIL = "zzyzx@posta.example"


PHONE = "+390255503318"


VIN = "WVWZZZ1K0AW000777"


TRACES = [MARK, "255503318", VIN.lower(), "255503318"[::-1], VIN.lower()[::-1]]
"""In small letters: words; a number however it is dialled; what holds no words of ours; and how
searches keep what people know the end of."""


Found = dict[str, list[str]]


def scan() -> Found:
    """Where each store holds a trace, by the store's name: what stands there."""
    found: Found = {}
    for store, place, content in everything():
        text = content.decode("latin-1") if isinstance(content, bytes) else str(content)
        if any(trace in text.lower() for trace in TRACES):
            found.setdefault(store, []).append(f"{place}: {text[:300]}")
    return found


def everything() -> Iterator[tuple[str, str, str | bytes]]:
    """Yield every store's content: the store's name, the place in it, what stands there.

    Not the folder `mailbox` of DATA_DIR: it stands for the world outside, to which a desk in
    development sends its mail, and no erasure reaches mail that was sent. Elsewhere there is none.
    """
    yield from _dynamo()
    yield from _sql()
    yield from _sqlite_files()
    for session in Session.objects.all():
        yield "sessions", session.session_key, json.dumps(session.get_decoded())
    for key, value in cache._cache.items():  # of the memory cache; a change of Django's fails here
        yield "cache", key, repr(value)
    yield from _files(storages["attachments"], "")


def _dynamo() -> Iterator[tuple[str, str, str]]:
    for table in dynamo().list_tables()["TableNames"]:
        place: dict[str, object] = {}
        while True:
            answer = dynamo().scan(TableName=table, **place)
            for item in answer["Items"]:
                # A make stays a heading of reports, with nothing under it, until the next rebuild.
                if "#make#" in item["SK"]["S"] and not any(item["data"]["B"]):
                    continue
                yield table, f"{item['PK']} {item['SK']}", json.dumps(item, default=str)
            if "LastEvaluatedKey" not in answer:
                break
            place = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _sql() -> Iterator[tuple[str, str, str | bytes]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield table, name, value if isinstance(value, bytes) else str(value)


def _sqlite_files() -> Iterator[tuple[str, str, bytes]]:
    if connection.vendor != "sqlite":
        return
    for file in Path(connection.settings_dict["NAME"]).parent.glob("*.sqlite3*"):
        content, lowered = file.read_bytes(), file.read_bytes().lower()
        for trace in TRACES:
            at = lowered.find(trace.encode())
            if at >= 0:
                yield "sqlite", f"{file.name} at {at}", content[max(at - 60, 0) : at + 60]


def _files(storage: Storage, folder: str) -> Iterator[tuple[str, str, str | bytes]]:
    folders, names = storage.listdir(folder)
    for name in names:
        path = f"{folder}/{name}".lstrip("/")
        yield "files", path, path
        with storage.open(path) as file:
            content = file.read()
        if path.startswith("mail/"):
            yield "mail", path, gzip.decompress(content)
        else:
            yield "files", path, content
    for inner in folders:
        yield from _files(storage, f"{folder}/{inner}".lstrip("/"))


class World:
    """A customer whose every field holds the marker, and who has gone through everything."""

    def __init__(self, desk, client):
        self.desk = desk
        rep, now = desk.rep, this_second()
        Webhook.objects.create(name="Booking", url="https://example.com/hook", events=[])
        _made, text = make_token(desk.rep_user, name="booking")
        self.program = Program(client, text)
        fields = {
            "name": f"Ann {MARK}",
            "email": EMAIL,
            "phone": PHONE,
            "company": f"{MARK} Shipping",
            "segment": "VIP",
            "externalId": f"CRM-{MARK}",
            "address": f"{MARK} Street 1",
            "language": f"it-{MARK}",
            "timeZone": f"Europe/{MARK}",
            "notes": f"Likes {MARK}",
        }
        self.hook = Webhook.objects.get().pk
        made = self.program.post("/customers", fields, **{"Idempotency-Key": "c1"})
        assert made.status_code == 201, made.json()
        self.customer_id = made.json()["customerId"]
        self.asked = [("POST", "/customers", fields, "c1")]
        edit_customer(self.customer_id, notes=f"Still likes {MARK}", by=rep)
        paper = SimpleUploadedFile(f"{MARK}.txt", MARK.encode())
        add_note(self.customer_id, content=f"Met {MARK}", files=[paper], by=rep)
        path, note = f"/customers/{self.customer_id}/notes", {"content": f"Saw {MARK}"}
        noted = self.program.post(path, note, **{"Idempotency-Key": "cn1"})
        assert noted.status_code == 201, noted.json()
        self.asked.append(("POST", path, note, "cn1"))
        self._merged_record(now)
        car = {"vin": VIN, "make": MARK, "model": MARK, "booking": f"B-{MARK}"}
        path = f"/customers/{self.customer_id}/vehicles"
        vehicle = self.program.post(path, car, **{"Idempotency-Key": "v1"})
        self.vehicle_id = vehicle.json()["vehicleId"]
        self.asked.append(("POST", path, car, "v1"))
        self.tickets = []
        self._conversation(now)
        self._relations(now)
        letters = Letters(desk, MARK, EMAIL, now)
        self.tickets.append(letters.own_ticket)
        self._elsewhere(now)
        self.events = letters.events + waiting_events()
        settle()
        follow.sync_changed_customers()

    def _merged_record(self, now):
        twin = create_customer(
            name=f"A. {MARK}", email=f"ann@{MARK}.example", by=self.desk.rep, now=now
        )
        create_vehicle(customer_id=twin.customer_id, make=MARK, by=self.desk.rep)
        job = merge_and_erase.start_merge(twin.customer_id, into=self.customer_id, by=self.desk.rep)
        while not merge_and_erase.step(job.pk).finished_at:
            pass
        self.signpost = twin.customer_id

    def _ticket(self, **more):
        given = {
            "customer_id": self.customer_id,
            "vehicle_id": self.vehicle_id,
            "subject": f"Where is {MARK}?",
            "description": f"It is {MARK}'s.",
            "tags": [f"{MARK}-tag"],
        }
        made = self.desk.ticket(**{**given, **more}).ticket_id
        self.tickets.append(made)
        return made

    def _conversation(self, now):
        rep = self.desk.rep
        body = new(self.desk, customerId=self.customer_id, subject=MARK, description=MARK)
        opened = self.program.post("/tickets", body, **{"Idempotency-Key": "t1"})
        number = opened.json()["ticketId"]
        self.tickets.append(number)
        self.asked.append(("POST", "/tickets", body, "t1"))
        for kind, path, asked, key in (
            ("PUT", f"/tickets/{number}", {"subject": f"{MARK} again", "tags": [MARK]}, "p1"),
            ("POST", f"/tickets/{number}/escalate", {"reason": f"{MARK} shouts"}, "e1"),
            (
                "POST",
                f"/tickets/{number}/communicate",
                {"type": "Internal Note", "content": f"{MARK} called"},
                "n1",
            ),
        ):
            answer = self.program.ask(kind, path, asked, **{"Idempotency-Key": key})
            assert answer.status_code in (200, 201), answer.json()
            self.asked.append((kind, path, asked, key))
        file = SimpleUploadedFile(f"{MARK}.txt", MARK.encode())
        with kept(number, [file]) as attached:
            respond(number, content=f"Dear {MARK}", attachments=attached, by=rep, now=now)
        communicate(
            number,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content=f"Yours, {MARK}",
            by=rep,
            now=now,
        )
        # A crash left a file that no message names.
        storages["attachments"].save(f"tickets/{number}/lost", SimpleUploadedFile("x", b"zzyzx"))
        edit(number, description=f"Now {MARK}", by=rep, now=now)
        note(number, content=f"@tomasz: {MARK}", by=rep, now=now)
        self.answered = number

    def _relations(self, now):
        rep = self.desk.rep
        first, second, third = self._ticket(), self._ticket(tags=[f"{MARK}-two"]), self._ticket()
        merge(second, into=first, by=rep, now=now)
        link(first, other_id=third, by=rep, now=now)
        line = note(first, content=f"Another matter of {MARK}", by=rep, now=now)
        said = [one for one in whole_log(line.ticket_id) if MARK in one.content][-1]
        apart = split(first, said.communication_id, subject=f"{MARK} apart", by=rep, now=now)
        self.tickets.append(apart.ticket_id)
        change_status(third, to="Closed", by=rep, now=now)
        archive(third, by=replace(self.desk.supervisor, administers=True), now=now)

    def _elsewhere(self, now):
        desk = self.desk
        for action in ("tag", "escalate"):
            asked = bulk.start(
                action=action, value=f"{MARK} {action}", ticket_ids=[self.tickets[1]], by=desk.rep
            )
            bulk.step(asked.pk)
        save_view(name=f"All of {MARK}", query="view=all", by=desk.rep)
        save_view(name="Mine", query=f"q={MARK}", by=desk.rep2)
        save_view(name="By id", query=f"customerId={self.customer_id}", by=desk.rep)
        self.kept_view = save_view(name="Late", query="overdue=true", by=desk.rep)
        for app, model, pk, title in (
            ("customers", "customer", self.customer_id, f"Ann {MARK}"),
            ("customers", "vehicle", self.vehicle_id, f"{MARK} {MARK}"),
            ("tickets", "ticket", self.answered, f"#{self.answered} {MARK}"),
            ("tickets", "communication", f"{self.answered}-X", f"Note, {MARK}"),
        ):
            LogEntry.objects.create(
                user=desk.supervisor_user,
                content_type=ContentType.objects.get(app_label=app, model=model),
                object_id=pk,
                object_repr=title,
                action_flag=CHANGE,
                change_message=f"Change to many tickets: {MARK}",
            )
        table = io.StringIO()
        csv.writer(table).writerows(
            [
                ["name", "email", "company"],
                ["Ben", "ben@posta.example", "Ben's"],
                [f"Ann {MARK}", f"other@{MARK}.example", f"{MARK} Shipping"],
                [f"Ann {MARK}", EMAIL, "taken"],
                ["", f" {EMAIL} ", "no name"],
                ["Ann Other", "ann@posta.example", "Ann"],
                ["Cut off", "cut@posta.example", "Cut", EMAIL],
            ]
        )
        content = table.getvalue().encode()
        self.file = imports.upload(
            kind="customers", name=f"Ann {MARK}.csv", content=content, by=desk.rep
        )
        self._imported(now)
        # What a release before this one has left to be sent.
        body = json.dumps({"event": "ticket.escalated", "data": {"reason": MARK}})
        Message(
            webhook.message_pk(self.hook),
            "01OLD",
            ticket_id=self.answered,
            event="ticket.escalated",
            body=body,
            not_before=now,
        ).save()
        line = next(one for one in whole_log(self.answered) if one.delivery)
        mail = queue.queued("reply", {}, group=line.communication_id, at=now)
        problem = MailProblem(ProblemCode.RESPONSE, f"550 {EMAIL} unknown")
        with Transaction() as transaction:
            transaction.put(queue.undelivered_of(mail, result="failed", problem=problem, at=now))
        line.update(actions=[Communication.delivery_problem_detail.set(problem.detail)])
        browser = Client()
        browser.force_login(desk.rep_user)
        assert browser.get(f"/tickets/{self.answered}/").status_code == 200
        browser.get(f"/tickets/?q={MARK}")

    def _imported(self, now):
        at = "2026-10-01T10:00:00Z"
        events = [
            {
                "ticket": "old-1",
                "at": at,
                "event": "created",
                "by": "rosa",
                "subject": f"Old {MARK}",
                "description": f"Old words of {MARK}",
                "category": "General",
                "priority": "Low",
                "customer": {"externalId": f"CRM-{MARK}", "name": f"Ann {MARK}"},
            },
            {"ticket": "old-1", "at": at, "event": "note", "by": "rosa", "content": f"{MARK}!"},
        ]
        self.history = "".join(json.dumps(event) + "\n" for event in events)

    def erase(self):
        job = merge_and_erase.start_erasure(self.customer_id, by=self.desk.supervisor)
        for _ in range(50):
            job = merge_and_erase.step(job.pk)
            if job.finished_at:
                return job
        raise AssertionError("it does not come to an end")

    def after_it(self):
        """What a worker does within a minute or two."""
        settle()
        follow.sync_changed_customers()
        past = timezone.now() - timedelta(hours=1)
        CustomerJob.objects.exclude(finished_at=None).update(finished_at=past, asked_at=past)
        CustomerJob.objects.update(leased_until=None, asked_at=past)
        resume_records()
        rolled()


def whole_log(number):
    return list(Communication.query(f"TICKET#{number}", Communication.sk.startswith("COMM")))
