"""Remove card numbers from a ticket: from every message and note, since replies quote each other,
from subject, description and custom fields, and with them the originals of emails that have one.

Not from attachments, nor from what was sent already.
"""

from functools import partial

from django.utils.translation import gettext as _

from customers.store.custom_values import texts_of
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.audit.record import record
from helpdesk.dynamo.transaction import Action, ConditionFailed, Contended, Transaction
from helpdesk.errors import Busy, Invalid, NotFound
from tickets.domain.cards import has_card_number, without_card_numbers
from tickets.domain.mail.outcome import Remark
from tickets.domain.ticket import CommunicationType, LogEvent
from tickets.services.email.storage import forget
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lists import search
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket, ticket_pk

MOST_LINES = 100_000
ATTEMPTS = 5
_TEXTS = ("subject", "description")


def remove_card_numbers(ticket_id: str, *, by: Actor) -> Ticket:
    """Remove all card numbers of a ticket, and record it. A repeat continues where the first ended.

    Raises Invalid if there are none; NotFound, NotAllowed, TicketArchived, Busy. Cost: the whole
    log, a read of each original, and a write for each entry that changes.
    """
    require_ticket_work(by)
    ticket = queries.ticket(ticket_id)
    if ticket is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    log = queries.whole_log(ticket_id, most=MOST_LINES)
    texts = [*(getattr(ticket, name) or "" for name in _TEXTS), *texts_of(ticket.custom_fields)]
    if not any(map(has_card_number, texts)) and not any(map(_has_card, log)):
        raise Invalid({"cards": _("No card number found. Attachments are not searched.")})
    record("ticket", "redacted", f"ticket:{ticket_id}", by=by.user_id)
    changed = change(ticket_id, _without, by=by)
    # Where nobody sees a number any more, nobody would ask again: those come first.
    log = queries.whole_log(ticket_id, most=MOST_LINES)
    for line in sorted(log, key=lambda line: has_card_number(line.content)):
        _redact(line)
    idempotency.forget_answers(ticket_pk(ticket_id))
    search.index_whole([ticket_id])
    return changed


def _without(draft: Draft) -> None:
    for name in _TEXTS:
        setattr(draft.ticket, name, without_card_numbers(getattr(draft.ticket, name) or ""))
    if draft.ticket.custom_fields:
        draft.ticket.custom_fields = {
            key: without_card_numbers(value) if isinstance(value, str) else value
            for key, value in draft.ticket.custom_fields.items()
        }
    words = "Card numbers removed"
    draft.add_entry(CommunicationType.SYSTEM_UPDATE, words, event=LogEvent.REDACTED)


def _has_card(line: Communication) -> bool:
    changes = (text or "" for one in line.changes or () for text in (one.before, one.after))
    subject = (line.email.subject or "") if line.email else ""
    return any(map(has_card_number, (line.content, subject, *changes))) or _original_has(line)


def _original_has(line: Communication) -> bool:
    return bool(line.email and line.email.sha256) and forget.original_names(line, has_card_number)


def _redact(line: Communication) -> None:
    """Remove the card numbers of an entry, in one write; its original before that.

    Who has changed it meanwhile has erased it: what is erased stays so. Raises Busy.
    """
    found: Communication | None = line
    for _attempt in range(ATTEMPTS):
        if found is None or not _has_card(found):
            return
        before = found.content
        actions = _actions(found)
        try:
            with Transaction() as transaction:
                transaction.update(found, actions, Communication.content == before)
            return
        except (ConditionFailed, Contended):
            found = queries.communication(line.ticket_id, line.communication_id)
    raise Busy(_("Someone else is updating this. Try again."))


def _actions(line: Communication) -> list[Action]:
    """Return what leaves an entry without card numbers; removes its original, if that has one."""
    clean = partial(map, lambda text: text and without_card_numbers(text))
    actions: list[Action] = [Communication.content.set(without_card_numbers(line.content))]
    if line.changes:
        for one in line.changes:
            one.before, one.after = clean((one.before, one.after))
        actions.append(Communication.changes.set(line.changes))
    if line.email:
        if _original_has(line):
            forget.forget_original(line, Remark.CARD_REMOVED)
        [line.email.subject] = clean([line.email.subject])
        forget.rename_email(line)
        actions.append(Communication.email.set(line.email))
    return actions
