"""A list of the admin, with its filters and in its order, as a file for spreadsheet programs."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language, override

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.confirm import question
from helpdesk.audit.record import record
from helpdesk.dynamo_admin.options import PlannedAdmin
from helpdesk.dynamo_admin.plan import Plan
from helpdesk.table_files import PARAMETER, download, format_of

AT_ONCE = 100
Column = tuple[str, Callable[[Any], object]]
"""The head of a column, and what a row has in it."""


class ExportedAdmin(PlannedAdmin):
    """A PlannedAdmin whose list supervisors download. Each export is recorded before it begins."""

    change_list_template = "admin/exported_list.html"
    exported: Sequence[str] = ()
    """The columns of the file: fields of the model, as they are stored, or what a method of the
    admin says of a row in plain text."""

    export_recorded_as = ("", "")
    """The kind and the object of the entry in the audit record."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [
            path("export/", self.admin_site.admin_view(self.export), name=name),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        query = request.GET.urlencode()
        urls = {"export_url": f"export/?{query}", "xlsx_url": f"export/?{query}&format=xlsx"}
        return super().changelist_view(request, {**(extra_context or {}), **urls})

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Download the list with its filters as CSV or XLSX.

        A password that was entered long ago is asked for first.
        """
        if not (self.has_view_permission(request) and actor_of(request.user).supervises):
            raise PermissionDenied
        if asked := question(request, download=True):
            return asked
        file_format = format_of(request)
        filters = request.GET.copy()
        filters.pop(PARAMETER, None)  # to the list it would be a filter
        request.GET = filters  # type: ignore[assignment]
        try:
            plan = self.get_changelist_instance(request).queryset.plan()
        except IncorrectLookupParameters:  # it has told the user why
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        kind, what = self.export_recorded_as
        record(kind, "exported", what)
        lines = self._lines(request, plan, self.export_columns())
        return download(lines, name=f"{self.opts.model_name}-list", file_format=file_format)

    def export_columns(self) -> list[Column]:
        """Return the columns of the file."""
        return [
            (str(label_for_field(name, self.model, self)), partial(self._cell, name))
            for name in self.exported
        ]

    def export_fields(self) -> list[str]:
        """Return the fields that the columns need: what an index lacks of them is read by key."""
        return [name for name in self.exported if _is_field(self.model, name)]

    def _lines(
        self, request: HttpRequest, plan: Plan, columns: Sequence[Column]
    ) -> Iterator[Sequence[object]]:
        """Return the lines of the file. Cost: a page of AT_ONCE rows after the other."""
        language = get_language()
        fields = [*self.export_fields(), self.opts.pk.attname]
        yield [head for head, _cell in columns]
        for page in plan.pages(limit=AT_ONCE, names=fields):
            with override(language):  # the answer is sent when the request is over
                rows = [self.model.from_row(row) for row in page]
                self.rows_shown(request, rows)
                lines = [[cell(row) for _head, cell in columns] for row in rows]
            yield from lines

    def _cell(self, name: str, row: Any) -> object:
        if not _is_field(self.model, name):
            return str(getattr(self, name)(row))
        value = getattr(row, name)
        return ", ".join(map(str, value)) if isinstance(value, list) else value


def _is_field(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
