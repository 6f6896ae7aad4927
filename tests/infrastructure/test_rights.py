"""Each role has the rights that it uses and no other; see tests/aws_rights.py."""

import ast
import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from helpdesk.dynamo.table import client
from helpdesk.infrastructure.policies import statements
from helpdesk.infrastructure.rights import BUCKET, FILES, RIGHTS, Role
from helpdesk.infrastructure.tables import declared_tables
from tests import aws_rights
from tests.aws_rights import SOMEBODY, Use, compare, granted, held, uses
from tests.infrastructure.documents import ACCOUNT, TABLE_ARN, policy, terraform_policy

ROOT = Path(__file__).parents[2]
MOST = 6_144
"""Characters of a policy that IAM takes, without spaces."""
WRITE = "tickets", "dynamodb:PutItem"


# ------------------------------------------------------------------ none unused, none missing
def test_each_right_is_held_by_a_test_and_each_test_holds_a_right_that_is_granted():
    named = {call for calls in held().values() for call in calls}
    listed = {
        (role, use) for role, rights in granted().items() if role != SOMEBODY for use in rights
    }
    assert listed - named == set(), "no test is known to use these: `make rights`"
    assert named - listed == set(), "rights.py does not grant these"
    assert len(listed) > 60


def test_the_tests_that_hold_rights_are_there():
    for test in held():
        path, _, name = test.partition("::")
        function = name.partition("[")[0].rpartition("::")[2]
        module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {
            node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)
        }, test


def test_each_resource_is_a_table_or_an_index_that_a_model_declares():
    there = {FILES, BUCKET}
    for table in declared_tables():
        there |= {table.name, *(f"{table.name}/index/{index.name}" for index in table.indexes)}
    named = {right.resource for rights in RIGHTS.values() for right in rights}
    assert named <= there
    assert there - named == set(), "nobody may use these"


def test_each_right_says_why():
    for rights in RIGHTS.values():
        assert all(right.why and right.actions for right in rights)
        assert len({right.resource for right in rights}) == len(rights)


def test_a_call_that_is_not_granted_fails_its_test():
    compare("a test", {(Role.WEB, Use(*WRITE))})
    with pytest.raises(AssertionError, match="web: dynamodb:Scan on tickets"):
        compare("a test", {(Role.WEB, Use("tickets", "dynamodb:Scan"))})
    with pytest.raises(AssertionError, match="somebody: dynamodb:DeleteTable on tickets"):
        compare("a test", {(SOMEBODY, Use("tickets", "dynamodb:DeleteTable"))})


def test_a_test_that_no_longer_uses_its_right_fails(monkeypatch):
    call = (Role.WEB, Use(*WRITE))
    monkeypatch.setitem(aws_rights._held, "a test", {call})
    compare("a test", {call})
    with pytest.raises(AssertionError, match="web: dynamodb:PutItem on tickets"):
        compare("a test", set())


# ------------------------------------------------------------------ whose call it is
def test_the_stack_says_whose_call_it_is(desk, rep_client, made_tables):
    seen = aws_rights._calls
    seen.clear()
    client().describe_table(TableName="helpdesk-tickets")
    assert seen == set()  # the test's own
    rep_client.get(f"/tickets/{desk.ticket().ticket_id}/")
    assert (Role.WEB, Use("tickets", "dynamodb:Query")) in seen
    assert {role for role, _use in seen} == {Role.WEB}

    from tickets.tasks import dispatch_events

    seen.clear()
    dispatch_events()
    assert (Role.WORKER, Use("tickets", "dynamodb:BatchWriteItem")) in seen
    assert {role for role, _use in seen} == {Role.WORKER}


def test_a_step_of_a_job_is_the_web_s_and_the_worker_s():
    from tickets.services.lists import bulk

    assert aws_rights._entries()[bulk.step.__code__] == {Role.WEB, Role.WORKER}


# ------------------------------------------------------------------ what a call needs
@pytest.mark.parametrize(
    ("operation", "params", "needed"),
    [
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "helpdesk-tickets"}},
                    {"Update": {"TableName": "helpdesk-tickets"}},
                    {"Delete": {"TableName": "helpdesk-tickets"}},
                    {"ConditionCheck": {"TableName": "helpdesk-customers"}},
                ]
            },
            {
                ("tickets", "PutItem"),
                ("tickets", "UpdateItem"),
                ("tickets", "DeleteItem"),
                ("customers", "ConditionCheckItem"),
            },
        ),
        (
            "Query",
            {"TableName": "helpdesk-tickets", "IndexName": "by-due"},
            {("tickets/index/by-due", "Query")},
        ),
        ("Query", {"TableName": "helpdesk-tickets"}, {("tickets", "Query")}),
        (
            "BatchGetItem",
            {"RequestItems": {"helpdesk-tickets": {}, "helpdesk-customers": {}}},
            {("tickets", "BatchGetItem"), ("customers", "BatchGetItem")},
        ),
        ("CreateTable", {"TableName": "helpdesk-tickets"}, {("tickets", "CreateTable")}),
    ],
)
def test_what_an_operation_of_dynamodb_needs(operation, params, needed):
    assert uses("dynamodb", operation, params) == {
        Use(resource, f"dynamodb:{action}") for resource, action in needed
    }


def test_an_operation_that_nobody_has_thought_of_is_not_let_through():
    with pytest.raises(KeyError, match="ExportTableToPointInTime"):
        uses("dynamodb", "ExportTableToPointInTime", {"TableName": "helpdesk-tickets"})
    with pytest.raises(KeyError, match="sqs"):
        uses("sqs", "SendMessage", {})


# ------------------------------------------------------------------ the policies
def allows(document, action, resource):
    """Whether a policy lets a role do something, as IAM reads it."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase(action, one) for one in statement["Action"])
        and any(fnmatchcase(resource, one) for one in statement["Resource"])
        for statement in document["Statement"]
    )


def arn(resource):
    if resource in (FILES, BUCKET):
        return {FILES: "arn:aws:s3:::files/a/b.pdf", BUCKET: "arn:aws:s3:::files"}[resource]
    return f"{TABLE_ARN}helpdesk-{resource}"


@pytest.mark.parametrize("role", list(Role))
def test_a_policy_allows_the_rights_of_its_role_and_no_other(role):
    document = policy(role, create_tables=True)
    every = granted()[SOMEBODY]
    for use in every:
        assert allows(document, use.action, arn(use.resource)) is (use in granted()[str(role)]), use


@pytest.mark.parametrize("role", list(Role))
def test_nobody_may_delete_a_table_or_touch_another(role):
    document = policy(role, create_tables=True)
    for action in ("DeleteTable", "UpdateContinuousBackups", "DeleteBackup", "PurgeTable"):
        assert not allows(document, f"dynamodb:{action}", arn("tickets"))
    assert not allows(document, "dynamodb:GetItem", f"{TABLE_ARN}payroll")
    assert not allows(document, "dynamodb:GetItem", f"{TABLE_ARN}helpdesk-tickets-2")
    assert not allows(document, "s3:GetObject", "arn:aws:s3:::other/a.pdf")
    assert not allows(document, "s3:DeleteObjectVersion", arn(FILES))
    assert not allows(
        document, "kms:ScheduleKeyDeletion", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0000"
    )
    for statement in document["Statement"]:
        assert "*" not in statement["Resource"]
        assert not any(
            action in ("*", "dynamodb:*", "s3:*", "kms:*") for action in statement["Action"]
        )


def test_serving_processes_may_neither_make_tables_nor_read_all_of_one():
    for role in (Role.WEB, Role.WORKER):
        document = policy(role, create_tables=True)
        for action in ("CreateTable", "UpdateTable", "Scan"):
            assert not allows(document, f"dynamodb:{action}", arn("tickets"))


def test_the_web_does_not_sweep_and_a_query_of_an_index_takes_the_index():
    document = policy("web")
    assert allows(document, "dynamodb:Query", arn("tickets"))
    assert not allows(document, "dynamodb:Query", arn("tickets/index/by-due"))
    assert allows(policy("worker"), "dynamodb:Query", arn("tickets/index/by-due"))


def test_tables_are_made_only_where_that_is_asked_for():
    for action in ("CreateTable", "UpdateTable"):
        needed = f"dynamodb:{action}"
        assert not allows(policy("administration"), needed, arn("tickets"))
        assert allows(policy("administration", create_tables=True), needed, arn("tickets"))


def test_without_a_bucket_nobody_is_given_one():
    for role in Role:
        assert "s3:::" not in json.dumps(policy(role, bucket=False))


def test_the_key_is_used_through_dynamodb_and_s3_alone():
    for role in Role:
        for statement in policy(role, create_tables=True)["Statement"]:
            if any(action.startswith("kms:") for action in statement["Action"]):
                [via] = statement["Condition"]["StringEquals"].values()
                assert {one.partition(".")[0] for one in via} <= {"dynamodb", "s3"}


@pytest.mark.parametrize("role", list(Role))
def test_a_policy_is_short_enough_for_iam(role):
    longest = json.dumps(policy(role, create_tables=True), separators=(",", ":"))
    room = longest.count("helpdesk-") * 20  # a prefix of 29 letters
    assert len(longest) + room < MOST


@pytest.mark.parametrize("role", list(Role))
def test_terraform_grants_the_same(role):
    written = terraform_policy(str(role))
    granted = {one["Sid"]: one for one in policy(role, create_tables=True)["Statement"]}
    assert {one["Sid"]: one for one, _condition in written} == granted
    assert len(written) == len(granted) >= 4
    switches = {"": (False, False), 'var.attachments_bucket != ""': (True, False)}
    switches["var.let_create_tables"] = (False, True)
    assert {one["Sid"]: switches[condition] for one, condition in written} == {
        one.name: (one.only_with_bucket, one.only_with_create_tables) for one in statements(role)
    }
