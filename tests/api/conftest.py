"""Programs that ask the API: each with a token of its own."""

import json

import pytest

from helpdesk.accounts.tokens import make_token


class Program:
    """Speaks JSON, as the holder of a token."""

    def __init__(self, client, token=None):
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None, **headers):
        kind = {"content_type": "application/json"} if body is not None else {}
        data = {"data": json.dumps(body)} if body is not None else {}
        return self.client.generic(
            method, f"/api{path}", **data, **kind, headers={**self.headers, **headers}
        )

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, **headers)

    def delete(self, path, **headers):
        return self.ask("DELETE", path, **headers)

    def put(self, path, body, **headers):
        return self.ask("PUT", path, body, **headers)


@pytest.fixture
def program(desk, client):
    """A program that acts as Rosa, the representative."""
    _made, text = make_token(desk.rep_user, name="tests")
    return Program(client, text)


@pytest.fixture
def reader(desk, client):
    """A program that may only read."""
    _made, text = make_token(desk.rep_user, name="reads", scope="read")
    return Program(client, text)


@pytest.fixture
def stranger(desk, client):
    return Program(client)
