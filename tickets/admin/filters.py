"""Filters of the admin's lists. Those of tickets follow from the table of filters."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import SYSTEM
from helpdesk.parsing import BadValue
from helpdesk.supervision.filters import DateRangeFilter, by_date, kept
from tickets.admin.people import people
from tickets.domain.sla.sla_status import SlaStatus
from tickets.presenters.labels import label
from tickets.services.lists.filter_definition import Control, Filter
from tickets.services.lists.filters import LONGEST_TEXT

Choices = list[tuple[str, Any]]
_KEY = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
"""A ULID."""


class SlaStatusFilter(admin.SimpleListFilter):
    """The SLA statuses of active tickets."""

    title = _("SLA")
    parameter_name = "sla_status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        states = (SlaStatus.OVERDUE, SlaStatus.AT_RISK, SlaStatus.WAITING)
        return [(state.value, label(state)) for state in states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(sla_status=self.value()) if self.value() else queryset


class EscalatedFilter(admin.SimpleListFilter):
    title = _("escalation")
    parameter_name = "escalated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", label("yes")), ("no", label("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(escalation_level__gt=0)
        return queryset.filter(escalation_level=0) if self.value() == "no" else queryset


class PersonFilter(admin.SimpleListFilter):
    """A filter by user, in the field that subclasses name."""

    title = _("author")
    parameter_name = "person"
    field = "created_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(people().assignable)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class AssigneeFilter(PersonFilter):
    """Also offers users who have left and still hold tickets."""

    title = _("assignee")
    parameter_name = "assignee"
    field = "assigned_to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("none", _("Unassigned")), *people().in_lists()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "none":
            return queryset.filter(assigned_to=None)
        return super().queryset(request, queryset)


class DueFilter(DateRangeFilter):
    """The next deadline: days to come, where Django offers past ones, or any days."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("deadline")
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        ahead: dict[Any, int] = {_("Today"): 1, _("Next 7 days"): 7}
        since, until = self.lookup_kwarg_since, self.lookup_kwarg_until
        links: list[Any] = [(_("Any date"), {})]
        links += [
            (words, {since: today, until: today + timedelta(days=days)})
            for words, days in ahead.items()
        ]
        self.links = tuple(links)


class EscalatedByFilter(PersonFilter):
    title = _("user")
    field = "escalated_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("system", _("System")), *super().lookups(request, model_admin)]


class OrderFilter(admin.SimpleListFilter):
    """The orders that an index has."""

    title = _("sort order")
    parameter_name = "order"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("-created_at", _("Newest first")),
            ("-updated_at", _("Recently updated")),
            ("-priority", _("Highest priority first")),
        ]

    def choices(self, changelist: Any) -> Any:
        """Offer the orders, instead of the one that the head of a column has set."""
        usual = _("Best match") if changelist.query else _("Least time left")
        clicked = ORDER_VAR in changelist.params
        for number, choice in enumerate(super().choices(changelist)):
            order = {self.parameter_name: self.lookup_choices[number - 1][0] if number else None}
            yield {
                "selected": choice["selected"] and not clicked,
                "query_string": changelist.get_query_string({**order, ORDER_VAR: None}),
                "display": choice["display"] if number else usual,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        known = {name for name, _words in self.lookup_choices}
        return queryset.order_by(asked) if asked in known else queryset


_DATES = {
    "created_at": by_date("created_at", _("creation date")),
    "updated_at": by_date("updated_at", _("date of the last change")),
}

_OWN: Mapping[str, Any] = MappingProxyType(
    {
        "overdue": SlaStatusFilter,  # the SLA statuses are one filter here
        "escalated": EscalatedFilter,
        "assignedTo": AssigneeFilter,
        "dueFrom": ("sla_deadline", DueFilter),
        "dueTo": ("sla_deadline", DueFilter),
    }
)
"""The list filters of tickets that are more than a choice of values, by the filter's name."""


def of_tickets(filters: Iterable[Filter]) -> list[Any]:
    """Return the list filters of tickets: those of `filters` that have a lookup, and choices or
    dates."""
    found: list[Any] = [OrderFilter]
    for one in filters:
        shown = _OWN.get(one.name) or _shown(one)
        if shown is not None and shown not in found:
            found.append(shown)
    return found


def _shown(one: Filter) -> Any:
    """Return the list filter of a filter: a field where Django knows its values, or dates."""
    field, lookup = one.admin or ("", "")
    if one.name in _RECORDS:
        return _record(one, field, *_RECORDS[one.name])
    if one.control is Control.DATE:
        return _DATES.get(field, field) or None
    if lookup == "in":
        return field or None
    return _choice(one, field) if field and one.choices else None


_TITLES = {"team": _("team"), "customerId": _("customer"), "vehicleId": _("vehicle")}
"""Nouns, where the label of the filter begins with a capital."""
_RECORDS = {
    "customerId": ("admin:customers_customer_suggest", _("Name, company, email, phone or VIN")),
    "vehicleId": ("admin:customers_vehicle_suggest", _("VIN, booking or container no.")),
}
"""Filters by a record: where it is suggested, and by what it is found."""


def _record(one: Filter, field: str, address: str, found_by: Any) -> type[admin.SimpleListFilter]:
    """Return a list filter by a record, which is searched for where its key is not given."""
    assert one.search is not None  # noqa: S101 (for the type checker)
    search = one.search

    class ByRecord(admin.SimpleListFilter):
        template = "admin/record_filter.html"
        title = _TITLES[one.name]
        parameter_name = field
        hint = found_by
        suggest_url = reverse_lazy(address)
        kept: Sequence[tuple[str, str]] = ()

        @cached_property
        def key(self) -> str:
            """Return the key of the record; empty for none. Raises IncorrectLookupParameters."""
            text = (self.value() or "").strip()
            if not text or _KEY.fullmatch(text):
                return text
            try:
                return search(text) if len(text) <= LONGEST_TEXT else one.read([text], SYSTEM)
            except BadValue as bad:
                raise IncorrectLookupParameters(bad) from bad

        @property
        def shown(self) -> str:
            return one.shown(self.key) if self.key else ""

        def has_output(self) -> bool:
            return True

        def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
            return []

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.key}) if self.key else queryset

        def choices(self, changelist: Any) -> Any:
            self.kept = kept(changelist, [field])
            return super().choices(changelist)

    return ByRecord


def _choice(one: Filter, field: str) -> type[admin.SimpleListFilter]:
    """Return a list filter that offers what the filter's select offers."""

    class Choice(admin.SimpleListFilter):
        title = _TITLES.get(one.name, one.label)
        parameter_name = one.name

        def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
            return list(one.choices()) if one.choices else []

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return Choice
