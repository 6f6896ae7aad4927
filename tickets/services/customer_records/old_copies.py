"""Copies of personal data that earlier releases stored where no erasure finds them.

To be removed with the release after next.
"""

from collections.abc import Callable
from typing import Any

from helpdesk.dynamo.table import client
from helpdesk.idempotency import REQUEST, Request

NOTICE = "NOTICE#"
_COPIES = (
    # Responses to programs, with a digest that anybody can compute, under the token
    (lambda key: key["SK"]["S"] == REQUEST, "answer", ("answer", "digest")),
    # Reasons of escalations, in each notification
    (lambda key: key["SK"]["S"].startswith(NOTICE), "reason", ("reason",)),
)


def forget_copies(each: Callable[[], object] = lambda: None) -> int:
    """Delete them; return how many there were. Reads the whole table; safe to repeat."""
    table = str(Request.Meta.table_name)
    asked: dict[str, Any] = {"ProjectionExpression": "PK, SK, answer, reason"}
    forgotten = 0
    while True:
        answer = client().scan(TableName=table, **asked)
        for item in answer["Items"]:
            for fits, mark, names in _COPIES:
                if mark in item and fits(item):
                    client().update_item(
                        TableName=table,
                        Key={"PK": item["PK"], "SK": item["SK"]},
                        UpdateExpression="REMOVE " + ", ".join(names),
                        ConditionExpression="attribute_exists(PK)",
                    )
                    forgotten += 1
            each()
        if "LastEvaluatedKey" not in answer:
            return forgotten
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
