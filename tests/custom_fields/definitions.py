"""Definitions of custom fields, as the admin makes them."""

from helpdesk.custom_fields.models import CustomField


def define(record, key, kind, **more):
    """A custom field, checked as in the admin."""
    made = CustomField(record=record, key=key, kind=kind, label=more.pop("label", key), **more)
    made.full_clean()
    made.save()
    return made
