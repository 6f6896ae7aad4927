"""Colleagues' notes about a customer, with files; and their queries.

PK CUSTOMER#<customerId>   SK NOTE#<ulid>
"""

from typing import Any

from pynamodb.attributes import ListAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from customers.store.items import customer_pk
from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.table import Item, fits
from tickets.store.items import Attachment
from tickets.store.ticket import TicketTableMeta

NOTE = "NOTE#"


class CustomerNote(Item):
    """A note about a customer. Of a deleted one only who wrote and who deleted it is left."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    note_id = UnicodeAttribute(attr_name="noteId")
    # Not customerId: with that the item would belong to the customer's tickets
    customer_id = UnicodeAttribute(attr_name="ofCustomer")
    content = UnicodeAttribute(null=True)  # absent where there are files alone, or it was deleted
    attachments: ListAttribute[Any] = ListAttribute(of=Attachment, null=True)
    created_by = UnicodeAttribute(attr_name="createdBy")
    created_at = InstantAttribute(attr_name="createdAt")
    edited_at = InstantAttribute(attr_name="editedAt", null=True)
    deleted_by = UnicodeAttribute(attr_name="deletedBy", null=True)
    deleted_at = InstantAttribute(attr_name="deletedAt", null=True)
    version = IntegerAttribute(default=1)


def note_sk(note_id: str) -> str:
    return f"{NOTE}{note_id}"


def customer_note(customer_id: str, note_id: str) -> CustomerNote | None:
    """Return a note. One GetItem, consistent."""
    try:
        return CustomerNote.get(customer_pk(customer_id), note_sk(note_id), consistent_read=True)
    except DoesNotExist:
        return None


def notes_page(
    customer_id: str, *, before: str | None = None, limit: int
) -> tuple[list[CustomerNote], str | None]:
    """Return a customer's notes, the newest first, before a note or from the newest on; and where
    to continue. One Query of the notes shown, consistent."""
    end = note_sk(before) if before else f"{NOTE}~"
    if not fits(customer_pk(customer_id), end):
        return [], None
    found = list(
        CustomerNote.query(
            customer_pk(customer_id),
            CustomerNote.sk.between(NOTE, end),
            scan_index_forward=False,
            consistent_read=True,
            limit=limit + 2,
        )
    )
    found = [note for note in found if note.note_id != before]
    shown = found[:limit]
    return shown, shown[-1].note_id if len(found) > limit else None
