"""A body that is too large is refused by the length it states, before anything reads it."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.accounts.tokens import make_token, revoke_all
from helpdesk.clock import this_second
from tests.world import log_of

MB = 1024 * 1024
JSON = "application/json"


class Untouchable(BytesIO):
    """A body that says when somebody reads it."""

    def read(self, *args):
        raise AssertionError("the body was read, although it is too large")

    readline = read


def send(client, path, length, *, kind=JSON, method="POST", **headers):
    return client.generic(
        method,
        path,
        headers=headers,
        CONTENT_TYPE=kind,
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": Untouchable()},
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize(
    "path", ["/api/tickets", "/api/nothing", "/accounts/login/", "/tickets/new/", "/admin/login/"]
)
@pytest.mark.parametrize("kind", [JSON, "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_stranger_sends_one_megabyte_at_most(desk, path, kind, method):
    answer = send(Client(enforce_csrf_checks=True), path, MB + 1, kind=kind, method=method)

    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 413


@pytest.mark.parametrize("token", ["nonsense", "hd_nonsense", ""])
def test_a_bad_token_makes_nobody_known(desk, token):
    client = Client()
    client.force_login(desk.rep_user)

    answer = send(client, "/api/tickets", MB + 1, Authorization=f"Bearer {token}")

    assert answer.status_code == 413


def test_a_token_that_has_ended_makes_nobody_known(desk, client):
    made, text = make_token(desk.rep_user, name="x")
    revoke_all([made])

    assert send(client, "/api/tickets", MB + 1, Authorization=f"Bearer {text}").status_code == 413


def test_whoever_is_known_sends_two_megabytes_to_the_api(desk, client):
    _made, text = make_token(desk.rep_user, name="x")
    known = {"Authorization": f"Bearer {text}"}

    assert send(client, "/api/tickets", 2 * MB + 1, **known).status_code == 413
    answer = client.post("/api/tickets", b" " * (2 * MB), content_type=JSON, headers=known)
    assert answer.status_code == 422, "two megabytes are read, and are no JSON"


def test_whoever_is_known_sends_files_with_a_form_and_no_more(rep_client, desk):
    number = desk.ticket(now=this_second()).ticket_id
    path = f"/tickets/{number}/note/"
    file = SimpleUploadedFile("a.txt", b"x" * (9 * MB))

    sent = rep_client.post(path, {"content": "with a file", "files": file})
    form = "multipart/form-data; boundary=x"
    plain = "application/x-www-form-urlencoded"

    assert sent.status_code == 302
    assert any(line.attachments for line in log_of(number))
    assert send(rep_client, path, 12 * MB + 1, kind=form).status_code == 413
    assert send(rep_client, path, 2 * MB + 1, kind=plain).status_code == 413


def test_a_body_without_a_length_is_not_read(desk, client):
    for path in ("/api/tickets", "/accounts/login/"):
        answer = client.generic(
            "POST",
            path,
            headers={"Transfer-Encoding": "chunked"},
            CONTENT_TYPE=JSON,
            **{"wsgi.input": Untouchable()},
        )
        assert answer.status_code == 411
