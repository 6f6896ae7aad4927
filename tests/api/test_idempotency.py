"""A request that comes twice is done once, and answered as the first time; another one is refused
its key. This holds for everything that writes."""

import pytest

from helpdesk.accounts.tokens import make_token
from helpdesk.dynamo.table import client as dynamo
from helpdesk.dynamo.transaction import Contended, Transaction
from helpdesk.idempotency import Answer, Request
from tests.api.conftest import Program
from tests.api.test_access import BODIES, ask  # noqa: F401 (a fixture)
from tests.api.test_tickets import is_problem, new
from tests.world import log_of, stored, team
from tickets.models import RoutingRule
from tickets.services.customer_records.old_copies import forget_copies
from tickets.services.email import suspended
from tickets.services.email.incoming.outcomes import open_ticket
from tickets.store import mail as store

KEY = {"Idempotency-Key": "once"}
OTHER = {
    "post /tickets": {"subject": "y"},
    "put /tickets/{ticket_id}": {"priority": "Low"},
    "post /tickets/{ticket_id}/assign": {"assignedTo": "auto"},
    "post /tickets/{ticket_id}/communicate": {"content": "y"},
    "post /tickets/{ticket_id}/forward": {"content": "y"},
    "post /tickets/{ticket_id}/escalate": {"reason": "y"},
    "post /customers": {"name": "y"},
    "put /customers/{customer_id}": {"company": "y"},
    "post /customers/{customer_id}/vehicles": {"make": "y"},
    "put /vehicles/{vehicle_id}": {"model": "y"},
    "post /customers/{customer_id}/notes": {"content": "y"},
    "put /customers/{customer_id}/notes/{note_id}": {"content": "y"},
    "post /tickets/{ticket_id}/participants": {"address": "carl@posta.example"},
    "post /suspended-mail": {"action": "delete"},
}
ASKED = {**BODIES, "post /suspended-mail": {"key": "", "action": "open"}}
THEIR_OWN_STATE = ("/follow", "/snooze", "/reminder")
"""What is put under such an address is the same however often it comes: it takes no key."""
WRITES = sorted(endpoint for endpoint in ASKED if not endpoint.endswith(THEIR_OWN_STATE))


@pytest.fixture
def send(desk, program, ask):  # noqa: F811
    """Send a request with a key; `program` may be another's."""
    given = {
        "note_id": ask.note_id,
        "ticket_id": ask.number,
        "customer_id": desk.customer.customer_id,
        "vehicle_id": desk.vehicle.vehicle_id,
    }

    def send(endpoint, by=program, key=KEY, **more):
        method, path = endpoint.split(" ")
        body = {**ASKED[endpoint], **more}
        if "key" in body:
            body["key"] = ask.mail
        if "customerId" in body:
            body["customerId"] = desk.customer.customer_id
        return by.ask(method.upper(), path.format(**given), body, **key)

    send.number, send.mail = ask.number, ask.mail
    return send


@pytest.mark.parametrize("endpoint", WRITES)
def test_a_repeat_changes_nothing_and_is_answered_as_the_first_time(desk, send, endpoint):
    first = send(endpoint)
    lines, version = len(log_of(send.number)), stored(send.number).version
    # Meanwhile the world goes on.
    assert send("put /tickets/{ticket_id}", key={}, tags=["later"]).status_code == 200
    assert send("put /customers/{customer_id}", key={}, notes="later").status_code == 200
    assert send("put /vehicles/{vehicle_id}", key={}, booking="later").status_code == 200
    repeat = send(endpoint)

    assert first.status_code in (200, 201), first.json()
    assert (repeat.status_code, repeat.json()) == (first.status_code, first.json())
    assert repeat.headers.get("Location") == first.headers.get("Location")
    assert repeat.headers.get("ETag") == first.headers.get("ETag")
    assert stored(send.number).version - version <= 1, "the repeat changed the ticket"
    assert len(log_of(send.number)) - lines <= 1


@pytest.mark.parametrize("endpoint", WRITES)
def test_a_key_that_was_used_for_another_body_is_refused(desk, send, endpoint):
    assert send(endpoint).status_code in (200, 201)
    version, lines = stored(send.number).version, len(log_of(send.number))

    is_problem(send(endpoint, **OTHER[endpoint]), 422, "Idempotency-Key")

    assert (stored(send.number).version, len(log_of(send.number))) == (version, lines)


@pytest.mark.parametrize("endpoint", WRITES)
def test_a_key_that_was_used_at_another_address_is_refused(desk, send, endpoint):
    another = next(one for one in WRITES if one != endpoint)
    assert send(another).status_code in (200, 201)

    is_problem(send(endpoint), 422, "Idempotency-Key")


@pytest.mark.parametrize("endpoint", WRITES)
def test_a_key_is_its_users_own(desk, client, send, endpoint):
    _made, text = make_token(desk.rep2_user, name="another")
    other = Program(client, text)

    assert send(endpoint).status_code in (200, 201)
    theirs = send(endpoint, by=other, **OTHER[endpoint])

    if endpoint.endswith("/assign"):  # which has something else against that body
        assert theirs.status_code == 422
        assert [one["field"] for one in theirs.json()["errors"]] == ["assignedTo"]
    elif endpoint.endswith("/notes/{note_id}"):  # which only its author changes
        assert theirs.status_code == 403
    elif endpoint == "post /suspended-mail":  # which is no longer suspended
        assert [one["field"] for one in theirs.json()["errors"]] == ["key"]
    else:
        assert theirs.status_code in (200, 201), "somebody else's key stands in the way"


@pytest.mark.parametrize(
    ("fallbacks", "status"), [(["k" * 50], 422), ([], 200)], ids=["known", "forgotten"]
)
def test_a_key_of_before_a_rotation_is_refused_another_body_while_the_secret_is_known(
    desk, send, settings, fallbacks, status
):
    new, settings.SECRET_KEY = settings.SECRET_KEY, "k" * 50
    endpoint = "put /tickets/{ticket_id}"
    first = send(endpoint)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = new, fallbacks
    assert send(endpoint).json() == first.json()
    assert send(endpoint, **OTHER[endpoint]).status_code == status
    assert stored(send.number).priority == "High"


def test_a_decision_that_was_refused_leaves_its_key_free(desk, send):
    refused = send("post /suspended-mail", action="add", ticketId="4711")
    assert [one["field"] for one in refused.json()["errors"]] == ["ticketId"]

    added = send("post /suspended-mail", action="add", ticketId=send.number)
    assert added.json()["ticketId"] == send.number


def test_a_decision_whose_process_died_before_it_answered_is_answered_by_its_repeat(
    desk, send, monkeypatch
):
    """It had stored its key, and then the decision."""
    with monkeypatch.context() as dies:
        dies.setattr(suspended, "open_ticket", lambda case: open_ticket(case) and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send("post /suspended-mail")

    repeat = send("post /suspended-mail")

    mail = store.email(send.mail)
    assert (repeat.status_code, repeat.json()["ticketId"]) == (200, mail.ticket_id)


def test_two_keys_that_differ_in_their_last_letter_are_two(program, desk):
    long = "k" * 199
    first = program.post("/tickets", new(desk), **{"Idempotency-Key": long + "a"})
    second = program.post("/tickets", new(desk), **{"Idempotency-Key": long + "b"})

    assert first.json()["ticketId"] != second.json()["ticketId"]


def test_routing_chooses_once(program, desk):
    ours = team("All", desk.rep_user, desk.rep2_user, distribution="round robin")
    RoutingRule.objects.create(position=1, team=ours)
    number = desk.ticket(assigned_to=None).ticket_id
    path = f"/tickets/{number}/assign"

    chosen = [program.post(path, {"assignedTo": "auto"}, **KEY).json() for _ in range(3)]

    assert chosen[0] == chosen[1] == chosen[2]


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_time_is_done_once(desk, race, send, endpoint):
    answers = race.run_many(4, lambda: send(endpoint))

    assert race.failed >= 3, "they did not meet"
    assert len(answers) == 4
    assert {one.status_code for one in answers} <= {200, 201}, [one.json() for one in answers]
    assert len({str(one.json()) for one in answers}) == 1


@pytest.mark.parametrize("endpoint", WRITES)
def test_a_write_that_meets_another_is_tried_again_or_refused_in_words(
    desk, send, endpoint, monkeypatch
):
    def meets_another(transaction, *error):
        raise Contended("Somebody is changing this right now.")

    monkeypatch.setattr(Transaction, "__exit__", meets_another)

    changing = {"assignedTo": desk.rep2.user_id} if endpoint.endswith("/assign") else {}
    is_problem(send(endpoint, key={}, **changing), 503)


def test_what_is_kept_of_a_request_tells_nothing_of_what_was_asked(program, desk):
    program.post("/tickets", new(desk, subject="secret words"), **KEY)

    [kept] = [one for one in Request.scan() if str(one.pk).startswith("REQUEST#")]
    assert "secret" not in str(kept.serialize())
    assert len([one for one in Answer.scan() if str(one.pk).startswith("ANSWERS#")]) == 1


def test_copies_that_earlier_releases_kept_are_forgotten_and_their_keys_stay(program, desk):
    number = desk.ticket().ticket_id
    words = {"S": "everything about Giulia"}
    told = {"ticketId": {"S": number}, "createdAt": {"S": "2026-11-02T12:00:00Z"}}
    request = {"PK": {"S": f"REQUEST#{desk.rep.user_id}#api-old"}, "SK": {"S": "REQUEST"}, **told}
    notice = {"PK": {"S": f"PERSON#{desk.rep.user_id}"}, "SK": {"S": "NOTICE#1"}, **told}
    for item in (
        {**request, "answer": words, "digest": {"S": "0" * 64}},
        {**notice, "reason": words},
    ):
        dynamo().put_item(TableName=Request.Meta.table_name, Item=item)

    assert forget_copies() == 2

    assert forget_copies() == 0
    assert "Giulia" not in str(dynamo().scan(TableName=Request.Meta.table_name)["Items"])
    repeat = program.post("/tickets", new(desk), **{"Idempotency-Key": "old"})
    assert repeat.json()["ticketId"] == number
