"""How a customer's timeline is shown."""

from dataclasses import dataclass
from datetime import datetime

from customers.store.items import Customer
from tickets.domain.ticket import LogEvent
from tickets.presenters.tickets import LogLine, lines_of_tickets
from tickets.services.customer_records.timeline import TimelineEntry, TimelinePage

EXCERPT = 600
"""Letters of a message; the whole of it is in its ticket."""


@dataclass(frozen=True)
class ShownEntry:
    """A message or note, or the opening of a ticket, as the timeline shows it."""

    ticket_id: str
    subject: str
    archived: bool
    opens: bool
    """Whether the ticket begins here; the text is then its description."""
    inbound: bool
    note: bool
    side_thread: str
    is_call: bool
    author_name: str
    at: datetime
    text: str
    shortened: bool
    as_written: bool
    files: int
    line_id: str


def timeline_entries(page: TimelinePage, customer: Customer) -> list[ShownEntry]:
    """Return the entries of a page. One SQL query for users."""
    lines = lines_of_tickets([entry.line for entry in page.entries], customer)
    texts = {(entry.ticket.ticket_id, entry.line.content.strip()) for entry in page.entries}
    return [
        _shown(entry, line, texts, customer)
        for entry, line in zip(page.entries, lines, strict=True)
    ]


def _shown(
    entry: TimelineEntry, line: LogLine, texts: set[tuple[str, str]], customer: Customer
) -> ShownEntry:
    ticket = entry.ticket
    opens = entry.line.event == LogEvent.CREATED.value
    text = (ticket.description or "") if opens else line.content
    by_customer = opens and bool(ticket.description_by_customer)
    if opens and (
        (ticket.ticket_id, text.strip()) in texts or (by_customer and ticket.channel == "email")
    ):
        text = ""  # the ticket's first message says it
    return ShownEntry(
        ticket_id=ticket.ticket_id,
        subject=ticket.subject,
        archived=ticket.archived_at is not None,
        opens=opens,
        inbound=by_customer or line.direction == "inbound",
        note=not opens and line.kind == "Internal Note",
        side_thread=line.side_thread,
        is_call=line.is_call,
        author_name=customer.name if by_customer else line.author_name,
        at=line.at,
        text=text[:EXCERPT],
        shortened=len(text) > EXCERPT,
        as_written=by_customer or (not opens and line.as_written),
        files=len(line.files),
        line_id=line.line_id,
    )
