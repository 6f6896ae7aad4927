"""The OpenAPI document says everything in the API's own words, and clients can be made of it."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from inspect import unwrap
from pathlib import Path

import pytest

from helpdesk.accounts.tokens import make_token
from helpdesk.api.fields import describe
from helpdesk.urls import api

VERBS = (
    "list|create|get|update|assign|add|remove|escalate|receive|decide|follow|unfollow|snooze|wake"
    "|forward"
)


@pytest.fixture(scope="module")
def described():
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api"), default=str))


def operations(described):
    return [operation for methods in described["paths"].values() for operation in methods.values()]


def test_every_operation_is_a_verb_and_what_it_does(described):
    ids = [operation["operationId"] for operation in operations(described)]
    assert len(ids) == len(set(ids)) > 18
    assert [one for one in ids if not re.fullmatch(rf"({VERBS})[A-Z][A-Za-z]+", one)] == []


def test_schemas_are_called_by_words_of_the_api_and_each_is_used(described):
    schemas = described["components"]["schemas"]
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))

    assert {"Ticket", "Communication", "Customer", "Vehicle", "User"} <= schemas.keys()
    assert [name for name in schemas if re.search(r"(Out|In|Query|Parameters)$", name)] == []
    assert [name for name, schema in schemas.items() if schema.get("title", name) != name] == []
    idle = [name for name, schema in schemas.items() if name not in used and "enum" not in schema]
    assert idle == []


def test_every_parameter_has_a_description_and_an_example(described):
    lacking = [
        f"{operation['operationId']} {one['name']}"
        for operation in operations(described)
        for one in operation.get("parameters", ())
        if not one.get("description") or "example" not in one
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("header", "reader", "least"),
    [("Idempotency-Key", "token_of", 9), ("If-Match", "requested_version", 5)],
)
def test_headers_that_an_operation_reads_are_described(described, header, reader, least):
    read = {
        operation.operation_id
        for _prefix, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
        if reader in unwrap(operation.view_func).__code__.co_names
    }
    assert len(read) >= least
    found = {
        operation["operationId"]: one
        for operation in operations(described)
        for one in operation.get("parameters", ())
        if (one["name"], one["in"]) == (header, "header")
    }
    assert set(found) == read
    for one in found.values():
        assert one["required"] is False
        assert one["description"]
        assert one["example"]
        assert one["schema"]["type"] == "string"


def test_every_field_has_a_description_and_an_example(described):
    lacking, looked_at = [], 0
    for name, schema in described["components"]["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            looked_at += 1
            if not value.get("description"):
                lacking.append(f"{name}.{field}: description")
            if not value.get("examples") and not _of_parts(value):
                lacking.append(f"{name}.{field}: example")
    assert looked_at > 150
    assert lacking == []


def _of_parts(value):
    """Something made of schemas, whose parts have examples, or a choice among those."""
    inner = [value, *value.get("anyOf", ()), value.get("items") or {}]
    inner.append(value.get("additionalProperties") or {})
    return any("$ref" in one for one in inner)


def test_a_name_has_one_meaning():
    with pytest.raises(ValueError, match="second meaning"):
        describe({"ticketId": ("Something else.", "x")})


@pytest.fixture
def generated(described, tmp_path, monkeypatch):
    """A client that `openapi-python-client` makes of the document, without a warning."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(described))
    programs = Path(sys.executable).parent  # the generator formats with ruff
    config = tmp_path / "client.yml"  # as docs/api.md says
    config.write_text("content_type_overrides: {message/rfc822: application/octet-stream}")
    done = subprocess.run(
        [
            *(str(programs / "openapi-python-client"), "generate"),
            *("--path", str(document), "--output-path", str(tmp_path / "made")),
            *("--meta", "none", "--fail-on-warning", "--config", str(config)),
        ],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: import_module(f"made.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "made"]:
        del sys.modules[name]


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_works_a_ticket_through(desk, generated, live_server):
    _made, token = make_token(desk.rep_user, name="generated")
    client = generated("client").AuthenticatedClient(live_server.url, token)
    models = generated("models")

    def call(tag, operation, *given, **named):
        answer = generated(f"api.{tag}.{operation}").sync(*given, client=client, **named)
        assert answer is not None
        assert type(answer).__name__ != "Problem", answer
        return answer

    about = "customers_and_vehicles"
    customer = call(about, "create_customer", body=models.NewCustomer(name="Generated"))
    vehicle = call(
        about, "create_vehicle", customer.customer_id, body=models.NewVehicle(make="Honda")
    )
    ticket = call(
        "tickets",
        "create_ticket",
        body=models.NewTicket(
            customer_id=customer.customer_id,
            vehicle_id=vehicle.vehicle_id,
            subject="Held at customs",
            description="What is missing?",
            category=models.Category.CUSTOMS,
            priority=models.Priority.HIGH,
        ),
    )
    number = ticket.ticket_id
    call("tickets", "assign_ticket", number, body=models.Assignment(assigned_to=desk.rep.user_id))
    said = call(
        "tickets",
        "add_communication",
        number,
        body=models.NewCommunication(
            type_=models.NewCommunicationType("Customer Response"), content="We ask the broker."
        ),
    )
    assert said.content == "We ask the broker."
    raised = call(
        "tickets", "escalate_ticket", number, body=models.EscalationRequest(reason="The ship")
    )
    assert raised.escalation_level > 0
    changed = call(
        "tickets",
        "update_ticket",
        number,
        body=models.TicketChange(status=models.Status.RESOLVED, version=raised.version),
    )
    assert changed.status == models.Status.RESOLVED
    whole = call("tickets", "get_ticket", number)
    assert "We ask the broker." in [line.content for line in whole.communications]
    found = call(
        "tickets", "list_tickets", status=[models.Status.RESOLVED], vehicle_id=vehicle.vehicle_id
    )
    assert [one.ticket_id for one in found.items] == [number]
    listed = call(about, "list_customer_tickets", customer.customer_id)
    assert [one.ticket_id for one in listed.items] == [number]
    customers = call(about, "list_customers", q="Generated")
    assert [one.customer_id for one in customers.items] == [customer.customer_id]
    report = call("reports", "get_sla_report")
    assert report.now.active == 0, "the only ticket is resolved"
    volume = call("reports", "get_analytics", group_by=models.GroupBy.CATEGORY)
    assert {one.key for one in volume.groups} >= {"Customs", "Shipping"}
