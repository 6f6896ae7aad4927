"""What CloudWatch watches: each alarm is a sum over a minute or more, held against a threshold."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.infrastructure.tables import Index, Table

NAMESPACE = "AWS/DynamoDB"
OPERATIONS = (
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateItem",
)
"""CloudWatch keeps system errors by operation; an alarm adds up ten metrics at most."""
HOT = 800
"""Write units a second of one shard; a partition takes 1,000."""


@dataclass(frozen=True)
class Alarm:
    """An alarm on a metric of DynamoDB, or on a sum of metrics."""

    name: str
    about: str
    metric: str
    table: str | None
    """None: the whole account in the region."""
    index: str | None = None
    operations: tuple[str, ...] = ()
    """Adds up the metric of each."""
    by_shard: bool = False
    """The threshold is for each second and shard, instead of for a period."""
    threshold: int = 1
    period: int = 60
    periods: int = 5
    breaching: int = 3
    """How many of the last `periods` have to reach the threshold."""


def alarms(tables: list[Table]) -> list[Alarm]:
    """Return every alarm, in a fixed order."""
    return [
        *(alarm for table in tables for alarm in _of_table(table)),
        Alarm(
            name="user-errors",
            about=(
                "DynamoDB refuses requests of this account: a missing right, or a release that "
                "does not fit its tables. Look for AccessDenied and ValidationException in the "
                "log."
            ),
            metric="UserErrors",
            table=None,
            threshold=10,
            period=300,
            periods=1,
            breaching=1,
        ),
    ]


def _of_table(table: Table) -> Iterator[Alarm]:
    for kind in ("Read", "Write"):
        yield Alarm(
            name=f"{table.name}-{kind.lower()}-throttles",
            about=f"{kind}s of the table are throttled: a hot partition, or the account's limit.",
            metric=f"{kind}ThrottleEvents",
            table=table.name,
        )
    yield Alarm(
        name=f"{table.name}-system-errors",
        about="DynamoDB answers with errors of its own. Look at the AWS Health Dashboard.",
        metric="SystemErrors",
        table=table.name,
        operations=OPERATIONS,
    )
    for index in table.indexes:
        yield from _of_index(table, index)


def _of_index(table: Table, index: Index) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{table.name}-{index.name}-throttles",
        about=(
            "Writes to the index are throttled, and with them those to its table. "
            "Raise DYNAMODB_SHARDS."
        ),
        metric="WriteThrottleEvents",
        table=table.name,
        index=index.name,
    )
    yield Alarm(
        name=f"{table.name}-{index.name}-hot",
        about=(
            f"The index takes {HOT} write units a second for each shard; one partition takes "
            "1,000. Raise DYNAMODB_SHARDS before writes are throttled."
        ),
        metric="ConsumedWriteCapacityUnits",
        table=table.name,
        index=index.name,
        by_shard=True,
        threshold=HOT,
    )
