"""Merge and erase customers with everything that belongs to them.

A job goes through the customer's tickets in steps. The index that it reads is a moment late, so a
worker goes through it once more when the job is a minute old, to find tickets of the last moment.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.services import erase, merge
from customers.services.transaction_guards import check_customer
from helpdesk import jobs
from helpdesk.accounts import events
from helpdesk.accounts.actors import Actor, on_behalf_of, require_ticket_work
from helpdesk.dynamo.pages import PagePosition
from helpdesk.errors import Invalid, NotFound, ServiceError
from tickets.models import CustomerJob
from tickets.services.customer_records import erasure
from tickets.services.customer_records.notes import carry_notes
from tickets.services.customer_records.timeline import carry_timeline
from tickets.services.delivery import outbox
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.sla.recalculation import apply_policy
from tickets.store import queries

STEP = 25
SECOND_LOOK = timedelta(minutes=1)


def start_merge(source_id: str, *, into: str, takes: Iterable[str] = (), by: Actor) -> CustomerJob:
    """Start to merge two customers; `takes` as in `merge.begin`.

    The job is stored first, so that a worker finishes what has begun whatever happens to this
    request. Raises Invalid, NotFound, NotAllowed.
    """
    merge.check(source_id, into=into, by=by)
    if running := running_merge(source_id):
        merge.begin(source_id, into=into, takes=takes, by=by)
        return running
    job = CustomerJob.objects.create(
        kind=CustomerJob.Kind.MERGE,
        customer_id=source_id,
        into_id=into,
        asked_by_id=int(by.user_id),
    )
    try:
        merge.begin(source_id, into=into, takes=takes, by=by)
    except ServiceError:
        job.delete()
        raise
    return job


def running_merge(source_id: str) -> CustomerJob | None:
    """Return the job that merges this customer into another, if it is not finished."""
    return CustomerJob.objects.filter(
        kind=CustomerJob.Kind.MERGE, customer_id=source_id, finished_at=None
    ).first()


def start_erasure(customer_id: str, *, by: Actor) -> CustomerJob:
    """Erase a customer's record at once, and start to erase their tickets.

    The job is stored first, so that a worker finishes it whatever happens to this request. Raises
    Invalid while another record is being merged into this one, and what `erase.check` and
    `erasure.forget_person` raise.
    """
    erase.check(customer_id, by=by)
    unfinished = CustomerJob.objects.filter(finished_at=None)
    if unfinished.filter(kind=CustomerJob.Kind.MERGE, into_id=customer_id).exists():
        raise Invalid(
            {"customerId": _("A merge into this customer is in progress. Wait until it is done.")}
        )
    running = unfinished.filter(kind=CustomerJob.Kind.ERASE, customer_id=customer_id).first()
    job = running or _begun(customer_id, by)
    erasure.forget_person(customer_id, by=by)
    return job


@transaction.atomic
def _begun(customer_id: str, by: Actor) -> CustomerJob:
    """Return the stored job of an erasure, which is recorded with it."""
    events.log_event("customer_erased", account=by.user_id, by=by.user_id, customer=customer_id)
    return CustomerJob.objects.create(
        kind=CustomerJob.Kind.ERASE, customer_id=customer_id, asked_by_id=int(by.user_id)
    )


def job_of(job_id: int, *, by: Actor) -> CustomerJob:
    """Return a job. Raises NotFound, NotAllowed."""
    require_ticket_work(by)
    found = CustomerJob.objects.filter(pk=job_id).first()
    if found is None:
        raise NotFound(_("Job not found."))
    return found


def step(job_id: int) -> CustomerJob:
    """Do the next step of a job, unless somebody else has its lease.

    The job is finished even if its actor has lost the permission for it.
    """
    job = jobs.lease(CustomerJob, job_id)
    if job is None:
        return CustomerJob.objects.get(pk=job_id)
    with outbox.one_wake_up():
        finished = _STEPS[job.kind](job, on_behalf_of(job.asked_by))
    jobs.step_done(job, finished=finished)
    return job


def due_for_a_second_look() -> QuerySet[CustomerJob]:
    """Return finished jobs whose customers' tickets have to be checked once more."""
    return CustomerJob.objects.filter(
        looked_again=False, finished_at__lt=timezone.now() - SECOND_LOOK
    )


def unfinished() -> QuerySet[CustomerJob]:
    """Return jobs that nobody works on."""
    return jobs.abandoned(CustomerJob)


def left() -> bool:
    """Return whether a job is unfinished, or has to be checked once more."""
    return due_for_a_second_look().exists() or unfinished().exists()


def look_again(job: CustomerJob) -> None:
    """Go through the customer's tickets of a finished job once more."""
    CustomerJob.objects.filter(pk=job.pk).update(finished_at=None, place="", looked_again=True)


def _merge(job: CustomerJob, by: Actor) -> bool:
    """Move some vehicles or tickets; return whether nothing is left."""
    if not merge.has_begun(job.customer_id):  # its process died before it began
        return True
    if carried := merge.carry_vehicles(job.customer_id, limit=STEP, by=by):
        job.vehicles += carried
        return False
    page = queries.tickets_about(customer_id=job.customer_id, archived=True, limit=STEP)
    for row in page.rows:
        moved = change(row.ticket_id, _move, archived=True, by=by)
        job.tickets += moved.customer_id != row.customer_id
    if page.rows or carry_timeline(job.customer_id) or carry_notes(job.customer_id, limit=STEP):
        return False
    merge.finish(job.customer_id, by=by)
    return True


def _move(draft: Draft) -> None:
    stands = merge.current(draft.ticket.customer_id)
    if stands is None or stands.customer_id == draft.ticket.customer_id:
        return
    customer_id = stands.customer_id
    draft.ticket.segment = merge.chosen_segment(draft.ticket.customer_id)
    draft.ticket.customer_id = customer_id
    apply_policy(draft)
    draft.checks.append(lambda transaction: check_customer(transaction, customer_id))


def _erase(job: CustomerJob, by: Actor) -> bool:
    """Erase the record, then some of the tickets; return whether nothing is left."""
    if not job.place:
        erasure.forget_person(job.customer_id, by=by)
    place = PagePosition(job.place, back=False) if job.place else None
    page = queries.tickets_about(
        customer_id=job.customer_id, archived=True, limit=STEP, place=place
    )
    erasure.forget_tickets([row.ticket_id for row in page.rows], by=by)
    if not job.looked_again:
        job.tickets += len(page.rows)
    job.place = page.next.key if page.next else ""
    if page.next is None:
        erasure.finish()
    return page.next is None


_STEPS: dict[str, Callable[[CustomerJob, Actor], bool]] = {
    CustomerJob.Kind.MERGE: _merge,
    CustomerJob.Kind.ERASE: _erase,
}
