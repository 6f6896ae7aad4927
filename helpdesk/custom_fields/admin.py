"""Custom fields in the admin of the records that have them: in the form, and as list filters."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from helpdesk.custom_fields.columns import cells, columns_of, heads
from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import Definition, Kind, RecordKind
from helpdesk.custom_fields.forms import add_fields, custom_fields_of
from helpdesk.custom_fields.values import PREFIX
from helpdesk.dynamo_admin.options import PlannedForm
from helpdesk.supervision.export import Column, ExportedAdmin


class WithCustomFieldsForm(PlannedForm):
    """A form with the custom fields of its record. Subclasses say of which kind."""

    record: RecordKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = None if self.instance._state.adding else self.instance.custom_fields
        add_fields(self, self.record, values)
        for bound in custom_fields_of(self):
            bound.field.show_hidden_initial = not self.instance._state.adding


class WithCustomFields(ExportedAdmin):
    """An admin whose form is a WithCustomFieldsForm, and whose list filters by choices and has the
    fields in its export."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        keys = [f"{PREFIX}{one.key}" for one in active_fields(self.form.record)]
        own = [(_("Custom fields"), {"fields": keys})] if keys else []
        return [*super().get_fieldsets(request, obj), *own]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the class of the form, of the model's own fields: it adds the custom ones."""
        names = kwargs.get("fields") or flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in names if not str(name).startswith(PREFIX)]
        return super().get_form(request, obj, change=change, **kwargs)

    def export_columns(self) -> list[Column]:
        keys = columns_of(self.form.record)
        own = [(head, partial(_custom, key)) for head, key in zip(heads(keys), keys, strict=True)]
        return [*super().export_columns(), *own]

    def export_fields(self) -> list[str]:
        return [*super().export_fields(), "custom_fields"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        offered = [one for one in active_fields(self.form.record) if _offers(one)]
        return [*super().get_list_filter(request), *map(_list_filter, offered)]


def _custom(key: str, row: Any) -> object:
    return cells([key], row.custom_fields)[0]


def _offers(field: Definition) -> bool:
    return field.kind in (Kind.CHOICE, Kind.YES_NO)


def _list_filter(field: Definition) -> type[admin.SimpleListFilter]:
    class ByField(admin.SimpleListFilter):
        title = field.label
        parameter_name = f"field.{field.key}"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            if field.kind is Kind.YES_NO:
                return [("yes", _("Yes")), ("no", _("No"))]
            return [(one, one) for one in field.choices]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            if not self.value():
                return queryset
            return queryset.filter(custom_fields__contains=[f"{field.key}:{self.value()}"])

    return ByField
