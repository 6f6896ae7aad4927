"""The export of a customer's data: everything, or a word on what is left out."""

import pytest

from customers.store.items import Customer, Vehicle
from tickets.services.customer_records import data_export
from tickets.store.items import Communication, Escalation
from tickets.store.ticket import Ticket

LEFT_OUT = {
    # keys of the table and its indexes, and versions
    *(
        "pk",
        "sk",
        "version",
        "record_at",
        "next_sla_at",
        "last_id",
        "found_by",
        "side_threads_before",
    ),
    # deadlines, which follow from timeline and policyId; what is counted on the way to them
    *("sla", "reopen_cycle", "fired_rules"),
    # marks of records that no export has: there is none of an erased or merged customer
    *("erased_at", "merged_into", "merge_takes"),
    "year_is_unknown",
}
"""Whoever adds an attribute exports it, or adds it here and to README.txt."""


@pytest.mark.parametrize(
    ("kind", "exported"),
    [
        (Ticket, data_export._TICKET),
        (
            Communication,
            (
                *data_export._LINE,
                *data_export._MAIL,
                "changes",
                "attachments",
                "email",
                "deliveries",
            ),
        ),
        (Escalation, data_export._ESCALATION),
        (Vehicle, data_export._VEHICLE),
        (Customer, data_export._CUSTOMER),
    ],
)
def test_every_attribute_is_exported_or_left_out_on_purpose(kind, exported):
    assert set(exported) - {"changes", "attachments"} <= set(kind.get_attributes())
    named_once = {"ticket_id", "customer_id"}  # what an entry lies in
    missing = {
        name
        for name in kind.get_attributes()
        if name not in exported and name not in LEFT_OUT | named_once
        if not name.endswith(("_key", "_shard"))
    }
    assert missing == set()


def test_the_readme_says_what_is_left_out():
    for words in ("index keys", "`sla`", "`assignedTo`", "server logs", "search index"):
        assert words in data_export.LEFT_OUT
