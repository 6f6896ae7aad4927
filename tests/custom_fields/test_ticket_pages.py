"""Custom fields on the pages of tickets: in the form, at the side, in the list."""

import re

from helpdesk.audit.models import QueuedEntry
from helpdesk.custom_fields.models import CustomField
from helpdesk.dynamo import capacity
from tests.custom_fields.definitions import define
from tests.world import settle

NEW = {
    "subject": "Where is it?",
    "description": "Not here.",
    "category": "Shipping",
    "priority": "Medium",
}
TYPED = {
    "customFields.a_text": "The Blue Star",
    "customFields.a_number": "1250.5",
    "customFields.a_date": "2026-11-30",
    "customFields.a_choice": "Antwerp",
    "customFields.a_yes_no": "no",
}


def plain(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_new_ticket_takes_them_and_its_page_shows_and_changes_them(fields, rep_client):
    form = rep_client.get("/tickets/new/").content.decode()
    for name in TYPED:
        assert f'name="{name}"' in form
    made = rep_client.post(
        "/tickets/new/", {**NEW, "customer": fields.customer.customer_id, **TYPED}
    )
    number = made["Location"].strip("/").rpartition("/")[2]
    page = rep_client.get(f"/tickets/{number}/").content.decode()
    for name, value in TYPED.items():
        held = re.search(rf'name="{re.escape(name)}"(.+?)</(?:div|select)>', page, re.DOTALL)[1]
        assert f'value="{value}"' in held, name
    assert re.search(r'value="no" selected', page)

    refused = rep_client.post(
        f"/tickets/{number}/fields/", {"version": 1, "customFields.a_number": "many"}
    )
    assert refused.status_code == 422
    assert "Enter a number such as 1250.5" in plain(refused)
    assert 'value="2026-11-30"' in refused.content.decode(), "the others stay as they are"
    rep_client.post(f"/tickets/{number}/fields/", {"version": 1, "customFields.a_yes_no": "yes"})
    rep_client.post(
        f"/tickets/{number}/fields/", {"version": 2, "customFields.a_date": "2026-12-01"}
    )
    said = plain(rep_client.get(f"/tickets/{number}/"))
    assert "Yes-no of ticket No → Yes" in said
    assert "Date of ticket 30 Nov 2026 → 1 Dec 2026" in said
    CustomField.objects.all().delete()
    said = plain(rep_client.get(f"/tickets/{number}/"))
    assert "a_date 2026-11-30 → 2026-12-01" in said


def test_what_is_required_says_so_beside_its_field(desk, rep_client):
    define("ticket", "po", "text", label="PO number", required="creation", help_text="Ours")
    define("ticket", "lane", "text", required="creation", categories=["Customs"])
    refused = rep_client.post("/tickets/new/", {**NEW, "customer": desk.customer.customer_id})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "“PO number” is required." in page
    assert "“lane” is required." not in page
    assert 'data-for-categories="Customs"' in page

    ticket = desk.ticket().ticket_id
    asked = rep_client.post(f"/tickets/{ticket}/status/", {"status": "Resolved"})
    assert asked.status_code == 422
    assert "“PO number” is required to resolve or close the ticket." in plain(asked)
    shown = rep_client.get(f"/tickets/{ticket}/").content.decode()
    assert 'name="customFields.lane"' not in shown, "it is for another category"


QUERIES = [
    *("field.a_choice=Antwerp", "q=a_choice:antwerp", "field=a_choice:Antwerp"),
    *("field.a_number.from=1250", "q=a_number:1250..1251", "field.a_number=1250.5"),
    *("field.a_date.to=2026-11-30", "field.a_yes_no=no", "q=blue", "q=antwe"),
    "q=a_text:%22the+blue+star%22",
]


def test_the_list_is_filtered_and_says_by_what(fields, rep_client, subtests):
    wanted = fields.ticket(custom_fields={k[13:]: v for k, v in TYPED.items()}).ticket_id
    fields.ticket(
        custom_fields={
            "a_text": "Red",
            "a_number": 2,
            "a_date": "2026-12-01",
            "a_choice": "Bremerhaven",
            "a_yes_no": True,
        }
    )
    fields.ticket()
    settle()
    for query in QUERIES:
        with subtests.test(query):
            page = rep_client.get(f"/tickets/?view=all&{query}").content.decode()
            assert set(re.findall(r'data-ticket="(\d+)"', page)) == {wanted}
            if query.startswith("field"):
                assert "of ticket" in re.search(r'class="chip".+?</a>', page, re.DOTALL)[0]
                saved = rep_client.post("/views/", {"name": "Mine", "query": query})
                assert query.partition("=")[0] in saved["Location"]


def test_pages_ask_dynamodb_for_nothing_more(fields, rep_client):
    plain_one = fields.ticket().ticket_id
    with_values = fields.ticket(
        custom_fields={key.removeprefix("customFields."): v for key, v in TYPED.items()}
    ).ticket_id
    settle()

    def asked(address):
        with capacity.counting() as usage:
            rep_client.get(address)
        return sorted(usage.operations)

    assert asked(f"/tickets/{with_values}/") == asked(f"/tickets/{plain_one}/")
    assert asked("/tickets/?view=all&field.a_choice=Antwerp") == ["BatchGetItem", "BatchGetItem"]


def test_definitions_are_made_changed_and_deleted_by_supervisors_on_the_record(desk, client):
    client.force_login(desk.supervisor_user)
    form = {
        "record": "ticket",
        "label": "PO number",
        "key": "po",
        "kind": "choice",
        "choices": "A\n A \nB",
        "categories": ["Customs"],
        "position": "3",
        "active": "on",
    }
    add = "/admin/custom_fields/customfield/add/"
    for wrong in ({"key": "status"}, {"key": "Po"}, {"choices": " "}):
        answer = client.post(add, form | wrong)
        assert "errorlist" in answer.content.decode(), wrong
    assert client.post(add, form).status_code == 302
    [made] = CustomField.objects.all()
    assert made.as_definition().choices == ("A", "B")
    change = f"/admin/custom_fields/customfield/{made.pk}/change/"
    client.post(change, form | {"key": "other", "kind": "text", "label": "Order"})
    made.refresh_from_db()
    assert (made.key, made.kind, made.label) == ("po", "choice", "Order")
    client.post(f"/admin/custom_fields/customfield/{made.pk}/delete/", {"post": "yes"})
    assert not CustomField.objects.exists()
    told = QueuedEntry.objects.filter(kind="customfield").order_by("pk")
    assert list(told.values_list("action", flat=True)) == ["created", "changed", "deleted"]
    client.force_login(desk.rep_user)
    assert client.get(add).status_code in (302, 403)


def test_a_filter_that_is_none_is_refused_in_words(fields, rep_client):
    for query, words in (
        ("field.unknown=x", "is no custom field and value"),
        ("field.a_number=many", "Enter a number"),
    ):
        answer = rep_client.get(f"/tickets/?{query}")
        assert answer.status_code == 422
        assert words in plain(answer)
