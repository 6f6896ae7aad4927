"""What people read in one line shows what it holds; what a spreadsheet opens is text."""

import csv
import io

import pytest
from django.apps import apps
from django.db.models import SlugField
from hypothesis import given
from hypothesis import strategies as st

from customers.services.create import create_customer, create_vehicle
from helpdesk import csv_files
from helpdesk.accounts.tokens import make_token
from helpdesk.dynamo_admin.query import PlannedModel
from helpdesk.short_text import LineField, one_line
from tests.world import NOON, settle, stored
from tickets.models import CannedReply
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.services.lists.saved_views import save_view

OVERRIDE, ISOLATE, MARK, NOTHING = "\u202e", "\u2067", "\u200f", "\u200b"
UNSEEN = f"{OVERRIDE}{ISOLATE}{MARK}{NOTHING}\u061c\u00ad\ufeff"


def cells(*row: object) -> list[str]:
    text = "".join(csv_files.lines([row]))
    [read] = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    return read


@pytest.mark.parametrize("sign", [*"=+-@", *"＝＋－＠", *"﹦﹢﹣﹫", "⁼", "−"])
@pytest.mark.parametrize(
    "before", ["", " ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\t", "\r", "\n"]
)
def test_no_cell_begins_as_a_formula_does(sign, before):
    [cell] = cells(f"{before}{sign}cmd|' /C calc'!A0")

    assert cell.startswith("'")


@pytest.mark.parametrize("sign", ["\t", "\r", "\n"])
def test_no_cell_begins_with_what_moves_on_to_the_next(sign):
    assert cells(f"{sign}x")[0].startswith("'")


def test_a_program_that_takes_semicolons_for_the_end_of_a_cell_cuts_no_text_in_two():
    text = "".join(csv_files.lines([["Ann;=cmd()", 7]]))

    [row] = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert row == ["Ann;=cmd(),7"], row


def test_numbers_stay_numbers_and_words_stay_words():
    assert cells(-5, 1.5, None, "Müller-Lüdenscheidt", "a=b", "") == [
        *("-5", "1.5", "", "Müller-Lüdenscheidt", "a=b", "")
    ]


@given(st.text())
def test_a_line_says_the_same_when_it_is_made_one_again(text):
    line = one_line(text)

    assert one_line(line) == line
    assert not set(UNSEEN) & set(line)
    assert not any(sign in line for sign in "\n\r\t")


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "क्‍ष", "می‌خواهم"])
def test_joiners_that_letters_need_stay(text):
    assert one_line(text) == text


def test_no_short_text_holds_a_mark_that_cannot_be_seen(desk):
    def hidden(text):
        return f"{UNSEEN}{text}{UNSEEN}"

    customer = create_customer(
        name=hidden("Ann"),
        company=hidden("Bahn"),
        external_id=hidden("CRM-7"),
        address=hidden("Way 1"),
        by=desk.rep,
        now=NOON,
    )
    vehicle = create_vehicle(
        customer_id=customer.customer_id,
        make=hidden("Fiat"),
        model=hidden("500"),
        booking=hidden("B1"),
        by=desk.rep,
    )
    number = desk.ticket(subject=hidden("Where?"), tags=[hidden("urgent"), "urgent"]).ticket_id
    escalate(number, reason=hidden("angry"), by=desk.rep, now=NOON)
    edit(number, subject=hidden("There!"), by=desk.rep, now=NOON)
    view = save_view(name=hidden("Mine"), query="view=all", by=desk.rep)

    ticket = stored(number)
    assert (customer.name, customer.company, customer.external_id, customer.address) == (
        *("Ann", "Bahn", "CRM-7", "Way 1"),
    )
    assert (vehicle.make, vehicle.model, vehicle.booking) == ("Fiat", "500", "B1")
    assert (ticket.subject, ticket.tags) == ("There!", ["urgent"])
    assert view.name == "Mine"


def test_a_tag_is_found_however_it_is_typed(desk):
    number = desk.ticket(tags=["urgent"]).ticket_id
    settle()

    asked = read_filters({"tag": [f"{MARK}Urgent"]}, by=desk.rep)

    assert [row.ticket_id for row in find(asked, by=desk.rep, now=NOON).tickets] == [number]


def test_no_name_that_supervisors_give_holds_one_either(desk, client):
    client.force_login(desk.supervisor_user)
    CannedReply.objects.create(name="Thanks", text="x")
    path, to = "/admin/tickets/cannedreply/add/", {"audience": "customer"}

    taken = client.post(path, {"name": f"Tha{MARK}nks{OVERRIDE}", "text": "x", **to})
    empty = client.post(path, {"name": UNSEEN, "text": "x", **to})
    made = client.post(path, {"name": f"Bye{ISOLATE}", "text": f"Kept{MARK}", **to})

    assert taken.status_code == empty.status_code == 200, "the form comes back with its errors"
    assert made.status_code == 302
    assert set(CannedReply.objects.values_list("name", "text")) == {
        ("Thanks", "x"),
        ("Bye", f"Kept{MARK}"),
    }


def test_names_of_people_teams_rules_and_tokens_are_lines(desk):
    token, _text = make_token(desk.rep_user, name=f"Book{NOTHING}ing")
    named = [
        (model, field.name)
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "tickets") and not issubclass(model, PlannedModel)
        for field in model._meta.fields
        if field.name in ("name", "first_name", "last_name")
        and not isinstance(field, SlugField)  # which has no room for what cannot be seen
    ]

    assert token.name == "Booking"
    assert len(named) >= 8
    for model, name in named:
        assert isinstance(model._meta.get_field(name), LineField), f"{model.__name__}.{name}"
