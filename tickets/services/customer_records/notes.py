"""Notes of colleagues about a customer, each with its date, its author and files."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from customers.services import merge
from customers.services.transaction_guards import check_customer
from customers.store.items import customer_pk
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo import cursor
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Busy, NotAllowed, NotFound, StaleVersion
from helpdesk.idempotency import Token
from tickets.services.conversation import attachments
from tickets.services.lifecycle.validation import LONGEST_CONTENT, Checks
from tickets.store.customer_note import CustomerNote, customer_note, note_sk, notes_page
from tickets.store.items import Attachment

PAGE = 20


@dataclass(frozen=True)
class NotesPage:
    """Some notes, the newest first, and the cursor of the next page (None at the end)."""

    notes: list[CustomerNote]
    next: str | None


def customer_notes(
    customer_id: str, *, by: Actor, cursor_text: str | None = None, limit: int = PAGE
) -> NotesPage:
    """Return a page of a customer's notes. One query. Raises InvalidCursor, NotAllowed."""
    require_ticket_work(by)
    query = ["customer notes", customer_id, by.user_id]
    before = cursor.decode(cursor_text, query=query) if cursor_text else None
    found, place = notes_page(customer_id, before=before, limit=limit)
    return NotesPage(found, cursor.encode(query=query, place=place) if place else None)


def add_note(
    customer_id: str,
    *,
    content: str,
    files: Iterable[UploadedFile] = (),
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> CustomerNote:
    """Add a note with a text, files, or both. A repeat with the same token returns the first one.

    Raises Invalid, NotFound (also for an erased customer), NotAllowed, NoRoom, Busy.
    """
    require_ticket_work(by)
    if first := _before_with(token, customer_id, by=by):
        return first
    customer = merge.current(customer_id)
    if customer is None or customer.gone:
        raise NotFound(_("Customer not found."))
    try:
        return _add(customer.customer_id, content, list(files), token, by, now or this_second())
    except ConditionFailed as refused:
        if first := _before_with(token, customer.customer_id, by=by):
            return first  # the same request, at the same time
        raise Busy(_("Someone else is updating this customer. Try again.")) from refused


def _add(
    customer_id: str,
    content: str,
    files: list[UploadedFile],
    token: Token | None,
    by: Actor,
    at: datetime,
) -> CustomerNote:
    text = _checked(content, may_be_empty=bool(files))
    with attachments.kept_for_customer(customer_id, files) as stored:
        note_id = new_ulid(at=at)
        note = CustomerNote(
            customer_pk(customer_id),
            note_sk(note_id),
            note_id=note_id,
            customer_id=customer_id,
            content=text,
            attachments=stored or None,
            created_by=by.user_id,
            created_at=at,
        )
        with Transaction() as transaction:
            check_customer(transaction, customer_id)
            transaction.put(note, CustomerNote.pk.does_not_exist())
            _remember(transaction, token, note, by=by, at=at)
    return note


def edit_note(
    customer_id: str,
    note_id: str,
    *,
    content: str,
    version: int | None = None,
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> CustomerNote:
    """Change the text of one's own note. Raises Invalid, NotFound, NotAllowed, StaleVersion."""
    if first := _before_with(token, customer_id, by=by):
        return first
    note = note_of(customer_id, note_id, by=by)
    if note.created_by != by.user_id:
        raise NotAllowed(_("Only the author can edit a note."))
    text = _checked(content, may_be_empty=bool(note.attachments))
    if text == note.content and token is None:
        return note
    note.content, note.edited_at = text, now or this_second()
    try:
        return _write(note, version, token=token, by=by)
    except StaleVersion:
        if first := _before_with(token, customer_id, by=by):
            return first  # the same request, at the same time
        raise


def delete_note(
    customer_id: str,
    note_id: str,
    *,
    version: int | None = None,
    by: Actor,
    now: datetime | None = None,
) -> CustomerNote:
    """Delete a note with its files: one's own, or as a supervisor anybody's. That it was there, and
    who deleted it, stays. Raises NotFound, NotAllowed, StaleVersion."""
    note = note_of(customer_id, note_id, by=by)
    if not may_delete(note, by=by):
        raise NotAllowed(_("Only the author or a supervisor can delete a note."))
    files = list(note.attachments or ())
    note.content, note.attachments = None, None
    note.deleted_by, note.deleted_at = by.user_id, now or this_second()
    written = _write(note, version, by=by)
    idempotency.forget_answers(note_sk(note_id))
    for file in files:
        attachments.forget(file)
    return written


def may_delete(note: CustomerNote, *, by: Actor) -> bool:
    return by.supervises or note.created_by == by.user_id


def note_of(customer_id: str, note_id: str, *, by: Actor) -> CustomerNote:
    """Return a note that is not deleted. One read. Raises NotFound, NotAllowed."""
    require_ticket_work(by)
    found = _stored(customer_id, note_id)
    if found.deleted_at:
        raise NotFound(_("Note not found."))
    return found


def file_of_note(customer_id: str, note_id: str, place: int, *, by: Actor) -> Attachment:
    """Return a file of a note. One read. Raises NotFound, NotAllowed."""
    files: list[Attachment] = note_of(customer_id, note_id, by=by).attachments or []
    if place >= len(files):
        raise NotFound(_("File not found."))
    return files[place]


def every_note(customer_id: str) -> Iterator[CustomerNote]:
    """Yield all notes of a customer, the newest first. One query for each hundred."""
    before: str | None = None
    while True:
        found, before = notes_page(customer_id, before=before, limit=100)
        yield from found
        if before is None:
            return


def carry_notes(customer_id: str, *, limit: int) -> int:
    """Move up to `limit` notes of a merged customer to the remaining record; return how many.

    0: none is left. Cost: a query, and a transaction for each. Files stay where they are.
    """
    into = merge.current(customer_id)
    if into is None or into.customer_id == customer_id:
        return 0
    notes, _more = notes_page(customer_id, limit=limit)
    for note in notes:
        moved = CustomerNote()
        moved.deserialize(note.serialize())
        moved.pk, moved.customer_id = customer_pk(into.customer_id), into.customer_id
        moved.version = note.version + 1
        with suppress(ConditionFailed), Transaction() as transaction:  # changed: the next step
            transaction.delete(note, CustomerNote.version == note.version)
            transaction.put(moved)
    return len(notes)


def forget_notes(customer_id: str) -> None:
    """Delete all notes of a customer with their files, also files that no note names. A repeat does
    no harm."""
    for note in list(every_note(customer_id)):
        for file in note.attachments or ():
            attachments.forget(file)
        idempotency.forget_answers(note_sk(note.note_id))
        note.delete()
    attachments.forget_all_of_customer(customer_id)


def _stored(customer_id: str, note_id: str) -> CustomerNote:
    found = customer_note(customer_id, note_id)
    if found is None:
        raise NotFound(_("Note not found."))
    return found


def _checked(content: str, *, may_be_empty: bool) -> str | None:
    """Return a note's text. Raises Invalid."""
    if may_be_empty and not content.strip():
        return None
    checks = Checks()
    text = checks.text("content", content, longest=LONGEST_CONTENT)
    checks.done()
    return text


def _before_with(token: Token | None, customer_id: str, *, by: Actor) -> CustomerNote | None:
    """Return what a request with this token wrote the first time; None for a new request. Raises
    Invalid for a token of a different request; AnswerErased."""
    written = idempotency.written_before(token, by=by) if token else None
    if written is None:
        return None
    first = idempotency.answer_of(written, CustomerNote)
    return first or _stored(customer_id, str(written.communication_id))


def _remember(
    transaction: Transaction, token: Token | None, note: CustomerNote, *, by: Actor, at: datetime
) -> None:
    if token:
        idempotency.remember(
            transaction,
            token,
            by=by,
            at=at,
            answer=note,
            about=note_sk(note.note_id),
            communication_id=note.note_id,
        )


def _write(
    note: CustomerNote, version: int | None, *, token: Token | None = None, by: Actor
) -> CustomerNote:
    """Write a changed note, if it has the version that was read, and `version` if one is asked.
    Raises StaleVersion."""
    read = note.version
    if version is not None and version != read:
        raise StaleVersion(seen=version, current=read)
    note.version = read + 1
    try:
        with Transaction() as transaction:
            transaction.put(note, CustomerNote.version == read)
            _remember(transaction, token, note, by=by, at=this_second())
    except ConditionFailed as refused:
        raise StaleVersion(seen=read, current=read + 1) from refused
    return note
