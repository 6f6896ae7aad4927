"""Answers that are problem details (RFC 9457)."""


def is_problem(answer, status, field=None):
    """The answer is a problem with this status; and names the field."""
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status), body
    assert answer["Content-Type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail"}
    if field:
        assert field in {one["field"] for one in body["errors"]}, body
    return body
