"""Erase a customer's personal data: in their record, their tickets, and everything beside them.

Of a ticket only what reports need is left: times, words of the schema, ids. The steps are in an
order in which a crash does no harm: what can only be found by the customer's name goes first, then
the name, then the tickets' texts. Each step can be repeated.

Not reached from here, as docs/deploy.md says: backups, emails that were sent, what webhooks have
sent to other systems, and logs (which hold ids).
"""

from collections.abc import Iterable
from copy import copy

from django.contrib.admin.models import LogEntry
from django.db import transaction

from customers.services import erase
from customers.store.queries import all_vehicles
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action
from tickets.domain.escalation import MANUAL
from tickets.domain.ticket import ERASED, CommunicationType, LogEvent
from tickets.models import CustomerJob
from tickets.services.conversation import attachments
from tickets.services.customer_records import notes, others_tickets
from tickets.services.delivery import reply_email, webhooks
from tickets.services.email.replies import acknowledgement
from tickets.services.email.storage.forget import forget_email
from tickets.services.email.suspended import forget_senders
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.log_entries import ERASED_TEXTS, is_text
from tickets.services.lists import saved_views, search
from tickets.store import queries
from tickets.store.items import Communication, Escalation
from tickets.store.ticket import Ticket, ticket_pk

MOST_LINES = 100_000
_IN_ADMIN = {"ticket", "communication", "escalation"}


def forget_person(customer_id: str, *, by: Actor) -> None:
    """Erase the customer's records, and what names them elsewhere. Raises Busy."""
    records = [customer_id, *_merged_into(customer_id)]
    marks = erase.marks_of(records)
    vehicles = [one.vehicle_id for found in records for one in all_vehicles(found)]
    erase.erase_from_files(marks, [*records, *vehicles])
    saved_views.forget_views(marks, [*records, *vehicles])
    forget_senders(marks.are)
    _forget_blocked_in_admin_log(marks)
    _forget_part_in_others(marks, records, by=by)
    _forget_in_admin_log({"customer"}, records)
    _forget_in_admin_log({"vehicle"}, vehicles)
    for record in records:
        notes.forget_notes(record)
        erase.erase_vehicles(record)
    for signpost in records[1:]:
        erase.erase_signpost(signpost)
    erase.erase_person(customer_id, now=this_second())


def _forget_part_in_others(marks: erase.Marks, records: list[str], *, by: Actor) -> None:
    """Erase what the person wrote into tickets of others, and that they took part in them."""
    ticket_ids = others_tickets.tickets_of(marks, records, by=by)
    for ticket_id in ticket_ids:
        for line in others_tickets.forget_part(ticket_id, marks, by=by):
            _forget_line(line)
    search.index_whole(ticket_ids)


def forget_tickets(ticket_ids: list[str], *, by: Actor) -> None:
    """Erase the texts of these tickets in the table, the search index and all queues."""
    _forget_in_admin_log(_IN_ADMIN, ticket_ids)
    webhooks.forget_waiting(ticket_ids)
    for ticket_id in ticket_ids:
        _forget_ticket(ticket_id, by)
    search.index_whole(ticket_ids)


def finish() -> None:
    """Remove from the search index's files what is only marked as deleted there."""
    transaction.on_commit(search.forget_remains)


def _merged_into(customer_id: str) -> list[str]:
    """Return the records that were merged into this one, directly or through others."""
    found: list[str] = []
    merged = CustomerJob.objects.filter(kind=CustomerJob.Kind.MERGE)
    level = [customer_id]
    while level:
        sources = merged.filter(into_id__in=level).values_list("customer_id", flat=True)
        level = [one for one in dict.fromkeys(sources) if one not in (customer_id, *found)]
        found += level
    return found


def _forget_ticket(ticket_id: str, by: Actor) -> None:
    """Erase the ticket's log, then the ticket itself; an entry says that this was done."""
    for line in queries.whole_log(ticket_id, most=MOST_LINES):
        _forget_line(line)
    for escalation in queries.escalations(ticket_id):
        if escalation.reason not in (None, ERASED):
            escalation.update(actions=[Escalation.reason.set(ERASED)])
    attachments.forget_all(ticket_id)
    acknowledgement.forget(ticket_id)
    change(ticket_id, _forget, archived=True, by=by)
    idempotency.forget_answers(ticket_pk(ticket_id))


def _forget(draft: Draft) -> None:
    ticket: Ticket = draft.ticket
    if all(getattr(ticket, name) == erased for name, erased in ERASED_TEXTS.items()):
        return
    for name, erased in ERASED_TEXTS.items():
        setattr(ticket, name, copy(erased))
    draft.add_entry(
        CommunicationType.SYSTEM_UPDATE,
        "The customer's personal data was erased",
        event=LogEvent.ERASED,
    )


def _forget_line(line: Communication) -> None:
    for attached in line.attachments or ():
        attachments.forget(attached)
    if line.delivery:
        reply_email.forget(line)
    if line.email:
        forget_email(line)
        acknowledgement.forget(line.communication_id)
    if line.rule == MANUAL:
        if line.reason != ERASED:
            content = f"Escalated by hand: {ERASED}"
            line.update(
                actions=[Communication.content.set(content), Communication.reason.set(ERASED)]
            )
    elif line.event == LogEvent.DELIVERY_REPORT.value:
        _forget_words(line, Communication.reason.remove(), Communication.reference.remove())
    elif line.type == CommunicationType.SYSTEM_UPDATE.value:
        _forget_changes(line)
    elif line.content != ERASED or line.attachments or line.email or line.deliveries:
        _forget_words(line, Communication.attachments.remove())


def _forget_words(line: Communication, *more: Action) -> None:
    line.update(
        actions=[
            Communication.content.set(ERASED),
            Communication.delivery_problem_code.remove(),
            Communication.delivery_problem_detail.remove(),
            Communication.deliveries.remove(),
            Communication.email.remove(),
            *more,
        ]
    )


def _forget_changes(line: Communication) -> None:
    touched = [one for one in line.changes or () if is_text(one.field)]
    if all((one.before or ERASED) == (one.after or ERASED) == ERASED for one in touched):
        return
    for one in touched:
        one.before = one.after = ERASED
    fields = ", ".join(one.field for one in line.changes or ())
    line.update(
        actions=[
            Communication.changes.set(line.changes),
            Communication.content.set(f"{ERASED} {fields} changed"),
        ]
    )


def _forget_blocked_in_admin_log(marks: erase.Marks) -> None:
    """Erase addresses that were blocked from the admin's history, in which they are the name."""
    blocked = LogEntry.objects.filter(
        content_type__app_label="tickets", content_type__model="blockedsender"
    )
    for entry in blocked:
        if marks.are_in(entry.object_repr):
            entry.object_repr = ERASED
            entry.save(update_fields=["object_repr"])


def _forget_in_admin_log(models: Iterable[str], object_ids: Iterable[str]) -> None:
    """Erase names and texts from the admin's history; who did what and when stays.

    Entries about a line of a log or an escalation begin with the ticket's number.
    """
    entries = LogEntry.objects.filter(
        content_type__app_label__in=("tickets", "customers"), content_type__model__in=models
    )
    for object_id in object_ids:
        own = entries.filter(object_id=object_id) | entries.filter(
            object_id__startswith=f"{object_id}-"
        )
        own.update(object_repr=ERASED)
        # Django's own messages are a list of the names of fields.
        own.exclude(change_message__startswith="[").update(change_message=ERASED)
