"""What each request to DynamoDB carries."""

from helpdesk.dynamo.table import client


def test_the_name_of_the_client_is_not_built_anew_for_each_request(made_tables):
    sent = []

    def note(request, **_more):
        sent.append(request.headers["User-Agent"].decode())

    client().meta.events.register("before-send.dynamodb", note)
    try:
        client().list_tables()
    finally:
        client().meta.events.unregister("before-send.dynamodb", note)

    assert sent == ["Helpdesk"]
