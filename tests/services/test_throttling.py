"""DynamoDB asks for patience, leaves things undone, or says nothing: nothing is lost or doubled."""

import json
import urllib.request

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import GetError
from urllib3.exceptions import HTTPError

from helpdesk.dynamo import batches
from helpdesk.dynamo.table import client
from helpdesk.dynamo.transport import Answer, Transport
from tests.world import after, log_of, stored, waiting_events
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import outbox
from tickets.store import queries

THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Slow."}


class Raw:
    def __init__(self, body):
        self.body = body

    def stream(self, *args, **kwargs):
        yield self.body


def answer(request, status, body):
    raw = Raw(json.dumps(body).encode())
    return AWSResponse(request.url, status, {"Content-Type": "application/x-amz-json-1.0"}, raw)


@pytest.fixture
def meddle(tables, monkeypatch):
    """Let a function answer requests in DynamoDB's place, those of the short way and those that
    botocore sends then; None leaves them to the engine."""
    monkeypatch.setattr(batches, "sleep", lambda seconds: None)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    send = Transport.send
    registered = []

    def start(function):
        def before_send(request, **_):
            operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
            return function(request, operation)

        def sent(self, url, body, headers):
            operation = headers["x-amz-target"].partition(".")[2]
            try:
                given = function(AWSRequest("POST", url, headers, body), operation)
            except ReadTimeoutError as lost:
                raise HTTPError(str(lost)) from lost
            if given is None:
                return send(self, url, body, headers)
            return Answer(given.status_code, given.headers, given.content)

        monkeypatch.setattr(Transport, "send", sent)
        client().meta.events.register_first("before-send.dynamodb", before_send)
        registered.append(before_send)

    yield start
    for function in registered:
        client().meta.events.unregister("before-send.dynamodb", function)


def test_a_throttled_write_is_tried_again_and_written_once(desk, meddle):
    number = desk.ticket().ticket_id
    refused = []

    def twice(request, operation):
        if operation == "TransactWriteItems" and len(refused) < 2:
            refused.append(operation)
            return answer(request, 400, THROTTLED)
        return None

    meddle(twice)
    respond(number, content="Patience.", by=desk.rep, now=after(minutes=1))

    assert len(refused) == 2
    assert [line.content for line in log_of(number)].count("Patience.") == 1


def test_an_answer_that_got_lost_is_asked_for_again_and_written_once(desk, meddle):
    """The engine commits, but its answer never comes: the token of the transaction knows."""
    number = desk.ticket().ticket_id
    lost = []

    def after_commit(request, operation):
        if operation != "TransactWriteItems" or lost:
            return
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        sent = urllib.request.Request(request.url, request.data, headers)
        lost.append(urllib.request.urlopen(sent).status)
        raise ReadTimeoutError(endpoint_url=request.url)

    meddle(after_commit)
    respond(number, content="Twice?", by=desk.rep, now=after(minutes=1))

    assert lost == [200]
    assert [line.content for line in log_of(number)].count("Twice?") == 1
    assert stored(number).version == 2


def test_what_a_batch_leaves_undone_is_asked_for_again(desk, meddle):
    numbers = [desk.ticket().ticket_id for _ in range(3)]
    asked = []

    def one_at_a_time(request, operation):
        if operation != "BatchGetItem":
            return None
        body = json.loads(request.body)
        [(table, wanted)] = body["RequestItems"].items()
        asked.append(len(wanted["Keys"]))
        if len(wanted["Keys"]) == 1:
            return None
        unprocessed = {table: wanted}
        return answer(
            request,
            200,
            {
                "Responses": {table: []},
                "UnprocessedKeys": {table: {**unprocessed[table], "Keys": wanted["Keys"][1:]}},
            },
        )

    meddle(one_at_a_time)
    found = queries.tickets(numbers)

    assert asked == [3, 2, 1]
    assert set(found) == {numbers[-1]}  # the fake answered the others with nothing


def test_a_batch_that_never_ends_is_an_error_and_not_a_short_answer(desk, meddle):
    number = desk.ticket().ticket_id

    def never(request, operation):
        if operation != "BatchGetItem":
            return None
        [(table, wanted)] = json.loads(request.body)["RequestItems"].items()
        return answer(request, 200, {"Responses": {table: []}, "UnprocessedKeys": {table: wanted}})

    meddle(never)
    with pytest.raises(GetError):
        queries.tickets([number])


def test_events_that_a_batch_leaves_undone_are_deleted_later(desk, meddle):
    for _ in range(3):
        desk.ticket()
    refused = []

    def leaves_some(request, operation):
        if operation != "BatchWriteItem" or refused:
            return None
        items = json.loads(request.body)["RequestItems"]
        refused.append(items)
        return answer(request, 200, {"UnprocessedItems": items})

    meddle(leaves_some)
    assert outbox.dispatch() == 3

    assert len(refused) == 1
    assert waiting_events() == []
