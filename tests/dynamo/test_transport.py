"""The short way to DynamoDB signs and answers as botocore does, and leaves the rest to it."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as some
from urllib3.exceptions import ProtocolError

from helpdesk.dynamo import signature
from helpdesk.dynamo.table import client
from helpdesk.dynamo.transport import Answer, Transport
from tests.world import stored
from tickets.store.ticket import Ticket

NOW = datetime(2026, 11, 28, 14, 5, 9, tzinfo=UTC)
words = some.text("abcXYZ012/+=", min_size=1, max_size=40)


@given(words, words, some.none() | words, some.binary(max_size=200))
def test_a_request_is_signed_as_botocore_signs_it(key, secret, token, body):
    said = signature.headers(
        host="dynamodb.eu-central-1.amazonaws.com",
        target="DynamoDB_20120810.GetItem",
        body=body,
        credentials=SimpleNamespace(access_key=key, secret_key=secret, token=token),
        region="eu-central-1",
        now=NOW,
    )

    request = AWSRequest(
        "POST",
        "https://dynamodb.eu-central-1.amazonaws.com/",
        {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": signature.TYPE},
        body,
    )
    request.context["timestamp"] = "20261128T140509Z"
    auth = SigV4Auth(Credentials(key, secret, token), "dynamodb", "eu-central-1")
    request.headers["X-Amz-Date"] = "20261128T140509Z"
    if token:
        request.headers["X-Amz-Security-Token"] = token
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert said["authorization"].endswith(f"Signature={auth.signature(text, request)}")
    assert f"Credential={auth.scope(request)}," in said["authorization"]
    assert (
        f"SignedHeaders={auth.signed_headers(auth.headers_to_sign(request))},"
        in (said["authorization"])
    )


@pytest.fixture
def sent(monkeypatch):
    """What the short way sent; `answers` are given in the engine's place, first the first."""
    send, seen = Transport.send, SimpleNamespace(operations=[], answers=[])

    def noted(self, url, body, headers):
        seen.operations.append(headers["x-amz-target"].partition(".")[2])
        given = seen.answers.pop(0) if seen.answers else None
        if isinstance(given, Exception):
            raise given
        return given or send(self, url, body, headers)

    monkeypatch.setattr(Transport, "send", noted)
    return seen


@pytest.fixture
def left():
    """The requests that botocore sent itself."""
    seen = []

    def note(request, **_):
        seen.append(request.headers["X-Amz-Target"].decode().partition(".")[2])

    client().meta.events.register("before-send.dynamodb", note)
    yield seen
    client().meta.events.unregister("before-send.dynamodb", note)


def test_items_are_read_and_written_in_the_short_way(desk, sent, left):
    number = desk.ticket().ticket_id

    assert stored(number).ticket_id == number

    assert {"GetItem", "TransactWriteItems"} <= set(sent.operations)
    assert left == []


@pytest.mark.parametrize(
    "answer",
    [
        ProtocolError("gone"),
        Answer(200, {}, b"<html>Welcome</html>"),
        Answer(500, {}, b"{}"),
        Answer(503, {}, b"<html>busy</html>"),
        Answer(400, {}, json.dumps({"__type": "x#ThrottlingException"}).encode()),
        Answer(400, {}, json.dumps({"__type": "x#ExpiredTokenException"}).encode()),
    ],
    ids=["connection", "another page", "error", "no JSON", "throttled", "credentials"],
)
def test_what_is_no_answer_is_left_to_botocore(desk, sent, left, answer):
    number = desk.ticket().ticket_id
    sent.answers.append(answer)

    assert stored(number).ticket_id == number

    assert left == ["GetItem"]


def test_a_refusal_is_botocores_error_with_all_it_says(desk, sent, left):
    key = {"PK": {"S": "x"}, "SK": {"S": "y"}}
    with pytest.raises(ClientError) as refused:
        client().transact_write_items(
            TransactItems=[
                {
                    "ConditionCheck": {
                        "TableName": Ticket.Meta.table_name,
                        "Key": key,
                        "ConditionExpression": "attribute_exists(PK)",
                    }
                }
            ]
        )

    assert isinstance(refused.value, client().exceptions.TransactionCanceledException)
    assert refused.value.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
    assert left == []


def test_behind_a_proxy_everything_is_left_to_botocore(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "")
    registered = []
    meta = SimpleNamespace(
        endpoint_url="http://dynamodb.example/",
        events=SimpleNamespace(register=lambda *names: registered.append(names)),
    )
    session = SimpleNamespace(get_config_variable=lambda name: None)

    Transport(session, region="eu-central-1").serve(SimpleNamespace(meta=meta))

    assert registered == []
