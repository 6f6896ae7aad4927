"""The audit record in the admin, for supervisors: searched by person, object, kind and day."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import User
from helpdesk.accounts.people import names_of
from helpdesk.accounts.rights import ReadOnly
from helpdesk.audit import store, words
from helpdesk.audit.models import AuditEntry
from helpdesk.audit.record import Change, loaded
from helpdesk.dynamo.pages import Page
from helpdesk.dynamo_admin.paths import ByKey, Listing, ListQuery, Row, serve
from helpdesk.supervision.export import ExportedAdmin
from helpdesk.supervision.filters import by_date
from theme.templatetags.desk import moment

_BY_DAY = {"recorded_at": {"gte": None, "lt": None}}
_ORDERS = (("-recorded_at",),)
_INDEXES = {
    "actor": store.Entry.by_actor,
    "kind": store.Entry.by_kind,
    "words": store.Entry.by_object,
}


def _row(entry: store.Entry) -> Row:
    return {
        "entry_id": entry.sk,
        "sequence": entry.sequence,
        "recorded_at": entry.recorded_at,
        "at": entry.at,
        "actor": entry.actor or "",
        "kind": entry.kind,
        "action": entry.action,
        "object_id": entry.object_id,
        "changes": entry.changes,
        "hash": entry.hash,
        "words": None,
    }


def _read(asked: ListQuery) -> Page[Row]:
    """Return a page of the record. Cost: what store.entries_page costs."""
    field = next((name for name in _INDEXES if name in asked.conditions), "")
    wanted = asked.get("words", "search") if field == "words" else asked.one(field)
    page = store.entries_page(
        _INDEXES.get(field),
        str(wanted or ""),
        since=asked.get("recorded_at", "gte"),
        until=asked.get("recorded_at", "lt"),
        limit=asked.limit,
        place=asked.place,
    )
    return Page([_row(entry) for entry in page.rows], page.next, page.previous)


serve(
    AuditEntry,
    ByKey(lambda keys: [_row(entry) for entry in store.entries(dict.fromkeys(keys))]),
    Listing("by time", _BY_DAY, _ORDERS, _read),
    Listing("of a person", {"actor": {"exact": None}, **_BY_DAY}, _ORDERS, _read, ("actor",)),
    Listing("of a kind", {"kind": {"exact": None}, **_BY_DAY}, _ORDERS, _read, ("kind",)),
    Listing("of an object", {"words": {"search": None}, **_BY_DAY}, _ORDERS, _read, ("words",)),
)


class ActorFilter(admin.SimpleListFilter):
    title = _("person")
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        users = User.objects.order_by("first_name", "last_name", "username")
        return [*((str(user.pk), user.display_name) for user in users), *words.NOT_PEOPLE.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(actor=self.value()) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(words.kinds())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, ExportedAdmin):
    list_display = ("when", "person", "what", "object_link", "changed")
    list_filter = (ActorFilter, KindFilter, by_date("recorded_at", _("date")))
    search_by = "words"
    search_help_text = _("An object with its number, such as user:12, policy:3 or ticket:4711.")
    fields = ("sequence", "when", "recorded_at", "person", "what", "object_link", "changed", "sum")
    exported = (
        *("sequence", "at", "recorded_at", "actor", "name", "kind", "action"),
        *("object_id", "changes", "hash"),
    )
    export_recorded_as = ("audit", "audit:entries")

    def rows_shown(self, request: HttpRequest, rows: list[Any]) -> None:
        names = _names(row.actor for row in rows)
        for row in rows:
            row.actor_name = names.get(row.actor, row.actor)

    @admin.display(description=_("date"), ordering="-recorded_at")
    def when(self, entry: AuditEntry) -> str:
        return moment(entry.at)

    @admin.display(description=_("person"))
    def person(self, entry: Any) -> str:
        name = getattr(entry, "actor_name", None) or _names([entry.actor]).get(
            entry.actor, entry.actor
        )
        return name or str(_("not signed in"))

    @admin.display(description=_("name"))
    def name(self, entry: Any) -> str:
        return self.person(entry)

    @admin.display(description=_("action"))
    def what(self, entry: AuditEntry) -> str:
        return f"{words.kind_in_words(entry.kind)}: {words.action_in_words(entry.action)}"

    @admin.display(description=_("object"))
    def object_link(self, entry: AuditEntry) -> SafeString:
        address = reverse("admin:audit_auditentry_changelist")
        link = '<a href="{}?q={}"><code>{}</code></a>'
        return format_html(link, address, entry.object_id, entry.object_id)

    @admin.display(description=_("hash"))
    def sum(self, entry: AuditEntry) -> SafeString:
        return format_html("<code>{}</code>", entry.hash)

    @admin.display(description=_("changes"))
    def changed(self, entry: AuditEntry) -> SafeString:
        """Show each field, and from what to what as it is stored, where that is recorded."""
        lines = [_line(entry.kind, change) for change in loaded(entry.changes)]
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))


def _line(kind: str, change: Change) -> SafeString:
    name = words.field_in_words(kind, change.field)
    if change.values is None:
        return format_html("{}", name)
    before, after = (value or "–" for value in change.values)
    return format_html("{}: <code>{}</code> → <code>{}</code>", name, before, after)


def _names(actors: Iterable[str]) -> dict[str, str]:
    """Return the names of whoever acted, by id. One SQL query, or none."""
    wanted = set(actors)
    others = {actor: str(name) for actor, name in words.NOT_PEOPLE.items()}
    return names_of(wanted - others.keys()) | others
