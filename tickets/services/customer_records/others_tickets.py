"""Erase a person from tickets of other customers, in which they took part by email."""

from collections.abc import Sequence

from customers.services.erase import Marks
from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Action
from tickets.domain.filters import Filters
from tickets.domain.mail.outcome import Remark
from tickets.domain.ticket import ERASED, LogEvent
from tickets.domain.ticket import CommunicationType as Type
from tickets.services.email.incoming.matching import name_and_address
from tickets.services.email.storage.forget import forget_original, original_names
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lists.find import every_number
from tickets.store import queries, search
from tickets.store.items import Communication, EmailFacts

MOST_TICKETS = 10_000
MOST_LINES = 100_000


def tickets_of(marks: Marks, customer_ids: Sequence[str], *, by: Actor) -> list[str]:
    """Return the tickets of others that name one of a person's addresses.

    One search for each address. The search index may be a moment late.
    """
    addresses = sorted(value for value in marks.values if "@" in value)
    found = (
        every_number(Filters(text=f'"{address}"'), most=MOST_TICKETS, by=by)
        for address in addresses
    )
    every = {int(number) for numbers in found for number in numbers}
    return [str(number) for number in search.of_others(every, customer_ids)]


def forget_part(ticket_id: str, marks: Marks, *, by: Actor) -> list[Communication]:
    """Take a person out of a ticket: as a participant, and wherever its messages name them.

    Originals that name them are removed; what others wrote stays as it is shown. Returns the
    messages that they wrote, for the caller to erase. A repeat changes nothing.
    """
    written = []
    log = queries.whole_log(ticket_id, most=MOST_LINES)
    was_logged = any(line.event == LogEvent.ORIGINALS_ERASED for line in log)
    before = sum(map(_lost_its_original, log)) if was_logged else 0
    for line in log:
        if line.email and marks.are(line.email.sender):
            written.append(line)
        elif actions := [*_email(line, marks), *_deliveries(line, marks), *_log(line, marks)]:
            line.update(actions=actions)
    removed = sum(map(_lost_its_original, log)) > before
    change(ticket_id, lambda draft: _forget(draft, marks, removed), archived=True, by=by)
    return written


def _forget(draft: Draft, marks: Marks, originals_removed: bool) -> None:
    if originals_removed:
        draft.add_entry(
            Type.SYSTEM_UPDATE, "Original removed: erasure", event=LogEvent.ORIGINALS_ERASED
        )
    ticket = draft.ticket
    left = [one for one in ticket.participants if not marks.are(name_and_address(one)[1])]
    replies_to_them = bool(ticket.reply_to) and marks.are(ticket.reply_to)
    if len(left) == len(ticket.participants) and not replies_to_them:
        return
    ticket.participants = left
    ticket.returned_addresses = [one for one in ticket.returned_addresses if not marks.are(one)]
    if replies_to_them:
        ticket.reply_to = None
    draft.is_logged("participants")  # an entry of what changed would name them
    draft.add_entry(
        Type.SYSTEM_UPDATE, "A participant's personal data was erased", event=LogEvent.ERASED
    )


def _email(line: Communication, marks: Marks) -> list[Action]:
    """Take them out of a message's headers, and remove its original if that names them."""
    facts = line.email
    if facts is None:
        return []
    names_them = bool(facts.sha256) and original_names(line, marks.are_in)
    if names_them:
        forget_original(line)
    return [Communication.email.set(facts)] if _headers(facts, marks) or names_them else []


def _headers(facts: EmailFacts, marks: Marks) -> bool:
    """Take them out of a message's headers; return whether they were there."""
    kept = {
        name: [one for one in getattr(facts, name) or () if not marks.are_in(one)]
        for name in ("to", "cc")
    }
    replies_to_them = bool(facts.reply_to) and marks.are_in(facts.reply_to)
    if not replies_to_them and all(
        len(kept[name]) == len(getattr(facts, name) or ()) for name in kept
    ):
        return False
    facts.to, facts.cc = kept["to"] or None, kept["cc"] or None
    if replies_to_them:
        facts.reply_to = None
    return True


def _lost_its_original(line: Communication) -> bool:
    return bool(line.email) and Remark.ORIGINAL_ERASED in (line.email.remarks or ())


def _deliveries(line: Communication, marks: Marks) -> list[Action]:
    theirs = [one for one in line.deliveries or () if marks.are(one.address)]
    for one in theirs:
        one.address = ERASED
        one.problem_code = one.problem_detail = None
    return [Communication.deliveries.set(line.deliveries)] if theirs else []


def _log(line: Communication, marks: Marks) -> list[Action]:
    """Take them out of entries that say who took part before and after."""
    named = [
        one
        for one in line.changes or ()
        if one.field == "participants" and marks.are_in(f"{one.before} {one.after}")
    ]
    for one in named:
        one.before = one.after = ERASED
    fields = ", ".join(one.field for one in line.changes or ())
    return (
        [
            Communication.changes.set(line.changes),
            Communication.content.set(f"{ERASED} {fields} changed"),
        ]
        if named
        else []
    )
