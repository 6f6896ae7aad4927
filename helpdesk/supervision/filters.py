"""Filters that any list of the admin can have."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from theme.templatetags.desk import day


def kept(changelist: Any, without: Sequence[str | None]) -> list[tuple[str, str]]:
    """Return what the address of a list has beside these parameters: for the form of a filter."""
    return [
        (name, value)
        for name, values in changelist.filter_params.items()
        for value in (values if isinstance(values, list) else [values])
        if name not in without
    ]


class DateRangeFilter(admin.DateFieldListFilter):
    """Django's choices of dates, and a form for any days: the first and the last one, both
    included, in the reader's zone."""

    template = "admin/date_range.html"

    def __init__(self, field: Any, request: HttpRequest, params: Any, *args: Any, **more: Any):
        self.first, self.last = f"{more['field_path']}__from", f"{more['field_path']}__to"
        self.typed = {name: params.get(name, [""])[-1][:20] for name in (self.first, self.last)}
        self.kept: list[tuple[str, str]] = []
        super().__init__(field, request, params, *args, **more)

    def expected_parameters(self) -> list[str | None]:
        return [*super().expected_parameters(), self.first, self.last]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for name in self.typed:
            self.used_parameters.pop(name, None)
        found: Any = super().queryset(request, queryset)
        if first := _day(self.typed[self.first]):
            found = found.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last := _day(self.typed[self.last]):
            after = _midnight(last + timedelta(days=1))
            found = found.filter(**{f"{self.field_path}__lt": after})
        return found

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.kept = kept(changelist, self.expected_parameters())
        return super().choices(changelist)

    @property
    def shown(self) -> str:
        """Return the days that were typed, as the closed filter shows them."""
        first, last = (_day(text) for text in self.typed.values())
        return (
            " – ".join(day(one) if one else "…" for one in (first, last)) if first or last else ""
        )

    def days(self) -> list[tuple[str, str, str]]:
        """Return the fields of the form: name, label and value."""
        labels = {self.first: _("From"), self.last: _("To (inclusive)")}
        return [(name, labels[name], value) for name, value in self.typed.items()]


YEARS = range(1971, 9000)


def _day(text: str) -> date | None:
    """Return the day that was chosen; None for none. Raises IncorrectLookupParameters."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found.year in YEARS:
        return found
    words = _("“%(text)s” is not a date such as 2027-01-31.") % {"text": text}
    raise IncorrectLookupParameters(ValidationError(words))


def _midnight(at: date) -> datetime:
    """Return the beginning of a day in the reader's zone."""
    return make_aware(datetime.combine(at, time()))


def by_date(field: str, title: Any) -> tuple[str, type[DateRangeFilter]]:
    """Return an entry of `list_filter` for a date. `title` is a noun: Django heads it “By {title}”,
    while the field's own name may be no more than "created"."""

    class ByDate(DateRangeFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

    return field, ByDate
