"""Notes of colleagues about a customer: dated, with files, edited, deleted, carried and erased."""

import io
import json
import zipfile

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.services.create import create_customer
from helpdesk.errors import Invalid, NotAllowed, NotFound, StaleVersion
from helpdesk.idempotency import Token
from tests.world import NOON, after
from tickets.services.conversation import attachments
from tickets.services.customer_records import data_export, merge_and_erase, notes
from tickets.services.customer_records.notes import (
    add_note,
    customer_notes,
    delete_note,
    edit_note,
    file_of_note,
)

PAPER = ("contract.txt", b"All of it.")


@pytest.fixture(autouse=True)
def files_of_its_own(settings):
    settings.STORAGES = {**settings.STORAGES}


@pytest.fixture
def add(desk):
    """Add a note; NOON and some minutes unless said."""
    given = {"by": desk.rep, "customer_id": desk.customer.customer_id}

    def add(content="", *, files=(), minutes=0, **more):
        uploaded = [SimpleUploadedFile(name, data) for name, data in files]
        return add_note(
            **{**given, **more}, content=content, files=uploaded, now=after(minutes=minutes)
        )

    return add


def texts(customer_id, by, **more):
    return [note.content for note in customer_notes(customer_id, by=by, **more).notes]


def in_storage(customer_id):
    try:
        return storages["attachments"].listdir(f"customers/{customer_id}")[1]
    except FileNotFoundError:
        return []


def test_notes_are_listed_the_newest_first_page_by_page(desk, add):
    for n in range(5):
        add(f"note {n}", minutes=n)

    page = customer_notes(desk.customer.customer_id, by=desk.rep, limit=3)

    assert [note.content for note in page.notes] == ["note 4", "note 3", "note 2"]
    last = customer_notes(desk.customer.customer_id, by=desk.rep, limit=3, cursor_text=page.next)
    assert [note.content for note in last.notes] == ["note 1", "note 0"]
    assert last.next is None
    with pytest.raises(NotAllowed):
        customer_notes(desk.customer.customer_id, by=desk.outsider)


def test_a_note_has_a_text_or_files_that_are_as_safe_as_those_of_tickets(desk, add):
    number = desk.customer.customer_id
    with pytest.raises(Invalid):
        add("  ")
    with pytest.raises(Invalid):
        add("x", files=[("x.pdf", b"MZ no pdf")])
    with pytest.raises(NotFound):
        add("x", customer_id="nobody")
    assert in_storage(number) == []
    assert texts(number, desk.rep) == []

    note = add(files=[PAPER])

    found = file_of_note(number, note.note_id, 0, by=desk.rep2)
    assert attachments.opened(found).read() == PAPER[1]
    with pytest.raises(NotFound):
        file_of_note(number, note.note_id, 1, by=desk.rep)


def test_the_same_form_twice_is_one_note(desk, add):
    first = add("once", files=[PAPER], token=Token("form"))

    again = add("once", files=[PAPER], token=Token("form"))

    assert again.note_id == first.note_id
    assert texts(desk.customer.customer_id, desk.rep) == ["once"]
    assert len(in_storage(desk.customer.customer_id)) == 1


def test_the_author_edits_and_authors_and_supervisors_delete(desk, add):
    number = desk.customer.customer_id
    note = add("Calls late", files=[PAPER])
    with pytest.raises(NotAllowed):
        edit_note(number, note.note_id, content="x", by=desk.supervisor)
    edited = edit_note(
        number, note.note_id, content="Calls early", version=1, by=desk.rep, now=after(hours=1)
    )
    assert (edited.content, edited.edited_at) == ("Calls early", after(hours=1))
    with pytest.raises(StaleVersion):
        edit_note(number, note.note_id, content="y", version=1, by=desk.rep)
    with pytest.raises(NotAllowed):
        delete_note(number, note.note_id, by=desk.rep2)

    delete_note(number, note.note_id, by=desk.supervisor, now=after(hours=2))

    [left] = customer_notes(number, by=desk.rep).notes
    assert (left.content, left.attachments, in_storage(number)) == (None, None, [])
    assert (left.created_by, left.deleted_by) == (desk.rep.user_id, desk.supervisor.user_id)
    assert left.deleted_at == after(hours=2)
    for again in (delete_note, notes.note_of):
        with pytest.raises(NotFound):
            again(number, note.note_id, by=desk.rep)


def test_notes_and_files_go_with_a_merge_and_end_with_the_person(desk, add):
    other = create_customer(name="G. Bianchi", by=desk.rep, now=NOON).customer_id
    number = desk.customer.customer_id
    add("of the duplicate", files=[PAPER], minutes=1, customer_id=other)
    add("of the other", minutes=2)
    job = merge_and_erase.start_merge(other, into=number, by=desk.rep)
    while not merge_and_erase.step(job.pk).finished_at:
        pass

    moved = customer_notes(number, by=desk.rep).notes
    assert [note.content for note in moved] == ["of the other", "of the duplicate"]
    assert texts(other, desk.rep) == []
    assert file_of_note(number, moved[1].note_id, 0, by=desk.rep).name == PAPER[0]
    assert add("later", customer_id=other).customer_id == number

    merge_and_erase.start_erasure(number, by=desk.supervisor)

    assert texts(number, desk.rep) == []
    assert in_storage(other) == in_storage(number) == []
    with pytest.raises(NotFound):
        add("after it")


def test_the_export_has_them(desk, add):
    add("Calls late", files=[PAPER])

    with zipfile.ZipFile(
        io.BytesIO(b"".join(data_export.export(desk.customer.customer_id, by=desk.rep)))
    ) as made:
        told = json.loads(made.read("customer.json"))
        [note] = told["notes"]
        assert made.read(note["files"][0]["path"]) == PAPER[1]

    assert (note["content"], note["createdBy"]) == ("Calls late", desk.rep.user_id)
