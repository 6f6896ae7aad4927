"""While an engine is away, or a disk is full: an honest answer, nothing changed, nothing lost."""

import errno
import os
import re
from contextlib import contextmanager

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from helpdesk import settings as settings_of_the_desk
from helpdesk.dynamo.table import client
from helpdesk.errors import NoRoom
from tests.world import log_of
from tickets.services.conversation import attachments
from tickets.services.conversation.attachments import kept

FORMS = ["/tickets/new/", "/customers/new/", "CUSTOMER/edit/", "CUSTOMER/vehicles/new/"]


@pytest.fixture
def database_away():
    """Every statement fails from here on, as it does when PostgreSQL has gone."""

    def away(error):
        def fail(_execute, *_statement):
            raise error

        return connection.execute_wrapper(fail)

    return away


@pytest.mark.parametrize(
    "error", [OperationalError("server closed the connection"), InterfaceError("closed")]
)
@pytest.mark.parametrize(
    "path", ["/", "/tickets/", "/tickets/new/", "/customers/", "/reports/", "/accounts/login/"]
)
def test_a_page_says_that_the_database_is_away(desk, rep_client, database_away, error, path):
    rep_client.raise_request_exception = False

    with database_away(error):
        answer = rep_client.get(path)

    assert answer.status_code == 503, answer.content[:300]
    assert answer["Retry-After"] == "5"
    assert "The database is unavailable. Nothing was changed" in answer.content.decode()


def test_a_stranger_sees_the_login_page_and_is_told_when_they_log_in(desk, client, database_away):
    client.raise_request_exception = False

    with database_away(OperationalError("gone")):
        shown = client.get("/accounts/login/")  # it needs no database to be shown
        answer = client.post("/accounts/login/", {"username": "rosa", "password": "demo"})

    assert shown.status_code == 200
    assert 'name="password"' in shown.content.decode()
    assert answer.status_code == 503
    assert "The database is unavailable." in answer.content.decode()


def test_a_form_and_a_change_on_the_page_say_so_too(desk, rep_client, database_away):
    ticket = desk.ticket().ticket_id
    rep_client.raise_request_exception = False

    with database_away(OperationalError("gone")):
        form = rep_client.post("/tickets/new/", {"subject": "x"})
        change = rep_client.post(f"/tickets/{ticket}/note/", {"content": "x"}, HTTP_HX_REQUEST=1)

    assert (form.status_code, change.status_code) == (503, 503)
    assert [line.type for line in log_of(ticket)] == ["System Update"]


def test_a_program_is_told_by_a_problem(desk, database_away):
    program = Client(raise_request_exception=False, headers={"Authorization": "Bearer hd_x"})

    with database_away(OperationalError("gone")):
        answer = program.get("/api/tickets")

    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "5"


def test_an_error_that_is_no_outage_stays_an_error(desk, rep_client, monkeypatch):
    rep_client.raise_request_exception = False
    monkeypatch.setattr("tickets.web.create.targets_of_new_tickets", lambda: 1 / 0)

    assert rep_client.get("/tickets/new/").status_code == 500


class FullDisk:
    """Writes a part of a file and then has no room for the rest."""

    def __init__(self, storage, error):
        self.storage, self.error = storage, error
        self.location = storage.location

    def __getattr__(self, name):
        return getattr(self.storage, name)

    def save(self, name, content):
        self.storage.save(name, content)
        raise OSError(self.error, "no room")


@pytest.fixture
def folder(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "attachments": {
            "BACKEND": settings_of_the_desk.STORAGES["attachments"]["BACKEND"],
            "OPTIONS": {"location": tmp_path / "attachments"},
        },
    }
    return tmp_path / "attachments"


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_no_half_file_and_sends_nothing(
    desk, rep_client, folder, monkeypatch, error
):
    ticket = desk.ticket().ticket_id
    rep_client.post(
        f"/tickets/{ticket}/note/",
        {"content": "before", "files": [SimpleUploadedFile("a.txt", b"abc")]},
    )
    [before] = files_in(folder)
    full = FullDisk(storages["attachments"], error)
    monkeypatch.setattr(attachments, "_storage", lambda: full)

    two = [SimpleUploadedFile("b.txt", b"abc"), SimpleUploadedFile("c.txt", b"abc")]
    answer = rep_client.post(f"/tickets/{ticket}/note/", {"content": "after", "files": two})

    assert answer.status_code == 503
    assert "File storage is full. Nothing was sent" in answer.content.decode()
    assert files_in(folder) == [before]
    assert "after" not in [line.content for line in log_of(ticket)]


def test_another_error_of_the_disk_leaves_no_half_file_either(desk, folder, monkeypatch):
    full = FullDisk(storages["attachments"], errno.EIO)
    monkeypatch.setattr(attachments, "_storage", lambda: full)

    def store():
        with kept("1", [SimpleUploadedFile("a.txt", b"abc")]):
            pass

    with pytest.raises(OSError, match="no room") as raised:
        store()
    assert not isinstance(raised.value, NoRoom)
    assert files_in(folder) == []


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_whichever_step_finds_the_disk_full_nothing_is_left(
    desk, rep_client, folder, monkeypatch, call, before
):
    """A disk may take what is written and say only at the end that it had no room."""
    ticket = desk.ticket().ticket_id
    real, done = getattr(os, call), []

    def full(path, *args, **more):
        if isinstance(path, int) or str(path).startswith(str(folder)):
            done.append(path)
            if len(done) > before:
                raise OSError(errno.ENOSPC, "no room")
        return real(path, *args, **more)

    files = [SimpleUploadedFile(name, b"abc") for name in ("a.txt", "b.txt", "c.txt")]
    monkeypatch.setattr(os, call, full)
    answer = rep_client.post(f"/tickets/{ticket}/note/", {"content": "after", "files": files})
    monkeypatch.setattr(os, call, real)

    assert len(done) == before + 1, "the step is one that files go through"
    assert answer.status_code == 503
    assert "File storage is full. Nothing was sent" in answer.content.decode()
    assert files_in(folder) == []
    assert "after" not in [line.content for line in log_of(ticket)]


def test_a_file_has_its_name_only_when_all_of_it_is_on_the_disk(folder, monkeypatch):
    named = []
    monkeypatch.setattr(
        os, "fsync", lambda _fd: named.append([one.name for one in files_in(folder)])
    )
    large = TemporaryUploadedFile("b.txt", "text/plain", 3, None)
    large.write(b"def")
    large.seek(0)

    with kept("1", [SimpleUploadedFile("a.txt", b"abc"), large]) as files:
        large.close()

    assert [one.endswith(".part") for one in named[0]] == [True]
    assert [attachments.opened(one).read() for one in files] == [b"abc", b"def"]
    assert len(files_in(folder)) == 2


def test_no_room_while_the_body_is_read_is_said_so(desk, rep_client, monkeypatch):
    ticket = desk.ticket().ticket_id

    def full(self, _content):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(TemporaryUploadedFile, "write", full, raising=False)
    large = SimpleUploadedFile("a.txt", b"x" * 3_000_000)

    answer = rep_client.post(f"/tickets/{ticket}/note/", {"content": "x", "files": [large]})

    assert answer.status_code == 503
    assert "File storage is full" in answer.content.decode()


@pytest.mark.parametrize("path", FORMS)
def test_forms_of_a_whole_page_keep_what_is_typed_and_the_error_page_says_so(
    desk, rep_client, path, database_away
):
    path = path.replace("CUSTOMER", f"/customers/{desk.customer.customer_id}")
    page = rep_client.get(path).content.decode()
    assert re.search(r"<form [^<]* data-keep data-fresh", page)
    assert "data-kept hidden" in page

    refused = rep_client.post(path, {}).content.decode()
    assert re.search(r"<form [^<]* data-keep [^<]*>", refused)
    assert "data-fresh" not in refused, "an older draft would take the place of what came back"

    rep_client.raise_request_exception = False
    with database_away(OperationalError("gone")):
        error = rep_client.post(path, {}).content.decode()
    assert "Your text is saved in this browser" in error
    assert error.count("data-kept-note hidden") == 2, "only where the browser has something"


@pytest.fixture
def dynamodb_away():
    """No request to DynamoDB finds anybody from here on, as botocore says it."""

    @contextmanager
    def away():
        asked = []

        def fail(model, **_more):
            asked.append(model.name)
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        events = client().meta.events
        events.register_first("before-call.dynamodb", fail, unique_id="away")
        try:
            yield asked
        finally:
            events.unregister("before-call.dynamodb", unique_id="away")

    return away


TYPED = {
    "/tickets/new/": {
        "subject": "Kept",
        "description": "Typed words",
        "category": "Customs",
        "priority": "Low",
    },
    "/customers/new/": {"name": "Ann Kept", "email": "kept@posta.example", "segment": "Individual"},
    "CUSTOMER/edit/": {"name": "Ann Kept", "email": "kept@posta.example", "segment": "Individual"},
    "CUSTOMER/vehicles/new/": {"vin": "WVWZZZ1K0AW000002", "shipment_status": "Booked"},
}
ASK_FIRST = {"CUSTOMER/edit/"}
"""Forms that are filled in from DynamoDB; the others are shown without it."""


@pytest.mark.parametrize("path", FORMS)
def test_these_forms_say_so_while_dynamodb_is_away_and_nothing_is_lost(
    desk, rep_client, dynamodb_away, path
):
    assert set(TYPED) == set(FORMS)
    place = path.replace("CUSTOMER", f"/customers/{desk.customer.customer_id}")
    typed = {"customer": desk.customer.customer_id, **TYPED[path]}
    rep_client.raise_request_exception = False

    with dynamodb_away() as asked:
        shown = rep_client.get(place)
        asked.clear()
        posted = rep_client.post(place, typed)
        assert asked, "all was typed that the form asks for"

    assert shown.status_code == (503 if path in ASK_FIRST else 200)
    for answer in (posted, shown) if path in ASK_FIRST else (posted,):
        page = answer.content.decode()
        assert answer.status_code == 503
        assert answer["Retry-After"] == "5"
        assert "The database is unavailable. Nothing was changed" in page
        assert "Your text is saved in this browser" in page
        assert page.count("data-kept-note hidden") == 2, "only where the browser has something"
    assert rep_client.post(place, typed).status_code == 302, "the same is taken once it is back"


def test_the_browser_forgets_only_what_was_saved(desk, rep_client):
    form = {"customer": desk.customer.customer_id, "subject": "Kept", "description": "x"}
    form |= {"category": "Customs", "priority": "Low"}

    page = rep_client.post("/tickets/new/", form, follow=True).content.decode()

    assert re.search(r'data-saved="/tickets/new/">Ticket \d+ created\.', page)
    assert "data-saved" not in rep_client.get("/").content.decode()
