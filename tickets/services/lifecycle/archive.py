"""Archive a closed ticket, and restore it.

An archived ticket is in no queue and in no search, and nothing changes it. It still counts in
reports and stays in its customer's history, since merges and erasures have to reach it.
"""

from datetime import datetime

from helpdesk.accounts.actors import Actor, require_administration
from tickets.domain import events
from tickets.domain.errors import NotClosed
from tickets.domain.ticket import CommunicationType, LogEvent, Status
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.store.ticket import Ticket


def archive(
    ticket_id: str, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Ticket:
    """Archive a ticket; one that is archived already stays as it is.

    Raises NotClosed; NotFound, NotAllowed (for all but administrators), StaleVersion, Busy.
    """
    require_administration(by)

    def put_away(draft: Draft) -> None:
        if draft.timeline.status is not Status.CLOSED:
            raise NotClosed(draft.timeline.status)
        if not draft.ticket.archived_at:
            draft.ticket.archived_at = draft.at
            _log(draft, "Archived", LogEvent.ARCHIVED)

    return change(ticket_id, put_away, archived=True, by=by, version=version, now=now)


def restore(ticket_id: str, *, by: Actor, now: datetime | None = None) -> Ticket:
    """Restore a ticket to lists and search. Raises NotFound, NotAllowed, Busy."""
    require_administration(by)

    def bring_back(draft: Draft) -> None:
        if draft.ticket.archived_at:
            draft.ticket.archived_at = None
            _log(draft, "Brought back from the archive", LogEvent.RESTORED)

    return change(ticket_id, bring_back, archived=True, by=by, now=now)


def _log(draft: Draft, words: str, event: LogEvent) -> None:
    draft.add_entry(CommunicationType.SYSTEM_UPDATE, words, event=event)
    # The whole search entry has to be updated, its text included.
    draft.emit(events.Archived() if draft.ticket.archived_at else events.Restored())
