"""Notes about a customer: added, edited and deleted; and their files."""

from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.services.read import get_customer
from customers.store.items import Customer
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.people import names_of
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import Invalid, NotFound, StaleVersion
from helpdesk.idempotency import Token
from helpdesk.messages import saved
from helpdesk.middleware import status_of
from helpdesk.parsing import whole_number
from tickets.presenters.labels import explained
from tickets.services.conversation.attachments import CONTENT_TYPES
from tickets.services.customer_records import notes as service
from tickets.services.customer_records.notes import NotesPage
from tickets.web.files import download


@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Show all notes, page by page, and add one."""
    by = actor_of(request.user)
    errors: dict[str, str] = {}
    if request.method == "POST":
        token = request.POST.get("token", "")
        try:
            service.add_note(
                customer_id,
                content=request.POST.get("content", ""),
                files=request.FILES.getlist("files"),
                token=Token(f"customer-note-{token}") if token else None,
                by=by,
            )
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("Note added."))
            return redirect("customer_detail", customer_id)
    page = service.customer_notes(customer_id, by=by, cursor_text=request.GET.get("page"))
    customer = _customer(customer_id)
    context = {
        "view": "customers",
        "customer": customer,
        **notes_context(customer, page, by=by),
        "typed": request.POST.get("content", ""),
        "errors": errors,
    }
    return render(request, "customers/notes.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, customer_id: str, note_id: str) -> HttpResponse:
    by = actor_of(request.user)
    note = service.note_of(customer_id, note_id, by=by)
    typed, errors, status = note.content or "", "", 200
    if request.method == "POST":
        typed = request.POST.get("content", "")
        version = whole_number(request.POST.get("version"))
        try:
            service.edit_note(customer_id, note_id, content=typed, version=version, by=by)
        except (Invalid, StaleVersion) as refused:
            errors, status = explained(refused), status_of(refused)
        else:
            saved(request, _("Note saved."))
            return redirect("customer_detail", customer_id)
    context = {
        "view": "customers",
        "customer": _customer(customer_id),
        "note": note,
        "typed": typed,
        "errors": errors,
    }
    return render(request, "customers/note.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, customer_id: str, note_id: str) -> HttpResponse:
    """Ask, then delete a note with its files."""
    by = actor_of(request.user)
    note = service.note_of(customer_id, note_id, by=by)
    if request.method == "POST":
        service.delete_note(customer_id, note_id, by=by)
        saved(request, _("Note deleted."))
        return redirect("customer_detail", customer_id)
    customer = _customer(customer_id)
    context = {"view": "customers", "customer": customer, "note": note}
    return render(request, "customers/note_delete.html", context)


@require_safe
def file(request: HttpRequest, customer_id: str, note_id: str, place: int) -> FileResponse:
    by = actor_of(request.user)
    return download(service.file_of_note(customer_id, note_id, place, by=by))


def notes_context(customer: Customer, page: NotesPage, *, by: Actor) -> dict[str, Any]:
    """Return what shows a page of notes and the form for a new one. One SQL query for users."""
    people = names_of(
        person for note in page.notes for person in (note.created_by, note.deleted_by)
    )
    address = reverse("customer_notes", args=[customer.customer_id])
    return {
        "notes": [
            {
                "note": note,
                "author": people.get(note.created_by) or _("former colleague"),
                "deleted_by": people.get(note.deleted_by or "") or _("former colleague"),
                "own": note.created_by == by.user_id,
                "may_delete": service.may_delete(note, by=by),
            }
            for note in page.notes
        ],
        "more_notes_url": f"{address}?{urlencode({'page': page.next})}" if page.next else "",
        "note_token": new_ulid(),
        "accepted_files": ",".join(f".{ending}" for ending in CONTENT_TYPES),
    }


def _customer(customer_id: str) -> Customer:
    found = get_customer(customer_id)
    if found is None:
        raise NotFound(_("Customer not found."))
    return found
