"""Notes of colleagues about a customer."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from ninja import Status as Answer
from pydantic import Field, StringConstraints

from customers.services.merge import current
from helpdesk.accounts.actors import Actor, actor_of, require_ticket_work
from helpdesk.api.conditions import requested_version, set_etag
from helpdesk.api.fields import describe
from helpdesk.api.headers import IDEMPOTENCY_KEY, IF_MATCH, reads
from helpdesk.api.idempotency import token_of
from helpdesk.api.schema import ApiSchema, Items, Moment, RequestSchema
from helpdesk.errors import NotFound
from tickets.services.customer_records import notes
from tickets.services.lifecycle.validation import LONGEST_CONTENT
from tickets.store.customer_note import CustomerNote

router = Router(tags=["customers and vehicles"])

describe(
    {
        "noteId": ("A note's ID.", "01JD9ZQ4C1V9W3K2M8T6X5R7PN"),
        "editedAt": ("When its author last changed the text.", "2026-11-02T12:00:00Z"),
        "deletedAt": ("When it was deleted; its text and files are gone.", "2026-11-02T12:00:00Z"),
        "deletedBy": ("The ID of the user who deleted it.", "7"),
    }
)

NoteId = Annotated[str, Path(description="A note's ID.", examples=["01JD9ZQ4C1V9W3K2M8T6X5R7PN"])]


class NoteFile(ApiSchema):
    name: str = Field(examples=["contract.pdf"], description="The file's name.")
    size: int = Field(ge=0, examples=[18231], description="In bytes.")


class CustomerNoteOut(ApiSchema):
    """A note about a customer. Customers never see it."""

    note_id: str
    content: str | None = Field(
        examples=["Prefers to be called."],
        description="Markdown. Null of a note with files alone, or one that was deleted.",
    )
    files: list[NoteFile] = Field(description="Files that were added on the page.")
    created_by: str
    created_at: Moment
    edited_at: Moment | None
    deleted_at: Moment | None
    deleted_by: str | None
    version: int = Field(ge=1, description="Increases with every change.")


class CustomerNotePage(Items[CustomerNoteOut]):
    pass


class NewCustomerNote(RequestSchema):
    content: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CONTENT)] = Field(
        examples=["Prefers to be called."], description="Markdown."
    )


@router.get(
    "/customers/{customer_id}/notes",
    response=CustomerNotePage,
    by_alias=True,
    operation_id="listCustomerNotes",
)
def notes_of_customer(
    request: HttpRequest,
    customer_id: str,
    cursor: Annotated[str, Query(description="The `nextCursor` of the previous page.")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> dict[str, Any]:
    """List the notes about a customer, the newest first."""
    by = actor_of(request.user)
    page = notes.customer_notes(
        _number(customer_id, by), cursor_text=cursor or None, limit=limit, by=by
    )
    return {"items": [_note(one) for one in page.notes], "next_cursor": page.next}


@router.post(
    "/customers/{customer_id}/notes",
    response={201: CustomerNoteOut},
    by_alias=True,
    operation_id="addCustomerNote",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def add_note(
    request: HttpRequest, response: HttpResponse, customer_id: str, asked: NewCustomerNote
) -> Answer[dict[str, Any]]:
    """Add a note about a customer. Repeating the request with the same `Idempotency-Key` adds no
    other."""
    made = notes.add_note(
        customer_id, content=asked.content, token=token_of(request), by=actor_of(request.user)
    )
    set_etag(response, made.version)
    return Answer(201, _note(made))


@router.put(
    "/customers/{customer_id}/notes/{note_id}",
    response=CustomerNoteOut,
    by_alias=True,
    operation_id="updateCustomerNote",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def change_note(
    request: HttpRequest,
    response: HttpResponse,
    customer_id: str,
    note_id: NoteId,
    asked: NewCustomerNote,
) -> dict[str, Any]:
    """Change the text of a note. Only its author may. With `If-Match`, only if nothing has changed
    since."""
    by = actor_of(request.user)
    changed = notes.edit_note(
        _number(customer_id, by),
        note_id,
        content=asked.content,
        version=requested_version(request),
        token=token_of(request),
        by=by,
    )
    set_etag(response, changed.version)
    return _note(changed)


@router.delete(
    "/customers/{customer_id}/notes/{note_id}",
    response=CustomerNoteOut,
    by_alias=True,
    operation_id="removeCustomerNote",
)
def delete_note(request: HttpRequest, customer_id: str, note_id: NoteId) -> dict[str, Any]:
    """Delete a note's text and files: one's own, or as a supervisor anybody's. Who wrote and who
    deleted it stays."""
    by = actor_of(request.user)
    return _note(notes.delete_note(_number(customer_id, by), note_id, by=by))


def _number(customer_id: str, by: Actor) -> str:
    """Return the ID of the current record of a customer, who may have been merged."""
    require_ticket_work(by)
    found = current(customer_id)
    if found is None:
        raise NotFound(_("Customer not found."))
    return str(found.customer_id)


def _note(note: CustomerNote) -> dict[str, Any]:
    plain = ("note_id", "content", "created_by", "created_at", "edited_at", "version")
    gone = ("deleted_at", "deleted_by")
    files = [{"name": file.name, "size": file.size} for file in note.attachments or ()]
    return {**{name: getattr(note, name) for name in (*plain, *gone)}, "files": files}
