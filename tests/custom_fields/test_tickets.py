"""Custom fields of tickets: written, required, logged, verified, exported, erased."""

import io
import json
import zipfile
from decimal import Decimal

import pytest

from helpdesk.custom_fields.models import CustomField
from helpdesk.errors import Invalid
from tests.custom_fields.definitions import define
from tests.world import NOON, log_of, settle, stored, waiting_events
from tickets.domain.events import Changed
from tickets.domain.ticket import ERASED, Status
from tickets.services.conversation.communicate import respond
from tickets.services.conversation.redaction import remove_card_numbers
from tickets.services.customer_records.data_export import export
from tickets.services.customer_records.erasure import forget_tickets
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import bulk
from tickets.services.maintenance.verify import verify

ALL = {
    "a_text": "  The Blue\tStar ",
    "a_number": 1250.5,
    "a_date": "2026-11-30",
    "a_choice": "Antwerp",
    "a_yes_no": False,
}
KEPT = {
    "a_text": "The Blue Star",
    "a_number": Decimal("1250.5"),
    "a_date": "2026-11-30",
    "a_choice": "Antwerp",
    "a_yes_no": False,
}


def changes_of(ticket):
    return {
        one.field: (one.before, one.after)
        for line in log_of(ticket.ticket_id)
        for one in line.changes or ()
        if one.field.startswith("customFields.")
    }


def test_values_are_kept_by_their_type_and_each_change_is_logged(fields):
    ticket = fields.ticket(custom_fields=ALL)
    assert stored(ticket.ticket_id).custom_fields == KEPT
    edit(
        ticket.ticket_id,
        custom_fields={"a_yes_no": "yes", "a_number": "", "a_date": "2026-12-01"},
        by=fields.rep,
    )
    now = stored(ticket.ticket_id)
    assert "a_number" not in now.custom_fields
    assert now.custom_fields["a_yes_no"] is True
    assert changes_of(ticket) == {
        "customFields.a_yes_no": ("no", "yes"),
        "customFields.a_number": ("1250.5", None),
        "customFields.a_date": ("2026-11-30", "2026-12-01"),
    }
    [event] = [one.what for one in waiting_events() if isinstance(one.what, Changed)]
    assert set(event.fields) == set(changes_of(ticket))
    assert set(event.fields.values()) == {None}, "events hold no words of people"
    settle()
    assert not list(verify())


WRONG = [
    ("a_text", "x" * 501),
    ("a_text", 5),
    ("a_text", "\ud800"),
    ("a_number", "1,5"),
    ("a_number", "1e5"),
    ("a_number", "100000000000"),
    ("a_number", 0.00001),
    ("a_number", True),
    ("a_date", "2026-02-30"),
    ("a_date", "30.11.2026"),
    ("a_choice", "Lisbon"),
    ("a_yes_no", "perhaps"),
    ("unknown", "x"),
]


def test_what_is_no_value_is_refused_by_field(fields, subtests):
    ticket = fields.ticket()
    for key, value in WRONG:
        with subtests.test(f"{key} {value!r:.20}"), pytest.raises(Invalid) as refused:
            edit(ticket.ticket_id, custom_fields={key: value}, by=fields.rep)
        assert list(refused.value.errors) == [f"customFields.{key}"]


def test_required_on_creation_by_category(desk):
    define("ticket", "po", "text", required="creation", categories=["Customs"])
    assert desk.ticket().custom_fields is None, "what nobody fills in is not asked for"
    assert desk.ticket(custom_fields={}).custom_fields is None, "another category"
    with pytest.raises(Invalid, match="“po” is required"):
        desk.ticket(custom_fields={}, category="Customs")
    made = desk.ticket(custom_fields={"po": "4711"}, category="Customs")
    with pytest.raises(Invalid, match="is required"):
        edit(made.ticket_id, custom_fields={"po": ""}, by=desk.rep)


def test_required_on_resolving_in_every_way(desk):
    define("ticket", "cause", "choice", choices="Delay\nDamage", required="resolving")
    ticket = desk.ticket(custom_fields={}).ticket_id
    for attempt in (
        lambda: change_status(ticket, to="Resolved", by=desk.rep),
        lambda: change_status(ticket, to="Closed", by=desk.rep),
        lambda: edit(ticket, status="Resolved", by=desk.rep),
        lambda: respond(ticket, content="Done", resolve=True, by=desk.rep, now=NOON),
    ):
        with pytest.raises(Invalid, match="“cause” is required to resolve"):
            attempt()
    assert stored(ticket).version == 1, "nothing was written"
    started = bulk.start(action="status", value="Resolved", ticket_ids=[ticket], by=desk.rep)
    [result] = bulk.step(started.pk).results
    assert "“cause” is required to resolve" in result["refused"]
    edit(ticket, status="Resolved", custom_fields={"cause": "Delay"}, by=desk.rep)
    assert stored(ticket).status is Status.RESOLVED


def test_a_choice_that_is_no_longer_offered_stays_and_an_inactive_field_hides(fields):
    ticket = fields.ticket(custom_fields=ALL).ticket_id
    port = CustomField.objects.get(record="ticket", key="a_choice")
    port.choices = "Bremerhaven"
    port.save()
    edit(ticket, custom_fields={"a_choice": "Antwerp", "a_text": "x"}, by=fields.rep)
    assert stored(ticket).custom_fields["a_choice"] == "Antwerp"
    CustomField.objects.all().delete()
    change_status(ticket, to="Resolved", by=fields.rep)
    assert stored(ticket).custom_fields["a_choice"] == "Antwerp"
    with pytest.raises(Invalid, match="Custom field not found"):
        edit(ticket, custom_fields={"a_choice": "Antwerp"}, by=fields.rep)


def test_card_numbers_are_removed_values_exported_and_erased(fields):
    ticket = fields.ticket(custom_fields={**ALL, "a_text": "4111 1111 1111 1111"}).ticket_id
    remove_card_numbers(ticket, by=fields.rep)
    assert "1111 1111" not in stored(ticket).custom_fields["a_text"]
    assert not any("1111 1111" in str(pair) for pair in changes_of(stored(ticket)).values())

    pieces = b"".join(export(fields.customer.customer_id, by=fields.rep))
    with zipfile.ZipFile(io.BytesIO(pieces)) as archive:
        [told] = json.loads(archive.read("customer.json"))["tickets"]
    assert told["customFields"]["a_number"] == "1250.5"
    assert told["customFields"]["a_yes_no"] == "no"

    forget_tickets([ticket], by=fields.supervisor)
    assert stored(ticket).custom_fields is None
    assert set(changes_of(stored(ticket)).values()) <= {(ERASED, ERASED)}
    settle()
    assert not list(verify())
