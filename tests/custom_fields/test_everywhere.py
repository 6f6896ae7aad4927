"""Every type of custom field of every kind of record works in form, filter, search, API, CSV,
imports and admin; as a column of lists: test_columns.py."""

import csv
import io
import json
import re

import pytest
from django.urls import reverse

from customers.services import imports
from customers.services.create import create_customer, create_vehicle
from customers.services.read import find_customers, find_vehicle, get_customer
from helpdesk.accounts.tokens import make_token
from helpdesk.custom_fields.definition import Kind, RecordKind
from helpdesk.custom_fields.models import CustomField
from tests.world import NOON, settle, stored
from tickets.services.maintenance.ticket_import import import_history
from tickets.store import queries

WANTED = {
    "a_text": "The Blue Star",
    "a_number": 1250.5,
    "a_date": "2026-11-30",
    "a_choice": "Antwerp",
    "a_yes_no": False,
}
OTHER = {
    "a_text": "Red",
    "a_number": 3,
    "a_date": "2026-12-24",
    "a_choice": "Bremerhaven",
    "a_yes_no": True,
}
SAID = {"a_number": "1250.5", "a_yes_no": "no"}
KEYS = {kind: f"a_{kind.replace('-', '_')}" for kind in Kind}


def said(key, values=WANTED):
    """A value as forms, filters and CSV have it."""
    value = values[key]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


class Tickets:
    """Two tickets, and how one asks for them."""

    api, admin, pages, csv = "/api/tickets", "tickets_ticket", "/tickets/", "/tickets/export/"
    id_name, listed = "ticketId", r'data-ticket="(\w+)"'

    def __init__(self, desk):
        self.desk = desk
        self.wanted, self.other = (
            desk.ticket(custom_fields=values).ticket_id for values in (WANTED, OTHER)
        )

    def values(self, number):
        return stored(number).custom_fields

    def create(self, client, typed):
        given = {
            "subject": "New",
            "description": "New",
            "category": "Shipping",
            "priority": "Low",
            "customer": self.desk.customer.customer_id,
        }
        return client.post("/tickets/new/", {**given, **typed})["Location"].split("/")[-2]

    def edit(self, client, number, typed):
        return client.post(f"/tickets/{number}/fields/", typed)

    def imported(self, *rows, folder):
        """Import a record with each of these values; return the values of those that were taken,
        and why others were not."""
        lines = [
            {**HISTORY, "ticket": f"HD-{len(rows)}-{place}", **({"fields": row} if row else {})}
            for place, row in enumerate(rows)
        ]
        path = folder / "history.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        refused = import_history(path).refused
        marks = queries.imported([line["ticket"] for line in lines])
        taken = [marks[name].ticket_id for name in sorted(marks)]
        return [self.values(number) for number in taken], {one.line: one.reason for one in refused}


HISTORY = {
    "at": "2026-11-02T10:00:00Z",
    "event": "created",
    "by": "agent01",
    "subject": "Where is it?",
    "description": "It is late.",
    "category": "Shipping",
    "priority": "High",
    "customer": {"externalId": "C-1", "name": "Ada Ames"},
}


def imported_csv(kind, first, *rows, desk):
    """Import a CSV file; return the ids of the records that were made, and why others were not."""
    columns = [*first, *(f"customFields.{key}" for key in WANTED)]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    for row in rows:
        table.writerow([*first.values(), *(said(key, row) if key in row else "" for key in WANTED)])
    file = imports.upload(
        kind=kind, name="x.csv", content=text.getvalue().encode(), by=desk.supervisor
    )
    made = [row["id"] for row in file.rows]
    assert imports.confirm(file.pk, by=desk.supervisor).taken == len(made)
    file.refresh_from_db()
    table = list(imports.report(file))
    assert [len(one) for one in table] == [len(table[0])] * len(table), "can be uploaded again"
    return made, {one["row"] - 1: one["reason"] for one in file.refused}


class Customers:
    api, admin, pages = "/api/customers", "customers_customer", "/customers/"
    id_name, listed, csv = "customerId", r'href="/customers/(\w{26})/"', "/customers/export/"

    def imported(self, *rows, folder):
        made, refused = imported_csv("customers", {"name": "New"}, *rows, desk=self.desk)
        return [self.values(number) for number in made], refused

    def __init__(self, desk):
        self.desk = desk
        self.wanted, self.other = (
            create_customer(name=name, custom_fields=values, by=desk.rep, now=NOON).customer_id
            for name, values in (("Wanda", WANTED), ("Otto", OTHER))
        )

    def values(self, number):
        return get_customer(number).custom_fields

    def create(self, client, typed):
        given = {"name": "New", "segment": "Individual"}
        return client.post("/customers/new/", {**given, **typed})["Location"].split("/")[-2]

    def edit(self, client, number, typed):
        return client.post(f"/customers/{number}/edit/", {"name": "Wanda", **typed, **SEGMENT})


SEGMENT = {"segment": "Individual"}


class Vehicles:
    api, admin, pages = "/api/vehicles", "customers_vehicle", None
    id_name, listed, csv = "vehicleId", r'href="/vehicles/(\w{26})/"', "/vehicles/export/"

    def __init__(self, desk):
        self.desk = desk
        self.wanted, self.other = (
            create_vehicle(
                customer_id=desk.customer.customer_id, make=make, custom_fields=values, by=desk.rep
            ).vehicle_id
            for make, values in (("Volvo", WANTED), ("Opel", OTHER))
        )

    def values(self, number):
        return find_vehicle(number).custom_fields

    def create(self, client, typed):
        address = f"/customers/{self.desk.customer.customer_id}/vehicles/new/"
        given = {"make": "New", "shipment_status": "Booked"}
        return client.post(address, {**given, **typed})["Location"].split("/")[-2]

    def imported(self, *rows, folder):
        first = {"owner": self.desk.customer.email, "make": "New"}
        made, refused = imported_csv("vehicles", first, *rows, desk=self.desk)
        return [self.values(number) for number in made], refused

    def edit(self, client, number, typed):
        given = {"make": "Volvo", "shipment_status": "Booked"}
        return client.post(f"/vehicles/{number}/edit/", {**given, **typed})


RECORDS = {
    RecordKind.TICKET: Tickets,
    RecordKind.CUSTOMER: Customers,
    RecordKind.VEHICLE: Vehicles,
}


@pytest.fixture(params=list(RecordKind))
def records(request, fields, client):
    made = RECORDS[request.param](fields)
    settle()
    client.force_login(fields.supervisor_user)
    made.client, made.of = client, request.param
    return made


@pytest.fixture
def ask(records, fields):
    _made, token = make_token(fields.supervisor_user, name="tests")

    def ask(method, path, body=None, key=""):
        more = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        return records.client.generic(method, path, **more, headers=headers)

    return ask


def test_in_forms_and_on_pages(records, subtests):
    typed = {f"customFields.{key}": said(key) for key in WANTED}
    made = records.create(records.client, typed)
    for key in KEYS.values():
        with subtests.test(key):
            assert records.values(made)[key] == records.values(records.wanted)[key]
            answer = records.edit(
                records.client, records.wanted, {f"customFields.{key}": said(key, OTHER)}
            )
            assert answer.status_code == 302
            assert records.values(records.wanted)[key] == records.values(records.other)[key]
    page = records.client.get(answer["Location"]).content.decode()
    for field in (f"{kind.capitalize()} of {records.of}" for kind in Kind):
        assert field in page


def filters_of(key):
    yield f"{key}:{said(key)}"
    if key == "a_number":
        yield from ("a_number:1250..", "a_number:1000..1250.5")
    if key == "a_date":
        yield from ("a_date:..2026-11-30", "a_date:2026-11-01..2026-12-01")


def test_in_filters_and_the_search_box(records, ask, subtests):
    for key in KEYS.values():
        for text in filters_of(key):
            with subtests.test(text):
                key_only, _colon, value = text.partition(":")
                found = ask("GET", f"{records.api}?field={text}").json()["items"]
                assert [one[records.id_name] for one in found] == [records.wanted]
                boxed = f'{key_only}:"{value}"'
                found = ask("GET", f"{records.api}?q={boxed}").json()["items"]
                assert [one[records.id_name] for one in found] == [records.wanted]
                if records.pages:
                    page = records.client.get(records.pages, {"view": "all", "field": text})
                    shown = set(re.findall(records.listed, page.content.decode()))
                    assert shown == {records.wanted}
        if records.pages:
            page = records.client.get(records.pages).content.decode()
            assert f'name="field.{key}' in page, "the form of the list has it"


def test_in_searches_by_their_words(records, ask):
    for words in ("blue star", "antwerp"):
        found = ask("GET", f"{records.api}?q={words}").json()["items"]
        assert [one[records.id_name] for one in found] == [records.wanted], words
    if records.of is RecordKind.VEHICLE:
        [owner] = find_customers("blue star")
        assert owner.customer_id == records.desk.customer.customer_id


def test_in_the_api(records, ask, subtests):
    one = f"{records.api}/{records.wanted}"
    shown = ask("GET", one).json()["customFields"]
    assert shown == WANTED
    for key in KEYS.values():
        with subtests.test(key):
            answer = ask("PUT", one, {"customFields": {key: OTHER[key]}})
            assert answer.json()["customFields"] == {**shown, key: OTHER[key]}
            shown = answer.json()["customFields"]
            refused = ask("PUT", one, {"customFields": {key: "\ud800"}})
            assert refused.status_code == 422
            answer = ask("PUT", one, {"customFields": {key: None}})
            del shown[key]
            assert answer.json()["customFields"] == shown
    repeated = [
        ask("PUT", one, {"customFields": WANTED}, key="once").json()["customFields"]
        for _attempt in range(2)
    ]
    assert repeated == [WANTED, WANTED]
    refused = ask("PUT", one, {"customFields": {"a_number": "many", "unknown": 1}}).json()
    assert {one["field"] for one in refused["errors"]} == {
        "customFields.a_number",
        "customFields.unknown",
    }
    wrong = ask("GET", f"{records.api}?field=a_number:many")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "field")


def test_in_csv(records, fields, client):
    response = client.get(records.csv, {"view": "all"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = {row[records.id_name]: row for row in csv.DictReader(io.StringIO(text))}
    for key in WANTED:
        assert rows[records.wanted][f"customFields.{key}"] == said(key)
        assert rows[records.other][f"customFields.{key}"] == said(key, OTHER)
    client.force_login(fields.rep_user)
    assert client.get(records.csv).status_code == 403


def test_in_imports_with_a_reason_for_each_line(records, tmp_path):
    CustomField.objects.filter(key="a_text").update(required="creation")
    wrong = {"a_text": "Blue", "a_number": "many", "a_choice": "Rome"}

    values, refused = records.imported(WANTED, OTHER, wrong, folder=tmp_path)

    assert values == [records.values(records.wanted), records.values(records.other)]
    [(line, reason)] = refused.items()
    assert line == 3
    assert "a_number: Enter a number such as 1250.5" in reason
    assert "a_choice: “Rome” is not one of: Antwerp, Bremerhaven." in reason
    values, refused = records.imported({}, folder=tmp_path)
    if records.of is RecordKind.TICKET:
        assert (values, refused) == ([None], {}), "of a past none is required"
    else:
        assert "customFields.a_text: “Text of" in refused[1], "the file has the column"


def test_in_the_admin(records, fields, subtests):
    change = reverse(f"admin:{records.admin}_change", args=[records.wanted])
    form = records.client.get(change).content.decode()
    posted = {
        name: value
        for name, value in re.findall(r'name="((?:initial-)?[\w.]+)" value="([^"]*)"', form)
        if name != "csrfmiddlewaretoken"
    }
    posted |= dict(
        re.findall(r'<select name="([\w.]+)".+?<option value="([^"]*)" selected', form, re.DOTALL)
    )
    posted |= {
        name: text.strip()
        for name, text in re.findall(
            r'<textarea name="((?:initial-)?\w+)"[^>]*>\s*([^<]*)</textarea>', form
        )
    }
    posted |= {f"customFields.{key}": said(key, OTHER) for key in WANTED}
    posted |= {f"initial-customFields.{key}": said(key) for key in WANTED}
    answer = records.client.post(change, posted)
    assert answer.status_code == 302, re.findall(r"errorlist.+?</ul>", answer.content.decode())
    settle()
    assert records.values(records.wanted) == records.values(records.other)

    listing = reverse(f"admin:{records.admin}_changelist")
    for query, found in (
        ("field.a_choice=Bremerhaven", {records.wanted, records.other}),
        ("field.a_choice=Antwerp", set()),
        ("field.a_yes_no=yes", {records.wanted, records.other}),
        ("q=a_number:2..4", {records.wanted, records.other}),
        ("q=a_date:..2026-12-01", set()),
        ("q=a_text:red", {records.wanted, records.other}),
    ):
        with subtests.test(query):
            page = records.client.get(f"{listing}?{query}").content.decode()
            shown = re.findall(rf"{listing}(\w+)/change/", page)
            assert set(shown) == found
