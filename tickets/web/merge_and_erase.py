"""Merge two customers, or erase one: confirmed on a page, with progress on its own page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.services.merge import FIELDS, OWN_NOTES
from customers.services.read import find_customers, get_customer
from customers.store.items import Customer
from customers.web.labels import FIELD_LABELS
from helpdesk.accounts.actors import actor_of, require_supervision, require_ticket_work
from helpdesk.errors import Invalid, NotFound
from helpdesk.htmx import wants_fragment
from helpdesk.messages import saved
from tickets.models import CustomerJob
from tickets.services.customer_records import merge_and_erase

MOST = 5


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_ticket_work(by)
    found = get_customer(customer_id)
    if found and found.gone and (running := merge_and_erase.running_merge(customer_id)):
        messages.warning(request, _("These customers are being merged already."))
        return redirect("customer_job", running.pk)
    source = _customer(customer_id)
    text = request.GET.get("q", source.name).strip()[:100]
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            typed = request.POST
            takes = [name for name in FIELDS if typed.get(name) == "goes"]
            if typed.get("notes") == "stays":
                takes.append(OWN_NOTES)
            job = merge_and_erase.start_merge(
                customer_id, into=typed.get("into", ""), takes=takes, by=by
            )
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("The merge has started."))
            return redirect("customer_job", job.pk)
    named = get_customer(request.GET["with"]) if "with" in request.GET else None
    candidates = [named] if named and not named.gone else find_customers(text)
    others = [one for one in candidates if one.customer_id != customer_id]
    context = {
        "view": "customers",
        "source": source,
        "text": text,
        "errors": errors,
        "found": [
            {
                "customer_id": one.customer_id,
                "name": one.name,
                "since": (source.created_at, one.created_at),
                "rows": [
                    (name, label, getattr(source, name), getattr(one, name))
                    for name, label in FIELD_LABELS.items()
                ],
            }
            for one in others[:MOST]
        ],
    }
    return render(request, "customers/merge.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, customer_id: str) -> HttpResponse:
    by = actor_of(request.user)
    require_supervision(by)
    customer = _customer(customer_id)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            if request.POST.get("sure", "").strip() != customer.name:
                raise Invalid({"sure": _("Enter the name exactly as shown above.")})
            job = merge_and_erase.start_erasure(customer_id, by=by)
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("Erasure started."))
            return redirect("customer_job", job.pk)
    context = {"view": "customers", "customer": customer, "errors": errors}
    return render(request, "customers/erase.html", context, status=422 if errors else 200)


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    return _shown(request, merge_and_erase.job_of(job_id, by=actor_of(request.user)))


@require_POST
def step(request: HttpRequest, job_id: int) -> HttpResponse:
    """Do the next step, and show the progress."""
    found = merge_and_erase.step(merge_and_erase.job_of(job_id, by=actor_of(request.user)).pk)
    return _shown(request, found) if wants_fragment(request) else redirect("customer_job", job_id)


def _shown(request: HttpRequest, found: CustomerJob) -> HttpResponse:
    merging = found.kind == CustomerJob.Kind.MERGE
    context = {
        "view": "customers",
        "job": found,
        "title": _("Merging customers") if merging else _("Erasing personal data"),
        "customer_id": found.into_id or found.customer_id,
        "segments_differed": merging and bool(found.finished_at) and _segments_differed(found),
    }
    template = "customers/job.html#progress" if wants_fragment(request) else "customers/job.html"
    return render(request, template, context)


def _segments_differed(merging: CustomerJob) -> bool:
    """Return whether the two customers had different segments, so that tickets may be
    recalculated."""
    into = get_customer(merging.into_id or "")
    return into is not None and any(
        one["field"] == "segment" and one["from"] == merging.customer_id
        for one in into.merged_values or ()
    )


def _customer(customer_id: str) -> Customer:
    found = get_customer(customer_id)
    if found is None or found.gone:
        raise NotFound(_("Customer not found."))
    return found
