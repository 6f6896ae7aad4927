"""Custom fields as fields of Django's forms: of pages and of the admin.

Forms parse and show; the services validate, and their errors have the names of these fields.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import (
    LONGEST_TEXT,
    Definition,
    Kind,
    RecordKind,
    Required,
    Value,
    as_text,
)
from helpdesk.custom_fields.values import PREFIX


def add_fields(
    form: forms.BaseForm,
    of: RecordKind,
    values: Mapping[str, Value] | None = None,
    *,
    category: str | None = None,
) -> None:
    """Add a field for each custom field of a kind of record, with its value.

    With a `category` only those of its tickets, and those with a value. Cost: as `every_field`.
    """
    stored = values or {}
    for one in active_fields(of):
        if one.is_for(category) or one.key in stored:
            form.fields[f"{PREFIX}{one.key}"] = _field(one, stored.get(one.key))
            value = stored.get(one.key)
            form.initial.setdefault(f"{PREFIX}{one.key}", "" if value is None else as_text(value))


def custom_fields_of(form: forms.BaseForm) -> list[BoundField]:
    """Return the custom fields of a form, for its template."""
    return [form[name] for name in form.fields if name.startswith(PREFIX)]


def typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the custom fields among what was typed into a form, by key."""
    return {
        name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)
    }


def with_custom_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed as services take it: custom fields are one argument, always there."""
    rest = {name: value for name, value in given.items() if not name.startswith(PREFIX)}
    return {**rest, "custom_fields": typed(given)}


def _field(field: Definition, value: Value | None) -> forms.Field:
    """Return the field of a form, where nothing is required: the services know whether it is."""
    more: dict[str, Any] = {
        "required": False,
        "label": field.label,
        "help_text": field.help_text,
    }
    made: Any
    if field.kind in (Kind.CHOICE, Kind.YES_NO):
        offered = [(one, one) for one in field.choices]
        if field.kind is Kind.YES_NO:
            offered = [("yes", _("Yes")), ("no", _("No"))]
        elif isinstance(value, str) and value not in field.choices:
            offered = [(value, value), *offered]  # no longer offered, and kept
        made = forms.ChoiceField(choices=[("", "–"), *offered], **more)
    else:
        made = forms.CharField(widget=_WIDGETS[field.kind](), **more)
    made.is_needed = field.required is Required.CREATION
    made.is_needed_to_resolve = field.required is Required.RESOLVING
    made.for_categories = " ".join(sorted(field.categories))
    return made


_WIDGETS: Mapping[Kind, Any] = {
    Kind.TEXT: lambda: forms.TextInput({"maxlength": LONGEST_TEXT, "autocomplete": "off"}),
    Kind.NUMBER: lambda: forms.NumberInput({"step": "any"}),
    Kind.DATE: lambda: forms.DateInput({"type": "date"}),
}
