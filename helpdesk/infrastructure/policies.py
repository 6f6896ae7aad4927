"""The rights of a role as statements of IAM, in a form of neither CloudFormation nor Terraform."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from helpdesk.infrastructure.rights import (
    BUCKET,
    FILES,
    MAKE_TABLES,
    RIGHTS,
    Role,
)

READING_KEY = ("kms:Decrypt", "kms:DescribeKey")
WRITING_KEY = ("kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
KEY = "key"
_WRITES = ("Put", "Update", "Delete", "BatchWrite")


@dataclass(frozen=True)
class Statement:
    """Actions that are allowed on resources, which are named as in rights.py, or KEY."""

    name: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    only_with_bucket: bool = False
    only_with_create_tables: bool = False
    through: tuple[str, ...] = ()
    """The services that may use KEY on the role's behalf."""
    as_grant: bool = False
    """Only for a grant to one of these services."""


def statements(role: Role) -> list[Statement]:
    """Return what a role may do: one statement for all resources with the same actions."""
    data: dict[str, set[str]] = {}
    making: dict[str, set[str]] = {}
    for right in RIGHTS[role]:
        data.setdefault(right.resource, set()).update(set(right.actions) - set(MAKE_TABLES))
        making.setdefault(right.resource, set()).update(set(right.actions) & set(MAKE_TABLES))
    found = [*_grouped("Data", _without_files(data))]
    makes_tables = _grouped("MakeTables", making)
    found += [replace(one, only_with_create_tables=True) for one in makes_tables]
    for resource, name in ((BUCKET, "Bucket"), (FILES, "Files")):
        if data.get(resource):
            actions = tuple(sorted(data[resource]))
            found.append(Statement(name, actions, (resource,), only_with_bucket=True))
    found.append(Statement("Key", _key_actions(data), (KEY,), through=("dynamodb", "s3")))
    if makes_tables:
        # DynamoDB keeps a grant for what it does without anybody's request.
        found.append(
            Statement(
                *("GrantKey", ("kms:CreateGrant",), (KEY,)),
                only_with_create_tables=True,
                through=("dynamodb",),
                as_grant=True,
            )
        )
    return found


def _without_files(data: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: actions for name, actions in data.items() if name not in (FILES, BUCKET)}


def _grouped(name: str, data: dict[str, set[str]]) -> list[Statement]:
    together: dict[tuple[str, ...], list[str]] = {}
    for resource in sorted(data):
        if data[resource]:
            together.setdefault(tuple(sorted(data[resource])), []).append(resource)
    return [
        Statement(f"{name}{number}", actions, tuple(resources))
        for number, (actions, resources) in enumerate(together.items(), start=1)
    ]


def _key_actions(data: dict[str, set[str]]) -> tuple[str, ...]:
    """Return what reading and writing under the desk's key needs.

    DynamoDB and S3 ask KMS in the caller's name, so no call of the desk shows these rights; they
    follow from the others, as AWS documents it.
    """
    actions = {action for granted in data.values() for action in granted}
    return (*READING_KEY, *WRITING_KEY) if _writes(actions) else READING_KEY


def _writes(actions: Iterable[str]) -> bool:
    return any(action.partition(":")[2].startswith(_WRITES) for action in actions)
