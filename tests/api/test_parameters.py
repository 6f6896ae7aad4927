"""What a program asks in a way that nobody understands is refused by its own name for it."""

import json
import time

import pytest
from ninja.openapi.schema import OpenAPISchema

from helpdesk.api.parameters import known_parameters
from helpdesk.api.site import api
from tests.api.test_access import ENDPOINTS, READING, ask, described  # noqa: F401 (a fixture)
from tests.api.test_tickets import is_problem, new


def test_an_unknown_parameter_is_refused_everywhere(program, ask, subtests):  # noqa: F811
    for endpoint in ENDPOINTS:
        with subtests.test(endpoint):
            is_problem(ask(program, f"{endpoint}?statuss=Open"), 422, "statuss")


def test_a_parameter_that_stands_for_one_value_is_given_once(program, ask, subtests):  # noqa: F811
    known = known_parameters(api)
    for endpoint in READING:
        for name, repeatable in known["GET", f"/api{endpoint.partition(' ')[2]}"].items():
            if not repeatable:
                with subtests.test(f"{endpoint} {name}"):
                    is_problem(ask(program, f"{endpoint}?{name}=1&{name}=2"), 422, name)


def test_a_stranger_is_told_to_log_in_before_anything_else(stranger, desk):
    is_problem(stranger.get("/tickets?statuss=Open"), 401)


def test_thousands_of_parameters_are_refused_in_words(program, desk):
    few = program.get("/tickets?" + "&".join(f"a{place}=1" for place in range(500)))
    many = program.get("/tickets?" + "&".join(f"a{place}=1" for place in range(5_000)))

    assert len(is_problem(few, 422, "a0")["errors"]) == 20
    is_problem(many, 422)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/tickets?priority=Urgent", "priority"),
        ("/tickets/sla-report?priority=Urgent", "priority"),
        ("/tickets/analytics?groupBy=year", "groupBy"),
        ("/tickets/sla-report?from=yesterday", "from"),
        ("/tickets?assigned_to=7", "assigned_to"),
    ],
)
def test_a_parameter_is_named_as_the_address_names_it(program, desk, path, field):
    is_problem(program.get(path), 422, field)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/tickets", {"asked": 1}, "asked"),
        ("/tickets", {"body": 1}, "body"),
        ("/tickets", {"customer_id": "x"}, "customer_id"),
        ("/tickets", {"tags": ["x", 1]}, "tags.1"),
        ("/customers", {"name": "x", "externalId": "x\0"}, "externalId"),
        ("/customers", {"name": "x", "timeZone": "x\0"}, "timeZone"),
        ("/customers", {"name": "x", "external_id": "x"}, "external_id"),
    ],
)
def test_a_field_is_named_as_the_program_wrote_it(program, desk, path, body, field):
    given = new(desk, **body) if path == "/tickets" else body

    is_problem(program.post(path, given), 422, field)


@pytest.mark.parametrize("name", ["createdFrom", "createdTo"])
@pytest.mark.parametrize(
    "day", ["9999-12-31", "9999-12-30", "0001-01-01", "9999-12-31T23:59:59-12:00"]
)
def test_every_day_that_can_be_written_is_a_date(program, desk, rep_client, name, day):
    desk.rep_user.time_zone = "Pacific/Kiritimati"
    desk.rep_user.save()
    number = desk.ticket().ticket_id

    answer = program.get(f"/tickets?{name}={day}")
    page = rep_client.get(f"/tickets/?{name}={day}&view=all")

    assert answer.status_code == 200, answer.json()
    assert page.status_code == 200
    found = [one["ticketId"] for one in answer.json()["items"]]
    assert found == ([number] if (name == "createdTo") == day.startswith("9999") else [])


@pytest.mark.parametrize("report", ["sla-report", "analytics"])
@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_report_of_days_that_nobody_has_figures_of_is_refused_in_words(
    program, desk, report, name, day
):
    is_problem(program.get(f"/tickets/{report}?{name}={day}"), 422, name)


LARGE = {
    "keys that nobody knows": json.dumps({f"key{place}": 1 for place in range(120_000)}),
    "a key of a megabyte": json.dumps({"x" * 1_500_000: 1}),
    "a list of wrong things": json.dumps({"tags": [1] * 600_000}),
    "a word of a megabyte": json.dumps({"priority": "x" * 1_900_000}),
    "depth": '{"a":' * 300_000,
}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE.keys())
def test_a_large_body_of_nonsense_is_answered_briefly_and_soon(program, desk, body):
    begun = time.perf_counter()
    answer = program.client.post(
        "/api/tickets", body, content_type="application/json", headers=program.headers
    )
    seconds = time.perf_counter() - begun

    is_problem(answer, 422)
    assert len(answer.content) < 10_000, "the answer grows with the nonsense"
    assert seconds < 2, "a line of the answer for each piece of nonsense takes far longer"


def test_the_description_tells_which_parameters_may_be_repeated():
    schema: OpenAPISchema = described()
    repeatable = {
        (path, parameter["name"])
        for path, methods in schema["paths"].items()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if parameter["schema"].get("type") == "array"
    }
    assert ("/api/tickets", "status") in repeatable
    assert ("/api/tickets", "limit") not in repeatable
