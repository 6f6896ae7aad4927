"""Log entries, escalations and tags of all tickets, read-only."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.rights import ReadOnly
from helpdesk.parsing import whole_number
from helpdesk.supervision.export import ExportedAdmin
from helpdesk.supervision.filters import by_date
from theme.templatetags.desk import moment
from tickets.admin.filters import EscalatedByFilter, PersonFilter
from tickets.admin.paths import LINES_SEARCHED, TICKETS_SEARCHED
from tickets.admin.people import people
from tickets.admin.ticket import mark
from tickets.domain.escalation import rule_of
from tickets.domain.ticket import Direction
from tickets.models import Communication, Escalation, Tag
from tickets.presenters.labels import RULES, label
from tickets.presenters.rows import marked
from tickets.services.lists.filters import LONGEST_TEXT
from tickets.services.lists.search import snippet, words_of


def _ticket(number: str) -> str:
    address = reverse("admin:tickets_ticket_change", args=[number])
    return format_html('<a href="{}">#{}</a>', address, number)


@admin.register(Communication)
class CommunicationAdmin(ReadOnly, ExportedAdmin):
    list_display = ("written", "ticket", "kind", "person", "begins")
    list_filter = (PersonFilter, by_date("created_at", _("date")))
    search_by = "words"
    search_help_text = format_lazy(
        _(
            "A ticket’s number, or words: they are searched for in the last {lines} entries of the "
            "{tickets} tickets that match best."
        ),
        lines=LINES_SEARCHED,
        tickets=TICKETS_SEARCHED,
    )
    fields = ("ticket", "kind", "person", "created_at", "content")
    exported = ("created_at", "ticket_id", "type", "direction", "person", "content")
    export_recorded_as = ("ticket", "communication:list")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the entries of the ticket with that number, or those that words find."""
        number = whole_number(search_term.strip().removeprefix("#"))
        if number is not None:
            return queryset.filter(ticket_id=str(number)), False
        return super().get_search_results(request, queryset, search_term)

    def rows_shown(self, request: HttpRequest, rows: list[Any]) -> None:
        words = words_of(request.GET.get("q", "")[:LONGEST_TEXT])
        for line in rows:
            line.hit = marked(snippet(line.content, words)) if words else ""

    @admin.display(description=_("date"), ordering="-created_at")
    def written(self, line: Any) -> str:
        return moment(line.created_at)

    @admin.display(description=_("ticket"))
    def ticket(self, line: Any) -> str:
        return _ticket(line.ticket_id)

    @admin.display(description=_("type"))
    def kind(self, line: Any) -> str:
        word = f"{line.type}, {line.direction}" if line.direction else line.type
        return mark("kind", word, ", ".join(map(label, word.split(", "))))

    @admin.display(description=_("person"))
    def person(self, line: Any) -> str:
        name = people().name(line.created_by) or str(_("former colleague"))
        inbound = line.direction == Direction.INBOUND.value
        return str(_("customer, logged by %(name)s") % {"name": name}) if inbound else name

    @admin.display(description=_("text"))
    def begins(self, line: Any) -> str:
        return getattr(line, "hit", "") or Truncator(line.content).chars(110)


@admin.register(Escalation)
class EscalationAdmin(ReadOnly, ExportedAdmin):
    list_display = ("escalated", "ticket", "rule_name", "level", "person", "reason")
    list_filter = (EscalatedByFilter, by_date("fired_at", _("escalation date")))
    fields = ("ticket", "rule_name", "level", "person", "due_at", "fired_at", "reason")
    exported = ("fired_at", "ticket_id", "rule", "level", "person", "due_at", "reason")
    export_recorded_as = ("ticket", "escalation:list")

    @admin.display(description=_("escalated at"), ordering="-fired_at")
    def escalated(self, record: Any) -> str:
        return moment(record.fired_at)

    @admin.display(description=_("ticket"))
    def ticket(self, record: Any) -> str:
        return _ticket(record.ticket_id)

    @admin.display(description=_("rule"))
    def rule_name(self, record: Any) -> str:
        key = rule_of(record.rule)
        return str(RULES.get(key, key))

    @admin.display(description=_("user"))
    def person(self, record: Any) -> str:
        return people().name(record.escalated_by) or str(_("former colleague"))


@admin.register(Tag)
class TagAdmin(ReadOnly, ExportedAdmin):
    """The tags that tickets have. A tag exists as long as a ticket has it."""

    list_display = ("name", "tickets", "shown")
    list_display_links = None
    fields = ("name", "tickets")
    exported = fields
    export_recorded_as = ("ticket", "tag:list")

    @admin.display(description=_("list"))
    def shown(self, tag: Any) -> str:
        address = reverse("admin:tickets_ticket_changelist")
        query = urlencode({"tags__contains": tag.name})
        return format_html('<a href="{}?{}">{}</a>', address, query, _("View tickets"))
