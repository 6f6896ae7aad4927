"""The custom values of one record: checked, changed, missing."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import RecordKind, Required, Value
from helpdesk.errors import Invalid
from helpdesk.parsing import BadValue

PREFIX = "customFields."
"""Before a field's key: its name in forms, in errors and in a ticket's log."""

Values = dict[str, Value]


def changed(
    of: RecordKind,
    stored: Mapping[str, Value] | None,
    given: Mapping[str, Any],
    *,
    category: str | None = None,
    new: bool = False,
) -> Values | None:
    """Return the values of a record after `given` (by key; empty removes); None if it has none.

    Of a `new` record every field that is required on creation needs a value; of another one, those
    that had one. Raises Invalid with all that is wrong. Cost: one SQL query.
    """
    known = {one.key: one for one in active_fields(of)}
    values: Values = dict(stored or {})
    errors: dict[str, str] = {}
    for key, written in given.items():
        if key not in known:
            errors[f"{PREFIX}{key[:40]}"] = _("Custom field not found.")
            continue
        try:
            value = known[key].value_of(written, stored=values.get(key))
        except BadValue as bad:
            errors[f"{PREFIX}{key}"] = str(bad)
            continue
        values.pop(key, None)
        if value is not None:
            values[key] = value
    for field in known.values():
        needed = field.required is Required.CREATION and field.is_for(category)
        if needed and (new or field.key in (stored or {})) and field.key not in values:
            errors.setdefault(
                f"{PREFIX}{field.key}", _("“%(label)s” is required.") % {"label": field.label}
            )
    if errors:
        raise Invalid(errors)
    return values or None


def require_to_resolve(stored: Mapping[str, Value] | None, *, category: str) -> None:
    """Raise Invalid unless a ticket has every value that is required by then. One SQL query."""
    missing = {
        f"{PREFIX}{field.key}": _("“%(label)s” is required to resolve or close the ticket.")
        % {"label": field.label}
        for field in active_fields(RecordKind.TICKET)
        if field.required is not Required.NEVER
        and field.is_for(category)
        and field.key not in (stored or {})
    }
    if missing:
        raise Invalid(missing)
