"""The custom fields of a kind of record."""

from collections.abc import Mapping

from helpdesk.custom_fields.definition import Definition, RecordKind
from helpdesk.custom_fields.models import CustomField
from helpdesk.request_cache import once_a_page


def active_fields(of: RecordKind) -> list[Definition]:
    """Return the fields that forms offer, in their order. Cost: as `every_field`."""
    return [one for one in every_field(of).values() if one.active]


def every_field(of: RecordKind) -> Mapping[str, Definition]:
    """Return the fields by key, those that are not active included, in their order.

    One SQL query, on a page one for all kinds of record.
    """
    return _all().get(of, {})


@once_a_page
def _all() -> Mapping[RecordKind, Mapping[str, Definition]]:
    found: dict[RecordKind, dict[str, Definition]] = {}
    for row in CustomField.objects.all():
        found.setdefault(RecordKind(row.record), {})[row.key] = row.as_definition()
    return found
