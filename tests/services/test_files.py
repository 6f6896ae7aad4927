"""Customers and vehicles from a CSV file: seen before it happens, whole, and every row told of."""

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import CustomerFile
from customers.services import imports
from customers.services.create import create_customer
from customers.services.read import customer_with_email, find_customers, vehicle_with_vin
from customers.tasks import forget_files, resume_files
from helpdesk import csv_files, jobs
from helpdesk.accounts.models import User
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.death import at_call, die_until_done, dies_of_9
from tests.world import NOON

VIN = "1M8GDM9AXKP042788"


def upload(desk, text, kind="customers", by=None):
    content = text if isinstance(text, bytes) else text.encode()
    return imports.upload(kind=kind, name="list.csv", content=content, by=by or desk.rep)


def take(file, desk):
    file = imports.confirm(file.pk, by=desk.rep)
    while not file.finished_at:
        file = imports.step(file.pk)
    return file


def reasons(file):
    return {one["row"]: one["reason"] for one in file.refused}


def test_rows_are_checked_first_and_taken_when_somebody_says_so(desk):
    file = upload(
        desk,
        "\ufeffName;E-Mail;Segment;External ID\n"
        "Ann Ångström;Ann@Example.com;Dealer;B-1\n"
        "Bo;nobody;;\n"
        ";c@example.com;;\n"
        "Dee;ann@example.com;;\n"
        "Again;giulia@posta.example;;\n"
        "Fin;fin@example.com;Royal;\n",
    )
    assert (file.total, len(file.rows)) == (6, 1)
    assert sorted(reasons(file)) == [3, 4, 5, 6, 7]
    assert "already appears in row 2" in reasons(file)[5]
    assert desk.customer.name in reasons(file)[6]
    assert customer_with_email("ann@example.com") is None  # nothing is taken yet

    file = take(file, desk)

    assert file.taken == 1
    ann = customer_with_email("ann@example.com")
    assert (ann.name, ann.segment, ann.external_id) == ("Ann Ångström", "Dealer", "B-1")
    assert file.rows == []


def test_vehicles_find_their_owners(desk):
    file = upload(
        desk,
        f"owner,vin,model\ngiulia@posta.example,{VIN},X\nnobody@x.de,,Y\n"
        f"giulia@posta.example,{VIN},Z\ngiulia@posta.example,1M8,Q\n",
        kind="vehicles",
    )
    assert [row["number"] for row in file.rows] == [2]
    assert "No customer" in reasons(file)[3]

    assert take(file, desk).taken == 1

    assert vehicle_with_vin(VIN).customer_id == desk.customer.customer_id


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no rows"),
        ("name\n", "no rows"),
        ("nick,name\na,b\n", "Unknown column “nick”"),
        ("email\na@b.de\n", "“name” is missing"),
        ("name,Name\na,b\n", "twice"),
        ("name\nM\xfcller".encode("latin-1"), "UTF-8"),
        ('"name\nAnn', "Can’t read row 1"),
        ("name\n" + "x\n" * 5_001, "5,000 rows"),
        (b"name\n" + b"x" * 2_100_000, "2 MB"),
        (b"name\n\x00\x00", "CSV"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(desk, text, why):
    with pytest.raises(Invalid, match=why):
        upload(desk, text)
    assert not CustomerFile.objects.exists()


def test_a_row_that_somebody_was_quicker_with_is_told_of(desk):
    file = upload(desk, "name,email\nAnn,ann@example.com\nBo,bo@example.com\n")
    create_customer(name="Quick Ann", email="ann@example.com", by=desk.rep, now=NOON)

    file = take(file, desk)

    assert file.taken == 1
    assert "Quick Ann" in reasons(file)[2]


@pytest.mark.django_db(transaction=True)
def test_a_worker_finishes_what_a_death_left_and_takes_no_row_twice(desk, monkeypatch):
    monkeypatch.setattr(imports, "STEP", 2)
    file = upload(desk, "name\n" + "\n".join(f"Customer {n}" for n in range(5)))

    def confirm():
        at_call(imports, "create_customer", after=True)  # before it was written down
        imports.confirm(file.pk, by=desk.rep)

    def lease_runs_out():
        assert not imports.step(file.pk).finished_at, "the dead one's lease still runs"
        CustomerFile.objects.update(leased_until=timezone.now())

    assert dies_of_9(confirm)
    lease_runs_out()
    deaths = die_until_done(resume_files, then=lease_runs_out)

    assert deaths > 1
    file.refresh_from_db()
    assert (file.taken, file.refused) == (5, [])
    names = sorted(found.name for found in find_customers("Customer"))
    assert names == [f"Customer {n}" for n in range(5)]


def test_what_was_confirmed_is_taken_after_its_uploader_has_left(desk, monkeypatch):
    monkeypatch.setattr(imports, "STEP", 2)
    file = upload(desk, "name\n" + "\n".join(f"Customer {n}" for n in range(5)))
    imports.confirm(file.pk, by=desk.rep)
    User.objects.filter(pk=desk.rep_user.pk).update(is_active=False)
    CustomerFile.objects.update(asked_at=timezone.now() - jobs.LEASE)

    resume_files()

    file.refresh_from_db()
    assert (file.taken, file.refused) == (5, [])
    assert file.finished_at


def test_whoever_presses_while_rows_are_taken_takes_none(desk, monkeypatch):
    file = upload(desk, "name\n" + "\n".join(f"Customer {n}" for n in range(20)))
    make, pressed = imports.create_customer, []

    def make_while_another_presses(**fields):
        pressed.append(imports.confirm(file.pk, by=desk.rep))
        return make(**fields)

    monkeypatch.setattr(imports, "create_customer", make_while_another_presses)
    imports.confirm(file.pk, by=desk.rep)

    assert [one.taken for one in pressed] == [0] * 20, "a row was taken twice, or by the second"
    file.refresh_from_db()
    assert (file.taken, file.refused) == (20, [])


def test_files_are_their_uploaders_and_forgotten(desk):
    file = upload(desk, "name\nAnn\n")
    with pytest.raises(NotFound):
        imports.file_of(file.pk, by=desk.rep2)
    with pytest.raises(NotAllowed):
        upload(desk, "name\nAnn\n", by=desk.outsider)
    CustomerFile.objects.update(asked_at=timezone.now() - imports.KEPT * 2)

    forget_files()

    assert not CustomerFile.objects.exists()


def test_the_report_can_be_mended_and_sent_again_and_runs_no_formula(desk):
    file = upload(desk, "name,email,company\n=cmd()|'x',wrong,-1+1\n")
    text = "".join(csv_files.lines(imports.report(file)))

    assert "'=cmd()" in text
    assert "'-1+1" in text
    again = upload(desk, text.replace("wrong", "right@example.com"))
    assert [row["fields"] for row in again.rows] == [
        {"name": "=cmd()|'x'", "email": "right@example.com", "company": "-1+1"}
    ]
    assert take(again, desk).taken == 1
    [made] = find_customers("right@example.com")
    assert (made.name, made.company) == ("=cmd()|'x'", "-1+1")


def reported(file):
    return "".join(csv_files.lines(imports.report(file)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                name: st.text(st.sampled_from("=+-@'\"\t\r\n ,;ab1"), max_size=6)
                for name in ("phone", "company", "notes")
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_refused_rows_come_back_as_they_were_however_often(desk, rows):
    refused = [{"row": 2, "reason": "+", "cells": {"email": "x", **row}} for row in rows]
    first = CustomerFile(kind="customers", refused=refused)
    wanted = [
        {name: cell.strip() for name, cell in one["cells"].items() if cell.strip()}
        for one in refused
    ]
    second = upload(desk, reported(first))
    third = upload(desk, reported(second))

    assert [one["cells"] for one in second.refused] == wanted
    assert [one["cells"] for one in third.refused] == wanted


def test_a_phone_number_of_a_refused_row_gets_no_apostrophe(desk):
    file = upload(desk, "name,email,phone\nAnn,wrong,+39 02 5550 3318\n")
    again = upload(desk, reported(file).replace("wrong", "ann@example.com"))

    assert take(again, desk).taken == 1
    assert customer_with_email("ann@example.com").phone == "+390255503318"


def test_one_bad_quote_names_its_row_and_the_others_are_taken(desk):
    file = upload(
        desk,
        "name,email,company\n"
        "Ann,ann@example.com,Ann's\n"
        '"Bo" Berg,bo@example.com,Berg\n'
        '"Cem,cem@example.com,Cem\n'
        '"Dee, Inc",dee@example.com,"Dee ""the"" Inc"\n',
    )
    assert sorted(reasons(file)) == [3, 4]
    assert all("quotation mark" in reason for reason in reasons(file).values())
    assert file.refused[1]["cells"] == {
        "name": '"Cem',
        "email": "cem@example.com",
        "company": "Cem",
    }

    assert take(file, desk).taken == 2
    dee = customer_with_email("dee@example.com")
    assert (dee.name, dee.company) == ("Dee, Inc", 'Dee "the" Inc')


def test_cells_beyond_the_head_line_are_not_lost_in_the_report(desk):
    file = upload(desk, "name,address\nAnn,Via Roma 1,Milano\n")
    assert "more cells" in reasons(file)[2]

    again = upload(desk, reported(file))

    assert "Milano" in reported(again)
    assert again.rows == [], "what was cut off would have been taken"
