"""The export of a customer's data, for the customer: a zip of one JSON file, the attachments, and
the original emails."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.utils.translation import gettext as _

from customers.services.read import get_customer
from customers.store.queries import all_vehicles
from helpdesk.accounts import events
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.custom_fields.definition import as_text
from helpdesk.errors import NotFound
from tickets.domain import instant
from tickets.domain.ticket import CommunicationType
from tickets.services.conversation import attachments
from tickets.services.customer_records.notes import every_note
from tickets.services.email.storage import raw_messages
from tickets.store import queries
from tickets.store.customer_note import CustomerNote
from tickets.store.items import Communication, EmailFacts
from tickets.store.ticket import Ticket

File = tuple[str, Callable[[], IO[Any]]]
"""A file of the archive: its path there, and what opens it."""

PAGE = 50
CHUNK = 64 * 1024
DATA, README = "customer.json", "README.txt"

_CUSTOMER = (
    *("customer_id", "name", "email", "phone", "company", "segment", "address", "language"),
    *(
        "time_zone",
        "notes",
        "external_id",
        "also_known",
        "merged_values",
        "custom_fields",
        "created_at",
        "bounced_at",
    ),
)
_VEHICLE = (
    "vehicle_id",
    "vin",
    "make",
    "model",
    "year",
    "shipment_status",
    *("booking", "vessel", "eta", "tracking_url"),
    "custom_fields",
)
_NOTE = ("note_id", "content", "created_by", "created_at", "edited_at", "deleted_by", "deleted_at")
_TICKET_WITHOUT = {
    *("pk", "sk", "customer_id", "version", "last_id", "side_threads_before"),
    *("sla", "next_sla_at", "reopen_cycle", "fired_rules"),  # they follow from the timeline
}
_TICKET = tuple(
    name
    for name in Ticket.get_attributes()
    if name not in _TICKET_WITHOUT and not name.endswith("_key") and name != "record_at"
)
_LINE = (
    *("communication_id", "type", "direction", "content", "created_by", "created_at"),
    *("author_id", "event", "rule", "due_at", "reason", "reference"),
    *("occurred_at", "counted_at", "channel", "side_thread", "without_effect", "of_opening"),
)
_EMAIL = ("sender", "sender_name", "reply_to", "subject", "message_id", "sent_at", "received_at")
_MAIL = ("delivery", "delivery_at", "delivery_problem_code", "delivery_problem_detail")
_DELIVERY = ("address", "state", "at", "problem_code", "problem_detail")
_ESCALATION = ("rule", "level", "reason", "escalated_by", "due_at", "fired_at")

LEFT_OUT = """\
This archive contains the data stored about customer {customer_id}: the customer record, notes about
the customer, vehicles, all tickets with their conversations (including internal notes and archived
tickets), attachments, and the original emails.

Not included, because it belongs to others or adds nothing:
- names of representatives and teams: `createdBy`, `assignedTo`, `escalatedBy` and `teamId` are
  IDs, or "system"
- index keys and versions, and `sla`: deadlines follow from `timeline` and `policyId`
- report data, which counts tickets and names nobody
- the search index, notifications and queued emails, which repeat or refer to this data
- saved views of representatives, and customer imports of the last day
- server logs, backups, and copies of emails in mailboxes
{lost}"""


class _Pipe:
    """The target of a zip file that is sent piece by piece while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: everything is written already."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def export(customer_id: str, *, by: Actor) -> Iterator[bytes]:
    """Yield a zip file of everything about a customer, with a note that says what it leaves out.

    It contains internal notes, since customers have a right to what is written about them. It is
    streamed, since its size has no limit. Raises NotFound, NotAllowed, before the first piece.
    Cost: two queries for each ticket, one for each PAGE of them, a read for each file.
    """
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    files: list[File] = []
    head = {
        "customer": _plain(customer, _CUSTOMER),
        "notes": [_note(note, files) for note in every_note(customer_id)],
        "vehicles": [_plain(vehicle, _VEHICLE) for vehicle in all_vehicles(customer_id)],
    }
    events.log_event("customer_exported", account=by.user_id, by=by.user_id, customer=customer_id)
    return _zipped(head, customer_id, files)


def _zipped(head: dict[str, Any], customer_id: str, files: list[File]) -> Iterator[bytes]:
    """Yield the zip file; `files` are those that its beginning names."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[call-overload]
        with made.open(DATA, "w", force_zip64=True) as data:
            for piece in _pieces(head, customer_id, files):
                data.write(piece.encode())
                yield pipe.taken()
        lost = []
        for path, opened in files:
            try:
                source = opened()
            except (NotFound, FileNotFoundError):
                lost.append(path)
                continue
            with source, made.open(path, "w", force_zip64=True) as copy:
                while chunk := source.read(CHUNK):
                    copy.write(chunk)
                    yield pipe.taken()
        words = "".join(f"- {path}: the file is no longer available\n" for path in lost)
        made.writestr(README, LEFT_OUT.format(customer_id=customer_id, lost=words))
    yield pipe.taken()


def _pieces(head: dict[str, Any], customer_id: str, files: list[File]) -> Iterator[str]:
    """Yield the JSON file in pieces; add the files that it names to `files`, with their paths in
    the zip."""
    yield json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "tickets": ['
    first, place = True, None
    while True:
        page = queries.tickets_about(
            customer_id=customer_id, archived=True, limit=PAGE, place=place
        )
        whole = queries.tickets(ticket.ticket_id for ticket in page.rows)
        for row in page.rows:
            ticket = _exported(whole.get(row.ticket_id, row), files)
            yield f"{'' if first else ','}\n  {json.dumps(ticket, ensure_ascii=False)}"
            first = False
        place = page.next
        if place is None:
            break
    yield "\n ]\n}\n"


def _exported(ticket: Ticket, files: list[File]) -> dict[str, Any]:
    conversation: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for line in queries.every_line(ticket.ticket_id):
        named = []
        for attached in line.attachments or ():
            path = f"attachments/{ticket.ticket_id}/{len(files) + 1}-{attached.name}"
            files.append((path, partial(attachments.opened, attached)))
            named.append({"name": attached.name, "size": attached.size, "path": path})
        entry = _plain(line, (*_LINE, *_MAIL) if line.delivery else _LINE)
        if line.email:
            entry["email"] = _email(line.email, line, files)
        if line.deliveries:
            entry["deliveries"] = [_part(one, _DELIVERY) for one in line.deliveries]
        entry["changes"] = [
            {"field": one.field, "before": one.before, "after": one.after}
            for one in line.changes or ()
        ]
        by_the_desk = line.type == CommunicationType.SYSTEM_UPDATE.value
        (events if by_the_desk else conversation).append({**entry, "files": named})
    escalations = queries.escalations(ticket.ticket_id)
    return {
        **_plain(ticket, _TICKET),
        "conversation": conversation,
        "events": events,
        "escalations": [_plain(one, _ESCALATION) for one in escalations],
    }


def _note(note: CustomerNote, files: list[File]) -> dict[str, Any]:
    """Return a colleague's note about the customer. Its files go into the zip."""
    named = []
    for attached in note.attachments or ():
        path = f"notes/{len(files) + 1}-{attached.name}"
        files.append((path, partial(attachments.opened, attached)))
        named.append({"name": attached.name, "size": attached.size, "path": path})
    return {**_plain(note, _NOTE), "files": named}


def _email(facts: EmailFacts, line: Communication, files: list[File]) -> dict[str, Any]:
    """Return an email's data beside its text. The original goes into the zip."""
    entry = _part(facts, _EMAIL)
    entry |= {"to": list(facts.to or ()), "cc": list(facts.cc or ())}
    if facts.sha256:
        path = f"emails/{line.ticket_id}/{line.communication_id}.eml"
        files.append((path, partial(raw_messages.opened, str(facts.sha256))))
        entry["path"] = path
    return entry


def _part(part: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a part of an item, whose attributes have names there too, as `_plain` does."""
    attributes = part.get_attributes()
    found = {}
    for name in names:
        value = getattr(part, name)
        found[attributes[name].attr_name] = (
            instant.text(value) if isinstance(value, datetime) else value
        )
    return found


def _plain(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return an item's attributes, under their names in its table."""
    written = item.serialize(null_check=False)
    attributes = item.get_attributes()
    found = {}
    for name in names:
        value = written.get(attributes[name].attr_name) or {}
        content: Any
        kind, content = next(iter(value.items()), ("NULL", None))
        if kind == "N":
            content = int(content)
        if kind == "M":
            content = {key: as_text(value) for key, value in getattr(item, name).items()}
        if kind == "L":
            content = [next(iter(one.values())) for one in content]
        found[attributes[name].attr_name] = None if kind == "NULL" else content
    return found
