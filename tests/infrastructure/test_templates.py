"""What `manage.py infrastructure` prints makes the tables that the models declare, and is valid."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from cfnlint.api import lint_all
from django.core.exceptions import ImproperlyConfigured

from helpdesk.dynamo import table
from helpdesk.dynamo.table import create_missing_tables
from helpdesk.engines import dynamo
from helpdesk.infrastructure import cloudformation, terraform
from helpdesk.infrastructure.rights import Role
from helpdesk.infrastructure.tables import declared_tables
from tests.infrastructure import parcels
from tests.infrastructure.documents import hcl_resources, resources
from tests.infrastructure.provider import ARGUMENTS, META, RELEASES, REQUIRED

ROOT = Path(__file__).parents[2]
TABLES = ["customers", "tickets", "reporting", "audit"]


@pytest.fixture
def with_parcels(settings):
    settings.DYNAMODB_TABLES = [*settings.DYNAMODB_TABLES, "tests.infrastructure.parcels.Parcel"]


# ------------------------------------------------------------------ the tables
def engine_at(url):
    return boto3.client(
        "dynamodb",
        "eu-west-1",
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture
def cloud(monkeypatch):
    """An empty engine in which create_tables works, and a function that makes a stack's tables.

    A resource of CloudFormation has the properties that CreateTable takes, besides those of the
    account: keys for encryption, recovery.
    """
    with dynamo.in_memory() as url:
        monkeypatch.setattr(table, "client", lambda: engine_at(url))

        def make(properties):
            for one in properties.values():
                given = {name: one[name] for name in OF_CREATE_TABLE if name in one}
                table.client().create_table(**given)
            return table.client()

        yield make


OF_CREATE_TABLE = (
    "TableName",
    "KeySchema",
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "BillingMode",
)


def test_after_the_stack_create_tables_finds_nothing_missing(cloud):
    properties = resources("AWS::DynamoDB::Table")
    cloud(properties)

    made = create_missing_tables()

    assert [name.removeprefix("helpdesk-") for name, _made in made] == TABLES
    assert not any(changed for _name, changed in made)


def test_without_a_stack_create_tables_makes_them_all(cloud):
    assert [made for _name, made in create_missing_tables()] == [True] * len(TABLES)


def test_create_tables_would_see_an_index_that_the_stack_lacks(cloud):
    properties = resources("AWS::DynamoDB::Table")
    tickets = properties["TicketsTable"]
    for name, key, lacking in (
        ("GlobalSecondaryIndexes", "IndexName", "by-team"),
        ("AttributeDefinitions", "AttributeName", "teamKey"),
    ):
        tickets[name] = [one for one in tickets[name] if one[key] != lacking]
    cloud(properties)

    assert ("helpdesk-tickets", True) in create_missing_tables()


def test_the_stack_s_tables_are_those_that_create_tables_makes(made_tables, cloud, settings):
    stack = cloud(resources("AWS::DynamoDB::Table"))
    desk = engine_at(settings.DYNAMODB_ENDPOINT_URL)

    for name in TABLES:
        assert form(stack, name) == form(desk, name)


def form(client, name):
    found = client.describe_table(TableName=f"helpdesk-{name}")["Table"]
    return {
        "keys": found["KeySchema"],
        "types": sorted(found["AttributeDefinitions"], key=lambda one: one["AttributeName"]),
        "billing": found["BillingModeSummary"]["BillingMode"],
        "indexes": {
            index["IndexName"]: (
                sorted(index["KeySchema"], key=lambda key: key["KeyType"]),
                index["Projection"]["ProjectionType"],
                sorted(index["Projection"].get("NonKeyAttributes", ())),
            )
            for index in found.get("GlobalSecondaryIndexes", ())
        },
    }


def test_each_table_can_be_restored_is_encrypted_and_cannot_be_deleted():
    made = resources("AWS::DynamoDB::Table")
    assert len(made) == len(TABLES)
    for properties in made.values():
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["SSESpecification"]["SSEType"] == "KMS"
        assert "key/" in properties["SSESpecification"]["KMSMasterKeyId"]
    [key] = resources("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    template = json.loads(cloudformation.template())["Resources"]
    for name in ("Key", "Bucket", "CustomersTable", "TicketsTable", "ReportingTable"):
        assert template[name]["DeletionPolicy"] == "Retain"


def test_tables_are_made_one_after_the_other():
    template = json.loads(cloudformation.template())["Resources"]
    assert template["TicketsTable"]["DependsOn"] == "CustomersTable"
    assert template["ReportingTable"]["DependsOn"] == "TicketsTable"


def test_a_new_model_appears_with_its_index_its_ttl_and_alarms(with_parcels):
    made = resources("AWS::DynamoDB::Table")["ParcelsTable"]
    assert made["TimeToLiveSpecification"] == {"AttributeName": "uselessAfter", "Enabled": True}
    [index] = made["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by-carrier"
    assert "AlarmParcelsByCarrierThrottles" in resources("AWS::CloudWatch::Alarm")

    written = hcl_resources()["aws_dynamodb_table"]["parcels"]
    assert written["ttl"] == [{"attribute_name": "uselessAfter", "enabled": True}]
    assert [index["name"] for index in written["global_secondary_index"]] == ["by-carrier"]


def test_two_ttl_attributes_of_one_table_are_refused(with_parcels, monkeypatch):
    other = type(parcels.Label._ttl_attribute())(attr_name="goneAfter")
    monkeypatch.setattr(parcels.Parcel, "_ttl_attribute", lambda: other)
    with pytest.raises(ImproperlyConfigured, match="goneAfter, uselessAfter"):
        declared_tables()


# ------------------------------------------------------------------ the rest
def test_the_bucket_is_private_versioned_encrypted_and_over_tls_alone():
    [bucket] = resources("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [encrypted] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encrypted["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert "NoncurrentVersionExpiration" in rules["old-versions"]
    [policy] = resources("AWS::S3::BucketPolicy").values()
    [deny] = policy["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_without_a_bucket_there_is_none():
    for kind in ("Bucket", "BucketPolicy"):
        template = json.loads(cloudformation.template())
        assert template["Resources"][kind]["Condition"] == "WithBucket"
    for kind, named in hcl_resources().items():
        if kind.startswith("aws_s3"):
            assert named["attachments"]["count"] == "${local.bucket_count}"


def test_each_table_and_index_is_watched():
    alarms = resources("AWS::CloudWatch::Alarm")
    for found in declared_tables():
        name = found.name.capitalize()
        for what in ("ReadThrottles", "WriteThrottles", "SystemErrors"):
            assert f"Alarm{name}{what}" in alarms
        for index in found.indexes:
            words = "".join(word.capitalize() for word in index.name.split("-"))
            assert f"Alarm{name}{words}Throttles" in alarms
            hot = alarms[f"Alarm{name}{words}Hot"]
            assert hot["Metrics"][0]["Expression"] == "m1 / 60 / 1"
    assert "AlarmUserErrors" in alarms
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert 0 < len(alarm.get("Metrics", [1])) <= 11  # ten metrics and what they come to


def test_each_table_of_terraform_can_be_restored_is_encrypted_and_cannot_be_deleted():
    made = hcl_resources()
    assert len(made["aws_dynamodb_table"]) == len(TABLES)
    for written in made["aws_dynamodb_table"].values():
        assert written["billing_mode"] == "PAY_PER_REQUEST"
        assert written["point_in_time_recovery"] == [{"enabled": True}]
        assert written["deletion_protection_enabled"] is True
        [encryption] = written["server_side_encryption"]
        assert encryption == {"enabled": True, "kms_key_arn": "${aws_kms_key.data.arn}"}
        assert written["lifecycle"] == [{"prevent_destroy": True}]
    kept = [*made["aws_kms_key"].values(), *made["aws_s3_bucket"].values()]
    assert all(one["lifecycle"] == [{"prevent_destroy": True}] for one in kept)
    assert made["aws_kms_key"]["data"]["enable_key_rotation"] is True


def keys(properties):
    return [key["AttributeName"] for key in properties["KeySchema"]]


def keys_of(written):
    return [written[name] for name in ("hash_key", "range_key") if name in written]


def test_both_say_the_same():
    for name, properties in resources("AWS::DynamoDB::Table").items():
        written = hcl_resources()["aws_dynamodb_table"][name.removesuffix("Table").lower()]
        assert keys_of(written) == keys(properties)
        assert [
            (
                index["name"],
                *keys_of(index),
                index["projection_type"],
                index.get("non_key_attributes"),
            )
            for index in written.get("global_secondary_index", ())
        ] == [
            (
                index["IndexName"],
                *keys(index),
                index["Projection"]["ProjectionType"],
                index["Projection"].get("NonKeyAttributes"),
            )
            for index in properties.get("GlobalSecondaryIndexes", ())
        ]
        assert {one["name"]: one["type"] for one in written["attribute"]} == {
            one["AttributeName"]: one["AttributeType"] for one in properties["AttributeDefinitions"]
        }
    alarms = {alarm["AlarmName"] for alarm in resources("AWS::CloudWatch::Alarm").values()}
    assert alarms == {
        alarm["alarm_name"].replace("${var.table_prefix}", "helpdesk-")
        for alarm in hcl_resources()["aws_cloudwatch_metric_alarm"].values()
    }
    assert set(hcl_resources()["aws_iam_policy"]) == {str(role) for role in Role}


# ------------------------------------------------------------------ the texts
def lint(text):
    """What cfn-lint finds, without its hints (I…) at what it would like to be told."""
    return [str(found) for found in lint_all(text) if not found.rule.id.startswith("I")]


def test_cfn_lint_finds_nothing():
    assert lint(cloudformation.template()) == []


def test_cfn_lint_would_find_a_property_that_there_is_not():
    text = cloudformation.template().replace('"BillingMode"', '"BilingMode"')
    assert any("BilingMode" in found for found in lint(text))


def test_terraform_is_given_arguments_that_its_provider_documents():
    made = hcl_resources()
    assert f'"{RELEASES}"' in terraform.module()
    looked_at = 0
    for kind, named in made.items():
        for one in named.values():
            looked_at += wrong_in(kind, {k: v for k, v in one.items() if k not in META})
    assert looked_at > 300


def wrong_in(path, body):
    """Hold a block against the documentation; return how many arguments were looked at."""
    assert set(body) <= ARGUMENTS[path], path
    assert REQUIRED.get(path, set()) <= set(body), path
    blocks = [
        (f"{path}.{name}", block)
        for name, value in body.items()
        if f"{path}.{name}" in ARGUMENTS
        for block in value
    ]
    return len(body) + sum(wrong_in(inner, block) for inner, block in blocks)


def test_terraform_s_check_would_find_an_argument_that_there_is_not():
    with pytest.raises(AssertionError, match="aws_kms_alias"):
        wrong_in("aws_kms_alias", {"target_key_id": "…", "rotation": True})
    with pytest.raises(AssertionError, match="aws_kms_alias"):
        wrong_in("aws_kms_alias", {"name": "…"})


@pytest.mark.parametrize(
    ("form", "text"),
    [("cloudformation", cloudformation.template), ("terraform", terraform.module)],
)
def test_the_command_prints_the_same_text_in_each_process(form, text):
    printed = subprocess.run(
        [sys.executable, "manage.py", "infrastructure", form],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == text()


def test_the_prefix_and_shards_of_the_desk_are_those_of_the_parameters(settings):
    settings.DYNAMODB_SHARDS = 8
    parameters = json.loads(cloudformation.template())["Parameters"]
    assert parameters["Shards"]["Default"] == 8
    assert parameters["TablePrefix"]["Default"] == "helpdesk-"
