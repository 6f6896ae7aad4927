"""A desk with a custom field of every type for tickets, customers and vehicles."""

import pytest

from helpdesk.custom_fields.definition import Kind, RecordKind
from tests.custom_fields.definitions import define


@pytest.fixture
def fields(desk):
    """The desk; each kind of record has five fields, whose keys are `a_text`, `a_yes_no` …"""
    for record in RecordKind:
        for kind in Kind:
            define(
                record,
                f"a_{kind.replace('-', '_')}",
                kind,
                label=f"{kind.capitalize()} of {record}",
                choices="Antwerp\nBremerhaven" if kind is Kind.CHOICE else "",
            )
    return desk
