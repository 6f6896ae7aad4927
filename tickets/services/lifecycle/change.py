"""The one way in which a ticket changes.

A use case gives `change` a function that decides on a Draft. `change` reads the ticket, fires every
milestone that has passed, calls the function, and writes the result, its log entries and its events
in one transaction, under the version that was read. If another writer was first, the ticket is read
again and the function is called again.

So no milestone is lost to a late sweep (the change itself fires it), and no escalation follows a
change that should have prevented it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import uniform
from time import sleep

import structlog
from django.utils.translation import gettext as _

from helpdesk import tracing
from helpdesk.accounts.actors import SYSTEM, Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction, changes
from helpdesk.errors import Busy, NotFound, StaleVersion
from helpdesk.idempotency import Token
from tickets.domain.errors import TicketArchived
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Direction
from tickets.services.delivery import outbox
from tickets.services.lifecycle import escalation_counts, idempotency
from tickets.services.lifecycle.draft import Draft, copy_of, write_beside
from tickets.services.lists import search
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

ATTEMPTS = 8
MOST_UNSEEN = 50
_INBOUND = Direction.INBOUND.value


class UnseenChanges(StaleVersion):
    """Others have written or changed something that the actor has not seen."""

    def __init__(self, lines: list[Communication], *, seen: int, current: int) -> None:
        self.lines = lines
        super().__init__(seen=seen, current=current)


def change(
    ticket_id: str,
    decide: Callable[[Draft], object],
    *,
    by: Actor,
    version: int | None = None,
    seen: str | None = None,
    archived: bool = False,
    known: Ticket | None = None,
    token: Token | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Read a ticket, let `decide` change a draft of it, write the draft, and return what is stored.

    `decide` may be called several times, each time with a new draft. With `version` the ticket has
    to be at that version; with `seen`, the `last_id` of the ticket that the actor saw, nobody else
    may have written or changed anything since. An archived ticket only changes with `archived`.
    `known` is the ticket as read a moment ago: it saves the first read, and the condition on the
    version still decides. With a `token` that this actor used before nothing is changed, and the
    ticket is returned as it was then.

    Raises NotFound; NotAllowed; TicketArchived; StaleVersion; UnseenChanges; Busy after ATTEMPTS
    collisions; and what `decide` raises, with nothing written.
    """

    def check(before: Ticket) -> None:
        if version is not None and version != before.version:
            raise StaleVersion(seen=version, current=before.version)
        if seen is not None:
            _refuse_unseen(before, seen, by)

    (ticket,) = _change(
        [ticket_id],
        decide,
        check=check,
        archived=archived,
        known=known,
        token=token,
        by=by,
        now=now,
    )
    return ticket


def change_both(
    first_id: str,
    second_id: str,
    decide: Callable[[Draft, Draft], object],
    *,
    by: Actor,
    now: datetime | None = None,
) -> tuple[Ticket, Ticket]:
    """As `change`, with two tickets in one transaction."""
    first, second = _change([first_id, second_id], decide, by=by, now=now)
    return first, second


def change_beside(
    transaction: Transaction,
    ticket_id: str,
    decide: Callable[[Draft], object],
    *,
    by: Actor,
    now: datetime,
) -> Draft:
    """Add a change of a ticket to the transaction of another one, and return its draft.

    For the `prepare` of `write_until_done`, which reads it again if another writer was first.
    Raises NotFound, TicketArchived, and what `decide` raises.
    """
    before = _stored(ticket_id)
    if before.archived_at:
        raise TicketArchived
    draft = Draft(copy_of(before), Timeline.load(before.timeline), by=by, now=now)
    draft.fire_passed()
    decide(draft)
    _write(transaction, before, draft)
    return draft


def _change(
    ticket_ids: Sequence[str],
    decide: Callable[..., object],
    *,
    check: Callable[[Ticket], None] | None = None,
    archived: bool = False,
    known: Ticket | None = None,
    token: Token | None = None,
    by: Actor,
    now: datetime | None,
) -> list[Ticket]:
    require_ticket_work(by)
    structlog.contextvars.bind_contextvars(ticket_id=ticket_ids[0])
    stored: list[Ticket] = []
    escalated: list[str] = []

    def prepare(transaction: Transaction) -> list[Ticket]:
        nonlocal known
        escalated.clear()
        if repeated := idempotency.ticket_before(token, by=by):
            stored[:] = [repeated]
            return []
        befores = [known] if known else [_stored(ticket_id) for ticket_id in ticket_ids]
        known = None  # another writer was first
        if not archived and any(before.archived_at for before in befores):
            raise TicketArchived
        if check:
            check(befores[0])
        drafts = [
            Draft(copy_of(before), Timeline.load(before.timeline), by=by, now=now or this_second())
            for before in befores
        ]
        for draft in drafts:
            draft.fire_passed()
        decide(*drafts)
        written = [
            _write(transaction, before, draft)
            for before, draft in zip(befores, drafts, strict=True)
        ]
        stored[:] = [draft.ticket for draft in drafts] if any(written) else befores
        escalated[:] = [one.rule for draft in drafts for one in draft.escalations]
        if token:
            idempotency.remember(transaction, token, by=by, at=drafts[0].at, ticket=stored[0])
        return stored if any(written) else []

    with tracing.span("change", ticket_id=ticket_ids[0]):
        write_until_done(prepare)
    escalation_counts.add(escalated)
    return stored


def write_until_done(prepare: Callable[[Transaction], Sequence[Ticket]]) -> None:
    """Write what `prepare` adds to a transaction; if another writer was first, prepare it again.

    `prepare` returns the changed tickets, whose followers are notified after the write; it may add
    nothing at all. Raises Busy after ATTEMPTS collisions, and what `prepare` raises.
    """
    for attempt in range(ATTEMPTS):
        try:
            with Transaction() as transaction:
                tickets = prepare(transaction)
        except (ConditionFailed, Contended):
            log.info("ticket_contended", attempt=attempt)
            sleep(uniform(0, 0.005 * 2**attempt))  # so that writers do not meet again in step
            continue
        if tickets:
            _index_and_wake(tickets)
        return
    raise Busy(_("Others are updating this ticket right now. Try again."))


def _write(transaction: Transaction, before: Ticket, draft: Draft) -> bool:
    """Finish a draft and add it to a transaction; return whether there is anything to write."""
    draft.finish()
    actions = changes(before, draft.ticket)
    if not actions and not draft.communications:
        return False
    draft.ticket.version = before.version + 1
    draft.ticket.updated_at = draft.at
    actions += [Ticket.version.set(draft.ticket.version), Ticket.updated_at.set(draft.at)]
    write_beside(transaction, draft)
    transaction.update(before, actions, Ticket.version == before.version)
    return True


def _stored(ticket_id: str) -> Ticket:
    found = queries.ticket(ticket_id)
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    return found


def _refuse_unseen(before: Ticket, seen: str, by: Actor) -> None:
    """Raise UnseenChanges if other users have written since `seen`; system updates do not count."""
    if (before.last_id or "") <= seen:
        return
    known = {by.user_id, SYSTEM.user_id}
    lines = queries.log_after(before.ticket_id, after=seen, limit=MOST_UNSEEN)
    unseen = [line for line in lines if line.created_by not in known or line.direction == _INBOUND]
    if unseen:
        raise UnseenChanges(unseen, seen=0, current=before.version)


def _index_and_wake(tickets: Sequence[Ticket]) -> None:
    """Update the search index at once, and wake a worker for the rest."""
    if not outbox.in_batch():
        search.index_at_once(tickets)
    outbox.wake_worker()
