"""Custom fields in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import Definition, Kind, RecordKind, Value
from helpdesk.parsing import BadValue


@dataclass(frozen=True)
class Shown:
    """A value with its label, for a list of properties."""

    key: str
    label: str
    value: str


def shown(field: Definition | None, value: Value | str) -> str:
    """Return a value, as it is stored or as the log has it, in the reader's language."""
    if field is None:
        return str(value)
    try:
        read = field.value_of(value, stored=value)
    except BadValue:
        return str(value)
    if isinstance(read, bool):
        return _("Yes") if read else _("No")
    if isinstance(read, Decimal):
        return str(number_format(read, use_l10n=True))
    if field.kind is Kind.DATE:
        return date_format(date.fromisoformat(str(read)), _("j M Y"))
    return str(read or "")


def values_shown(of: RecordKind, values: Mapping[str, Value] | None) -> list[Shown]:
    """Return the values of a record's active fields, in their order. Cost: as `every_field`."""
    stored = values or {}
    return [
        Shown(field.key, field.label, shown(field, stored[field.key]))
        for field in active_fields(of)
        if field.key in stored
    ]
