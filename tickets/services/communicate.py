"""Answer the customer, note something among colleagues, record what the customer wrote."""

from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from tickets.domain.sla.timeline import EventType
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.change import Draft, change
from tickets.services.checks import LONGEST_CONTENT, Checks
from tickets.store.log import Communication
from tickets.store.ticket import Ticket


def communicate(
    ticket_id: str,
    *,
    type: CommunicationType,
    content: str,
    direction: Direction = Direction.OUTBOUND,
    waiting: bool = False,
    by: Actor,
    now: datetime | None = None,
) -> tuple[Ticket, Communication]:
    """Add to the conversation. `waiting`: the ticket then waits for the customer.

    Needs no version: two people who write at once are both heard.
    Raises Invalid, NotFound, NotAllowed, EventRefused (waiting on a done ticket; a customer's
    message to a ticket that was closed too long ago), Busy.
    """
    checks = Checks()
    content = checks.text("content", content, longest=LONGEST_CONTENT)
    if type is CommunicationType.SYSTEM_UPDATE:
        checks.errors["type"] = _("System updates are written by the desk itself.")
    inbound = type is CommunicationType.CUSTOMER_RESPONSE and direction is Direction.INBOUND
    if waiting and (inbound or type is CommunicationType.INTERNAL_NOTE):
        checks.errors["waiting"] = _("A ticket waits for the customer after an answer to them.")
    checks.done()
    written: list[Communication] = []

    def write(draft: Draft) -> None:
        is_note = type is CommunicationType.INTERNAL_NOTE
        line = draft.say(type, content, direction=None if is_note else direction)
        written[:] = [line]
        if inbound:
            draft.happen(EventType.CUSTOMER_REPLIED)
        elif not is_note:
            draft.happen(EventType.RESPONDED)
            if waiting and not draft.timeline.waiting:
                draft.happen(EventType.WAITING)
        draft.tell(
            "communication",
            communicationId=line.communication_id,
            type=type.value,
            direction=line.direction,
        )

    ticket = change(ticket_id, write, by=by, now=now)
    return ticket, written[0]


def respond(
    ticket_id: str, *, content: str, waiting: bool = False, by: Actor, now: datetime | None = None
) -> Ticket:
    """Answer the customer."""
    ticket, _line = communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        content=content,
        waiting=waiting,
        by=by,
        now=now,
    )
    return ticket


def note(ticket_id: str, *, content: str, by: Actor, now: datetime | None = None) -> Ticket:
    """Write something that the customer does not see."""
    ticket, _line = communicate(
        ticket_id, type=CommunicationType.INTERNAL_NOTE, content=content, by=by, now=now
    )
    return ticket
