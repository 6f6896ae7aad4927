"""What third parties may read of a ticket: its opening message, what the customer wrote, and what
is of their own conversation. Never a note or a reply."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import names_of
from helpdesk.errors import Invalid, NotFound
from tickets.domain.ticket import Direction
from tickets.store import queries
from tickets.store.items import Attachment, Communication
from tickets.store.ticket import Ticket

OPENING = "opening"
"""Names the opening message, where others have an id: the description of a ticket."""

FIRST_LINES = 5
"""The files of the opening message are among these lines of a log: they are written with it."""


@dataclass(frozen=True)
class Forwarded:
    """A message as it is forwarded: its text as it is quoted, and its files."""

    quote: str
    files: Sequence[Attachment]

    @property
    def digest(self) -> str:
        """What tells whether somebody was shown this very quote and these files."""
        shown = "\n".join((self.quote, *(str(one.file_id) for one in self.files)))
        return sha256(shown.encode()).hexdigest()

    def chosen(self, places: Collection[int]) -> list[Attachment]:
        """Return the files at these places. Raises Invalid for a place without one."""
        if any(not 0 <= place < len(self.files) for place in places):
            raise Invalid({"withFiles": _("This message has no such file.")})
        return [self.files[place] for place in sorted(places)]


def opening(ticket_id: str, *, by: Actor) -> tuple[Ticket, Forwarded]:
    """Return a ticket, and the message that it was opened with, whoever wrote it: a colleague who
    was called, too. Files are those that were attached when it was created.

    Cost: a query, two reads, one SQL query. Raises NotFound, NotAllowed.
    """
    require_ticket_work(by)
    found = queries.ticket_with_first_lines(ticket_id, after=None, limit=FIRST_LINES)
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    ticket = found.ticket
    files = [file for line in found.log if line.of_opening for file in line.attachments or ()]
    with translation.override(settings.LANGUAGE_CODE):
        if ticket.description_by_customer:
            customer = get_customer(ticket.customer_id)
            author = customer.name if customer else _("customer")
        else:
            author = names_of([ticket.created_by]).get(ticket.created_by) or _("former colleague")
        at = timezone.localtime(ticket.created_at, timezone.get_default_timezone())
        date = f"{date_format(at, _('j M Y'))}, {at:%H:%M %Z}"
        facts = {_("From"): author, _("Date"): date}
        return ticket, Forwarded(_quoted(facts, ticket.description or ""), files)


def message(ticket_id: str, line_id: str, side_thread: str) -> Forwarded:
    """Return a message that the third parties of a conversation may read. Raises Invalid for any
    other: a note, a reply, or what was written with somebody else."""
    line = queries.communication(ticket_id, line_id)
    if line is None or not _may_be_read(line, side_thread):
        words = _("Only a message from the customer or of the same conversation can be forwarded.")
        raise Invalid({"forwards": words})
    with translation.override(settings.LANGUAGE_CODE):
        facts = {}
        if line.email and line.email.sender:
            facts[_("From")] = f"{line.email.sender_name or ''} <{line.email.sender}>".strip()
        return Forwarded(_quoted(facts, line.content), line.attachments or [])


def _may_be_read(line: Communication, side_thread: str) -> bool:
    if line.side_thread:
        return line.side_thread == side_thread
    return line.direction == Direction.INBOUND.value


def _quoted(facts: dict[str, str], text: str) -> str:
    """Return a forwarded text: who wrote it above, and a mark before each line.

    In the desk's language: nobody knows that of a third party, and a colleague's or the customer's
    is not theirs.
    """
    head = "-" * 10 + " " + _("Forwarded message") + " " + "-" * 10
    known = (f"{name}: {value}" for name, value in facts.items())
    return "\n".join([head, *known, *(f"> {one}" for one in text.splitlines())])
