"""The infrastructure as a CloudFormation template, in JSON."""

import json
import re
from typing import Any

from django.conf import settings

from helpdesk.infrastructure.alarms import NAMESPACE, Alarm, alarms
from helpdesk.infrastructure.policies import KEY, Statement, statements
from helpdesk.infrastructure.rights import BUCKET, FILES, Role
from helpdesk.infrastructure.tables import Index, Table, declared_tables

Json = dict[str, Any]
KEPT: Json = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""What holds data outlives the stack, and a change that would replace it."""
NO_VALUE: Json = {"Ref": "AWS::NoValue"}
WITH_BUCKET, WITH_TOPIC, WITH_CREATE_TABLES = "WithBucket", "WithTopic", "WithCreateTables"


def template() -> str:
    """Return the template. The same models and settings give the same text."""
    return json.dumps(_template(declared_tables()), indent=2) + "\n"


def _template(tables: list[Table]) -> Json:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Helpdesk: tables, attachments, alarms and rights.",
        "Parameters": _parameters(),
        "Conditions": {
            WITH_BUCKET: _given("AttachmentsBucket"),
            WITH_TOPIC: _given("AlarmTopic"),
            WITH_CREATE_TABLES: {"Fn::Equals": [{"Ref": "LetCreateTables"}, "yes"]},
        },
        "Resources": {
            **_key(),
            **_tables(tables),
            **_bucket(),
            **{_id("alarm", one.name): _alarm(one) for one in alarms(tables)},
            **{_id(role, "policy"): _policy(role) for role in Role},
        },
        "Outputs": {
            "KeyArn": {"Value": _arn("Key")},
            **{
                _id(role, "policy", "arn"): {"Value": {"Ref": _id(role, "policy")}} for role in Role
            },
        },
    }


def _parameters() -> Json:
    return {
        "TablePrefix": {
            "Type": "String",
            "Default": settings.DYNAMODB_TABLE_PREFIX,
            "AllowedPattern": "[a-zA-Z0-9_.-]{1,60}",
            "Description": "DYNAMODB_TABLE_PREFIX of the desk.",
        },
        "Shards": {
            "Type": "Number",
            "Default": settings.DYNAMODB_SHARDS,
            "MinValue": 1,
            "Description": "DYNAMODB_SHARDS of the desk; alarms of hot indexes follow it.",
        },
        "AttachmentsBucket": {
            "Type": "String",
            "Default": "",
            "Description": "Name of the bucket to make (ATTACHMENTS_BUCKET); empty for none.",
        },
        "KeepOldFilesDays": {
            "Type": "Number",
            "Default": 30,
            "MinValue": 1,
            "Description": "Days until a deleted attachment is gone for good.",
        },
        "AlarmTopic": {
            "Type": "String",
            "Default": "",
            "Description": "ARN of the SNS topic that alarms are sent to; empty for none.",
        },
        "LetCreateTables": {
            "Type": "String",
            "Default": "no",
            "AllowedValues": ["no", "yes"],
            "Description": "Whether administration may create tables and change indexes itself.",
        },
    }


def _given(parameter: str) -> Json:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


# ------------------------------------------------------------------ key and tables
def _key() -> Json:
    return {
        "Key": {
            "Type": "AWS::KMS::Key",
            **KEPT,
            "Properties": {
                "Description": {"Fn::Sub": "Data of ${TablePrefix}*"},
                "EnableKeyRotation": True,
                "PendingWindowInDays": 30,
                "KeyPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "RightsAreGivenByIam",
                            "Effect": "Allow",
                            "Principal": {
                                "AWS": {
                                    "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
                                }
                            },
                            "Action": "kms:*",
                            "Resource": "*",
                        }
                    ],
                },
                "Tags": _tags(),
            },
        },
        "KeyAlias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {
                "AliasName": {"Fn::Sub": "alias/${TablePrefix}data"},
                "TargetKeyId": {"Ref": "Key"},
            },
        },
    }


def _tables(tables: list[Table]) -> Json:
    made: Json = {}
    before: str | None = None
    for table in tables:
        name = _id(table.name, "table")
        made[name] = {
            "Type": "AWS::DynamoDB::Table",
            **KEPT,
            # One after the other: DynamoDB makes few tables with indexes at a time.
            **({"DependsOn": before} if before else {}),
            "Properties": _table(table),
        }
        before = name
    return made


def _table(table: Table) -> Json:
    ttl = {"AttributeName": table.ttl, "Enabled": True}
    return {
        "TableName": _table_name(table.name),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.key_types
        ],
        "KeySchema": _key_schema(table),
        **(
            {"GlobalSecondaryIndexes": [_index(index) for index in table.indexes]}
            if table.indexes
            else {}
        ),
        **({"TimeToLiveSpecification": ttl} if table.ttl else {}),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
        "SSESpecification": {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": _arn("Key"),
        },
        "Tags": _tags(),
    }


def _key_schema(of: Table | Index) -> list[Json]:
    keys = [{"AttributeName": of.hash_key, "KeyType": "HASH"}]
    if of.range_key:
        keys.append({"AttributeName": of.range_key, "KeyType": "RANGE"})
    return keys


def _index(index: Index) -> Json:
    projection: Json = {"ProjectionType": index.projection}
    if index.attributes:
        projection["NonKeyAttributes"] = list(index.attributes)
    return {"IndexName": index.name, "KeySchema": _key_schema(index), "Projection": projection}


# ------------------------------------------------------------------ attachments
def _bucket() -> Json:
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Condition": WITH_BUCKET,
            **KEPT,
            "Properties": {
                "BucketName": {"Ref": "AttachmentsBucket"},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": _arn("Key"),
                            },
                        }
                    ]
                },
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "old-versions",
                            "Status": "Enabled",
                            "NoncurrentVersionExpiration": {
                                "NoncurrentDays": {"Ref": "KeepOldFilesDays"}
                            },
                            "ExpiredObjectDeleteMarker": True,
                        },
                        {
                            "Id": "unfinished-uploads",
                            "Status": "Enabled",
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                        },
                    ]
                },
                "Tags": _tags(),
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Condition": WITH_BUCKET,
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "OnlyOverTls",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [_arn("Bucket"), {"Fn::Sub": "${Bucket.Arn}/*"}],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        },
    }


# ------------------------------------------------------------------ alarms
def _alarm(alarm: Alarm) -> Json:
    send = {"Fn::If": [WITH_TOPIC, [{"Ref": "AlarmTopic"}], NO_VALUE]}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": {"Fn::Sub": f"${{TablePrefix}}{alarm.name}"},
            "AlarmDescription": alarm.about,
            **_measured(alarm),
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": alarm.threshold,
            "EvaluationPeriods": alarm.periods,
            "DatapointsToAlarm": alarm.breaching,
            "TreatMissingData": "notBreaching",
            "AlarmActions": send,
            "OKActions": send,
        },
    }


def _measured(alarm: Alarm) -> Json:
    dimensions: Json = {}
    if alarm.table:
        dimensions["TableName"] = _table_name(alarm.table)
    if alarm.index:
        dimensions["GlobalSecondaryIndexName"] = alarm.index
    if not (alarm.operations or alarm.by_shard):
        return {
            **_metric(alarm, dimensions),
            "Statistic": "Sum",
            "Period": alarm.period,
        }
    each: list[Json] = [{"Operation": one} for one in alarm.operations] or [{}]
    queries: list[Json] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": _metric(alarm, {**dimensions, **more}),
                "Period": alarm.period,
                "Stat": "Sum",
            },
        }
        for number, more in enumerate(each, start=1)
    ]
    expression: Any = "SUM(METRICS())"
    if alarm.by_shard:
        expression = {"Fn::Sub": f"m1 / {alarm.period} / ${{Shards}}"}
    return {"Metrics": [{"Id": "sum", "Expression": expression, "ReturnData": True}, *queries]}


def _metric(alarm: Alarm, dimensions: Json) -> Json:
    listed = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "Namespace": NAMESPACE,
        "MetricName": alarm.metric,
        **({"Dimensions": listed} if listed else {}),
    }


# ------------------------------------------------------------------ rights
def _policy(role: Role) -> Json:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": f"What Helpdesk's {role} may do.",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [_statement(one) for one in statements(role)],
            },
        },
    }


def _statement(statement: Statement) -> Json:
    made: Json = {
        "Sid": statement.name,
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": [_resource(name) for name in statement.resources],
    }
    if statement.through:
        made["Condition"] = {
            "StringEquals": {
                "kms:ViaService": [
                    {"Fn::Sub": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"}
                    for service in statement.through
                ]
            }
        }
        if statement.as_grant:
            made["Condition"]["Bool"] = {"kms:GrantIsForAWSResource": "true"}
    if statement.only_with_bucket:
        return {"Fn::If": [WITH_BUCKET, made, NO_VALUE]}
    if statement.only_with_create_tables:
        return {"Fn::If": [WITH_CREATE_TABLES, made, NO_VALUE]}
    return made


def _resource(name: str) -> Json:
    if name == KEY:
        return _arn("Key")
    if name == BUCKET:
        return _arn("Bucket")
    if name == FILES:
        return {"Fn::Sub": "${Bucket.Arn}/*"}
    table, _, index = name.partition("/index/")
    if index:
        return {"Fn::Sub": f"${{{_id(table, 'table')}.Arn}}/index/{index}"}
    return _arn(_id(table, "table"))


def _id(*words: str) -> str:
    """Return a logical name: letters and digits alone."""
    return "".join(part.capitalize() for word in words for part in re.split(r"[^A-Za-z0-9]+", word))


def _arn(resource: str) -> Json:
    return {"Fn::GetAtt": [resource, "Arn"]}


def _table_name(name: str) -> Json:
    return {"Fn::Sub": f"${{TablePrefix}}{name}"}


def _tags() -> list[Json]:
    return [{"Key": "Application", "Value": "Helpdesk"}]
