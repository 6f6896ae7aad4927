"""One mailbox, one customer: every way in brings an address into its one form, or refuses it."""

import io
import json
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.forms import modelform_factory
from django.test import Client

from customers.services import imports, refresh
from customers.services.create import create_customer, edit_customer
from customers.services.read import customer_with_email, find_customers, get_customer
from customers.store.items import Customer, Guard, email_pk
from helpdesk.accounts.models import User
from helpdesk.accounts.tokens import make_token
from helpdesk.dynamo.transaction import ConditionFailed
from helpdesk.errors import Invalid
from helpdesk.mail.kinds import Undeliverable
from tests.api.conftest import Program
from tests.world import NOON, log_of
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import reply_email
from tickets.services.maintenance.ticket_import import import_history

ALIKE = [
    "giulia@posta.example\u200b",
    "<GIULIA@posta.example>",
    "mailto:giulia@posta.example;",
    "giulia@posta.example (Giulia)",
]
"""The address of the desk's customer, written otherwise."""

BROKEN = ["x,giulia@posta.example", "Giulia <giulia@posta.example>", "giulia@posta"]


def someone(desk, **fields):
    return create_customer(name="Somebody", by=desk.rep, now=NOON, **fields)


@pytest.mark.parametrize("written", ALIKE)
def test_a_mailbox_that_somebody_has_is_nobody_elses_however_it_is_written(desk, written):
    with pytest.raises(Invalid, match="Giulia Bianchi already has this email address"):
        someone(desk, email=written)
    other = someone(desk, email="other@posta.example")
    with pytest.raises(Invalid, match="Giulia Bianchi already has this email address"):
        edit_customer(other.customer_id, email=written, by=desk.rep)
    assert customer_with_email(written).customer_id == desk.customer.customer_id
    assert [one.name for one in find_customers(written)] == ["Giulia Bianchi"]


@pytest.mark.parametrize("written", BROKEN)
def test_what_is_no_address_is_refused_at_every_door(desk, written):
    _made, token = make_token(desk.rep_user, name="booking")
    answer = Program(Client(), token).post("/customers", {"name": "A", "email": written})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["email"]

    page = Client()
    page.force_login(desk.rep_user)
    typed = {"name": "A", "email": written, "segment": "VIP"}
    assert page.post("/customers/new/", typed).status_code == 422

    content = f'name,email\nA,"{written}"\n'.encode()
    file = imports.upload(kind="customers", name="x.csv", content=content, by=desk.rep)
    assert "such as giulia@example.com" in file.refused[0]["reason"]

    admin = Client()
    admin.force_login(desk.supervisor_user)
    assert "such as giulia" in admin.post("/admin/customers/customer/add/", typed).content.decode()


def test_a_file_knows_an_owner_by_the_address_however_it_is_written(desk):
    rows = "".join(f'"{written}",Fiat\n' for written in ALIKE)
    content = f"owner,make\n{rows}".encode()
    file = imports.upload(kind="vehicles", name="x.csv", content=content, by=desk.rep)

    assert {row["customer_id"] for row in file.rows} == {desk.customer.customer_id}
    assert file.refused == []


def test_a_history_finds_its_customer_by_the_address_however_it_is_written(desk, tmp_path):
    created = {
        "at": "2026-10-01T10:00:00Z",
        "event": "created",
        "by": "rosa",
        "subject": "S",
        "description": "D",
        "category": "General",
        "priority": "Low",
    }
    lines = [
        json.dumps(
            {
                **created,
                "ticket": f"o-{number}",
                "customer": {"externalId": f"X-{number}", "name": "G", "email": written},
            }
        )
        for number, written in enumerate([*ALIKE, BROKEN[0]])
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines))
    done = import_history(path)

    assert (done.tickets, len(done.refused)) == (len(ALIKE), 1)
    assert len(find_customers("giulia")) == 1


def test_users_have_addresses_of_the_same_form(desk):
    asked = modelform_factory(User, fields=["email"])

    cleaned = asked({"email": "<Rosa@CAF\u00c9.example\u200b>;"}, instance=desk.rep_user)
    assert cleaned.is_valid(), cleaned.errors
    cleaned.save()
    desk.rep_user.refresh_from_db()
    assert desk.rep_user.email == "rosa@café.example"
    refused = asked({"email": "x,rosa@posta.example"}, instance=desk.rep_user)
    assert "such as giulia@example.com" in str(refused.errors["email"])

    call_command(
        "createsuperuser", "--noinput", "--username", "root", "--email", "ROOT@posta.example\u200b"
    )
    assert User.objects.get(username="root").email == "root@posta.example"
    assert User.objects.filter(email="<Root@posta.example>").exists()


def test_addresses_of_users_are_brought_along_and_a_person_is_told_of_the_others(desk, capsys):
    written = {
        desk.rep_user: "<ROSA@cafe\u0301.example>;",
        desk.rep2_user: "x",
        desk.supervisor_user: "rosa@caf\u00e9.example",
    }
    with connection.cursor() as cursor:  # the model itself would mend it
        for user, address in written.items():
            cursor.execute(
                f"UPDATE {User._meta.db_table} SET email = %s WHERE id = %s",  # noqa: S608
                [address, user.pk],
            )
    migration = import_module("helpdesk.accounts.migrations.0007_addresses_in_one_form")
    for _twice in range(2):
        migration.bring(apps, None)
        sharing = sorted([desk.rep_user.pk, desk.supervisor_user.pk])
        assert capsys.readouterr().out.splitlines() == [
            f"  User {desk.rep2_user.pk} has no valid e-mail address: correct it in the admin.",
            f"  Users {sharing[0]}, {sharing[1]} have the same mailbox: correct them in the admin.",
        ]

    assert User.objects.get(pk=desk.rep_user.pk).email == "rosa@café.example"
    assert User.objects.get(pk=desk.rep2_user.pk).email == "x"


class Stored:
    """A customer as an earlier release stored them, whose address was not in its one form."""

    def __init__(self, desk, address):
        made = someone(desk, email="temporary@posta.example")
        self.id = made.customer_id
        Guard.get(email_pk("temporary@posta.example"), "GUARD").delete()
        Guard(email_pk(address), customer_id=self.id).save()
        Customer.get(made.pk, made.sk).update([Customer.email.set(address)])

    @property
    def email(self):
        return get_customer(self.id).email


def test_stored_addresses_are_brought_into_their_form_and_keep_their_owner(desk):
    cafe = Stored(desk, "zoe@xn--caf-dma.example")
    spaced = Stored(desk, "ann@posta.example\u200b")

    refresh.refresh_customers()
    second = refresh.refresh_customers()

    assert (cafe.email, spaced.email) == ("zoe@café.example", "ann@posta.example")
    assert second.customers == 0
    for written, own in (("zoe@cafe\u0301.example", cafe), ("ANN@posta.example", spaced)):
        assert customer_with_email(written).customer_id == own.id
        with pytest.raises(Invalid):
            someone(desk, email=written)
    assert not list(Guard.scan(Guard.pk == email_pk("ann@posta.example\u200b")))


def test_two_who_share_a_mailbox_are_listed_for_a_person_to_merge(desk, rep_client):
    twin = Stored(desk, "giulia@posta.example\u200b")
    broken = Stored(desk, "x,giulia@posta.example")
    out = io.StringIO()
    call_command("refresh_customers", stdout=out)

    printed = out.getvalue()
    merge = f"/customers/{twin.id}/merge/?with={desk.customer.customer_id}"
    assert merge in printed
    assert f"/customers/{broken.id}/edit/" in printed
    assert "unclear=2" in printed
    assert "giulia" not in printed.lower()  # what is printed may end in a log
    assert twin.email == "giulia@posta.example\u200b"  # it stays until a person decides
    page = rep_client.get(merge).content.decode()
    assert f'value="{desk.customer.customer_id}"' in page
    assert customer_with_email("giulia@posta.example").customer_id == desk.customer.customer_id


def test_two_who_refresh_at_once_do_no_harm(desk, race):
    own = [Stored(desk, f"ann{number}@posta.example\u200b") for number in range(8)]

    done = race.run_many(2, refresh.refresh_customers)

    assert race.failed >= 1, "they did not meet at the first record"
    assert sum(one.customers for one in done) == len(own)
    assert [one.unclear for one in done] == [[], []]
    for number, one in enumerate(own):
        assert one.email == f"ann{number}@posta.example"
        assert customer_with_email(one.email).customer_id == one.id


def test_what_others_change_at_every_attempt_is_listed(desk, monkeypatch):
    own = Stored(desk, "ann@posta.example\u200b")
    attempts = []

    def meets_another(transaction, *_records):
        attempts.append(transaction)
        raise ConditionFailed([])

    monkeypatch.setattr(refresh.search_words, "write", meets_another)
    out = io.StringIO()
    call_command("refresh_customers", stdout=out)

    assert len(attempts) == refresh.TRIES
    assert f"Customer {own.id} or a vehicle of theirs" in out.getvalue()
    assert f"/customers/{own.id}/" in out.getvalue()
    assert "customers=0 vehicles=0 unclear=1" in out.getvalue()


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ann@posta.example\u200b", "ann@posta.example"),
        ("ann@café.example", "ann@xn--caf-dma.example"),
        ("x,ann@posta.example", None),
    ],
)
def test_a_mail_to_a_stored_address_is_sent_or_fails_with_its_reason(desk, address, sent_to):
    own = Stored(desk, address)
    number = desk.ticket(customer_id=own.id).ticket_id
    respond(number, content="Hello", by=desk.rep, now=NOON)
    line = log_of(number)[-1]
    about = [{"ticketId": number, "communicationId": line.communication_id}]

    if sent_to is None:
        with pytest.raises(Undeliverable, match="Invalid email"):
            reply_email.EMAIL.compose(about)
    else:
        assert reply_email.EMAIL.compose(about).to == [sent_to]
    assert mail.outbox == []
