"""Tickets in the admin."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.services.read import get_customer, get_customers, get_vehicle
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.rights import SupervisorsOnly
from helpdesk.clock import this_second
from helpdesk.custom_fields.admin import WithCustomFields, WithCustomFieldsForm
from helpdesk.custom_fields.definition import RecordKind
from helpdesk.custom_fields.forms import with_custom_fields
from helpdesk.errors import Invalid, ServiceError
from theme.templatetags.desk import moment, time_left
from tickets.admin import actions
from tickets.admin.filters import of_tickets
from tickets.admin.people import people
from tickets.domain import workflow
from tickets.domain.errors import DomainError
from tickets.domain.filters import Filters
from tickets.domain.ticket import Status
from tickets.models import Ticket
from tickets.presenters.labels import explained, label
from tickets.presenters.tickets import LogLine, log_entries, log_lines
from tickets.services.conversation import mentioning
from tickets.services.lifecycle.admin_edit import edit_as_supervisor, may_change
from tickets.services.lifecycle.archive import archive, restore
from tickets.services.lists.filters import FILTERS, read_filters
from tickets.services.read import log_since, ticket_with_newest_lines

LINES_SHOWN = 100
_DAYS = {"today": timedelta(0), "week": timedelta(days=6)}
"""How far a bookmarked filter by deadline reaches beyond today."""
NONE = SafeString('<span class="none">–</span>')
"""A cell without a value: on a phone it is left out."""


class TicketForm(WithCustomFieldsForm):
    record = RecordKind.TICKET

    assigned_to = forms.ChoiceField(label=gettext_lazy("Assignee"), required=False)
    team_id = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Separate tags with commas."),
    )
    note = forms.CharField(
        label=gettext_lazy("New note"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Only visible to your team. Use @ to mention a colleague."),
    )

    class Meta:
        model = Ticket
        fields = ("subject", "description", "category", "priority", "status")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = ", ".join(self.instance.tags)
        stands = Status(self.instance.status)
        self._choices(
            "status", [(one.value, label(one)) for one in (stands, *workflow.ALLOWED[stands])]
        )
        known = people()
        self._choices("assigned_to", [("", _("Unassigned")), *known.assignable], known.label)
        self._choices("team_id", [("", _("No team")), *people().teams])

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def _choices(
        self,
        name: str,
        choices: Sequence[tuple[str, Any]],
        words: Callable[[str], str] = str,
    ) -> None:
        """Offer these choices, and the current value."""
        if name not in self.fields:
            return
        there = getattr(self.instance, name) or ""
        known = {value for value, _words in choices}
        more = [] if there in known else [(there, words(there))]
        field: Any = self.fields[name]
        field.choices = [*choices, *more]


@admin.register(Ticket)
class TicketAdmin(SupervisorsOnly, WithCustomFields):
    form = TicketForm
    change_form_template = "admin/tickets/ticket/change_form.html"
    object_history_template = "admin/tickets/ticket/object_history.html"
    delete_confirmation_template = "admin/tickets/ticket/archive.html"
    refusals = (ServiceError, DomainError)
    list_display = (
        *("about", "customer", "status_mark", "priority_mark", "category", "sla_mark"),
        *("level_mark", "team", "assignee", "created"),
    )
    list_filter = of_tickets(FILTERS)
    search_by = search_order = "words"
    search_help_text = gettext_lazy(
        "Search by number, name, VIN or text, or use status:open priority:high "
        "assignee:me is:overdue tag:x."
    )
    actions = actions.ACTIONS
    exported = (
        *("ticket_id", "subject", "status", "priority", "category", "channel", "customer_id"),
        *("named_customer", "vehicle_id", "team", "assignee", "tags", "sla_status"),
        *("escalation_level", "sla_deadline", "created_at", "updated_at"),
        *("resolved_at", "closed_at"),
    )
    export_recorded_as = ("ticket", "ticket:list")
    readonly_fields = (
        "customer",
        "vehicle",
        "sla_mark",
        "level_mark",
        "made",
        "created_at",
        "updated_at",
        "resolved_at",
        "closed_at",
    )
    fieldsets = (
        (None, {"fields": ("subject", "description", ("category", "priority", "status"))}),
        (gettext_lazy("Assignment"), {"fields": (("assigned_to", "team_id"), "tags")}),
        (gettext_lazy("Internal note"), {"fields": ("note",)}),
        (
            gettext_lazy("SLA and dates"),
            {
                "fields": (
                    ("sla_mark", "level_mark"),
                    ("customer", "vehicle"),
                    ("made", "created_at", "updated_at"),
                    ("resolved_at", "closed_at"),
                )
            },
        ),
    )

    # Rights

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # customers are known to representatives: tickets are opened in their pages

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by = actor_of(request.user)
        if obj is None:
            return by.supervises
        return may_change(obj.status, by=by) and obj.archived_at is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not actor_of(request.user).administers:
            return False
        return obj is None or (obj.status == Status.CLOSED and obj.archived_at is None)

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if "standing" in request.GET:  # a bookmark of an earlier release
            given = request.GET.copy()
            given.setlist("sla_status", given.pop("standing"))
            return redirect(f"{request.path}?{given.urlencode()}", permanent=True)
        if request.GET.get("due") in _DAYS:  # another one
            given = request.GET.copy()
            today = localdate()
            given["sla_deadline__from"] = today.isoformat()
            given["sla_deadline__to"] = (today + _DAYS[given.pop("due")[-1]]).isoformat()
            return redirect(f"{request.path}?{given.urlencode()}")
        return super().changelist_view(request, extra_context)

    def rows_shown(self, request: HttpRequest, rows: list[Any]) -> None:
        self._named(rows)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as in the workspace: filter words in the search box count as filters."""
        if not search_term.strip():
            return queryset, False
        try:
            filters = read_filters({"q": [search_term]}, by=actor_of(request.user))
        except Invalid as refused:
            raise IncorrectLookupParameters(refused) from refused
        return narrowed(queryset, filters, me=str(request.user.pk)), False

    def get_actions(self, request: HttpRequest) -> Any:
        return {
            name: found
            for name, found in super().get_actions(request).items()
            if name != "delete_selected"
        }

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view
        return [
            path("many/", view(self.change_many), name="tickets_ticket_many"),
            path("<path:object_id>/restore/", view(self.restore), name="tickets_ticket_restore"),
            *super().get_urls(),
        ]

    def change_many(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        return actions.start(self, request)

    @admin.display(description=gettext_lazy("ticket"))
    def about(self, ticket: Any) -> str:
        return format_html(
            '<span class="quiet">#{}</span> {}', ticket.ticket_id, ticket.subject[:90]
        )

    @admin.display(description=gettext_lazy("status"))
    def status_mark(self, ticket: Any) -> str:
        return mark("status", ticket.status)

    @admin.display(description=gettext_lazy("priority"), ordering="-priority")
    def priority_mark(self, ticket: Any) -> str:
        return mark("priority", ticket.priority)

    @admin.display(description=gettext_lazy("SLA"), ordering="urgency")
    def sla_mark(self, ticket: Any) -> str:
        state = mark("sla-status", ticket.sla_status)
        due, now = ticket.sla_deadline, getattr(ticket, "now", None) or this_second()
        if not due or ticket.sla_status not in ("overdue", "at risk", "on track"):
            return state
        return format_html(
            '{} <time class="quiet" datetime="{}" title="{}">{}</time>',
            state,
            due.isoformat(),
            moment(due),
            time_left(due, now),
        )

    @admin.display(description=gettext_lazy("level"))
    def level_mark(self, ticket: Any) -> str:
        level = ticket.escalation_level
        if not level:
            return NONE
        return format_html('<span class="mark" data-level="{}">{}</span>', level, level)

    @admin.display(description=gettext_lazy("assignee"))
    def assignee(self, ticket: Any) -> str:
        return people().name(ticket.assigned_to) or NONE

    @admin.display(description=gettext_lazy("team"))
    def team(self, ticket: Any) -> str:
        return people().team(ticket.team_id) or NONE

    @admin.display(description=gettext_lazy("created"), ordering="-created_at")
    def created(self, ticket: Any) -> str:
        return moment(ticket.created_at)

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, ticket: Any) -> str:
        name = getattr(ticket, "customer_name", None)
        if name is None:
            found = get_customer(ticket.customer_id)
            name = found.name if found else _("unknown customer")
            address = reverse("admin:customers_customer_change", args=[ticket.customer_id])
            return format_html('<a href="{}">{}</a>', address, name)
        return str(name)

    @admin.display(description=gettext_lazy("vehicle"))
    def vehicle(self, ticket: Any) -> str:
        found = get_vehicle(ticket.customer_id, ticket.vehicle_id) if ticket.vehicle_id else None
        if found is None:
            return "–"
        address = reverse("admin:customers_vehicle_change", args=[found.vehicle_id])
        return format_html('<a href="{}">{}</a>', address, found.label)

    @admin.display(description=gettext_lazy("created by"))
    def made(self, ticket: Any) -> str:
        return people().name(ticket.created_by) or _("former colleague")

    @admin.display(description=gettext_lazy("name"))
    def named_customer(self, ticket: Any) -> str:
        return str(ticket.customer_name)

    def _named(self, tickets: list[Any]) -> None:
        """Return the names of customers, in one read."""
        now: datetime = this_second()
        found = get_customers(ticket.customer_id for ticket in tickets)
        for ticket in tickets:
            customer = found.get(ticket.customer_id)
            ticket.customer_name = customer.name if customer else _("unknown customer")
            ticket.now = now

    # The form

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Any:
        number = str(obj.pk)
        edit_as_supervisor(
            number,
            changed=with_custom_fields(form.changed),
            by=actor_of(request.user),
            version=form.cleaned_data["version"],
        )
        if unknown := mentioning.unknown(form.changed.get("note") or ""):
            names = ", ".join(f"@{name}" for name in unknown)
            messages.warning(request, _("Note added. No user called %(names)s.") % {"names": names})
        return obj

    def in_words(self, refused: Exception) -> Exception:
        return refused if isinstance(refused, Invalid) else ServiceError(explained(refused))

    def changed_meanwhile(self, request: HttpRequest, obj: Any, version: int) -> list[str]:
        seen = request.POST.get("seen", "")[:40]
        lines = log_since(obj.ticket_id, seen=seen, by=actor_of(request.user))
        return [_line_text(line) for line in log_lines(obj.ticket_id, lines)]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        ticket = context.get("original")
        if ticket is not None:
            found = ticket_with_newest_lines(
                ticket.ticket_id, most=LINES_SHOWN, by=actor_of(request.user)
            )
            lines = found.log if found else []
            context |= {
                "conversation": log_entries(log_lines(ticket.ticket_id, lines)),
                "older": found.older if found else None,
                "seen": found.ticket.last_id if found else "",
                "may_restore": bool(ticket.archived_at) and actor_of(request.user).administers,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the admin's history, and the ticket's own log."""
        by = actor_of(request.user)
        found = ticket_with_newest_lines(object_id, most=LINES_SHOWN, by=by)
        lines = log_lines(object_id, found.log[::-1]) if found else []
        return super().history_view(request, object_id, {**(extra_context or {}), "lines": lines})

    # The archive

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(one) for one in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        archive(str(obj.pk), by=actor_of(request.user))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        messages.success(request, _("%(ticket)s was archived.") % {"ticket": obj_display})
        return redirect("admin:tickets_ticket_changelist")

    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST" or not actor_of(request.user).administers:
            raise PermissionDenied
        restore(object_id, by=actor_of(request.user))
        ticket = self.get_object(request, object_id)
        self.log_change(request, ticket, _("Restored from the archive."))
        messages.success(
            request, _("The ticket was restored and appears in lists and search again.")
        )
        return redirect("admin:tickets_ticket_change", object_id)


def narrowed(queryset: QuerySet[Any], filters: Filters, *, me: str) -> QuerySet[Any]:
    """Return filters of the workspace as those of the admin."""
    asked: dict[str, Any] = {"words__search": filters.text} if filters.text else {}
    for one in FILTERS:
        if one.admin and (wanted := one.value_in(filters)) is not None:
            asked["__".join(one.admin)] = sorted(wanted) if one.kind == list[str] else wanted
    if filters.assigned_to == "none":
        asked["assigned_to"] = None
    elif filters.assigned_to:
        asked["assigned_to"] = me if filters.assigned_to == "me" else filters.assigned_to
    if filters.escalated is not None:
        asked |= {"escalation_level__gt": 0} if filters.escalated else {"escalation_level": 0}
    states = {"overdue": filters.overdue, "at risk": filters.at_risk, "waiting": filters.waiting}
    for state, wanted in states.items():
        if wanted:
            queryset = queryset.filter(sla_status=state)
    if not filters.text and queryset.query.order_by == ("words",):
        queryset = queryset.order_by()  # nothing to match: as the list is
    return queryset.filter(**asked)


def mark(kind: str, word: str, shown: str = "") -> str:
    """Return a word of the schema with its colour."""
    told = shown or label(word)
    return format_html('<span class="mark" data-{}="{}">{}</span>', kind, word, told)


def _line_text(line: LogLine) -> str:
    said = "; ".join(
        f"{one['label']}: " + " → ".join(value for value in (one["before"], one["after"]) if value)
        for one in line.changes
    )
    words = said or line.rule or line.content[:200]
    return _("%(name)s: %(what)s") % {"name": line.author_name, "what": words}
