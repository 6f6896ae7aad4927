"""The infrastructure as a Terraform module."""

import re
from typing import Any

from django.conf import settings

from helpdesk.infrastructure.alarms import NAMESPACE, Alarm, alarms
from helpdesk.infrastructure.hcl import Block, Expression, call, concat, only_if, text_of
from helpdesk.infrastructure.policies import KEY, Statement, statements
from helpdesk.infrastructure.rights import BUCKET, FILES, Role
from helpdesk.infrastructure.tables import Index, Table, declared_tables

Part = Block | tuple[str, Any]
KEY_ARN = Expression("aws_kms_key.data.arn")
BUCKET_ID = Expression("aws_s3_bucket.attachments[0].id")
WITH_BUCKET = 'var.attachments_bucket != ""'
TAGS = ("tags", {"Application": "Helpdesk"})
KEPT = Block("lifecycle", (), [("prevent_destroy", True)])


def module() -> str:
    """Return the module in one file. The same models and settings give the same text."""
    tables = declared_tables()
    return text_of(
        [
            *_head(),
            *_key(),
            *(_table(table) for table in tables),
            *_bucket(),
            *(_alarm(one) for one in alarms(tables)),
            *(_policy(role) for role in Role),
            *(_output(f"{role}_policy_arn", f"aws_iam_policy.{role}.arn") for role in Role),
            _output("key_arn", KEY_ARN.text),
        ]
    )


def _head() -> list[Block]:
    return [
        Block(
            "terraform",
            (),
            [
                ("required_version", ">= 1.5"),
                Block(
                    "required_providers",
                    (),
                    [("aws", {"source": "hashicorp/aws", "version": ">= 5.0, < 7.0"})],
                ),
            ],
        ),
        _variable(
            "table_prefix",
            "string",
            settings.DYNAMODB_TABLE_PREFIX,
            "DYNAMODB_TABLE_PREFIX of the desk.",
        ),
        _variable(
            "shards",
            "number",
            settings.DYNAMODB_SHARDS,
            "DYNAMODB_SHARDS of the desk; alarms of hot indexes follow it.",
        ),
        _variable(
            "attachments_bucket",
            "string",
            "",
            "Name of the bucket to make (ATTACHMENTS_BUCKET); empty for none.",
        ),
        _variable(
            "keep_old_files_days", "number", 30, "Days until a deleted attachment is gone for good."
        ),
        _variable(
            "alarm_topic",
            "string",
            "",
            "ARN of the SNS topic that alarms are sent to; empty for none.",
        ),
        _variable(
            "let_create_tables",
            "bool",
            False,
            "Whether administration may create tables and change indexes itself.",
        ),
        Block("data", ("aws_caller_identity", "current"), []),
        Block("data", ("aws_partition", "current"), []),
        Block("data", ("aws_region", "current"), []),
        Block(
            "locals",
            (),
            [
                (
                    "bucket_arn",
                    _text(
                        "arn:${data.aws_partition.current.partition}:s3:::${var.attachments_bucket}"
                    ),
                ),
                (
                    "account_arn",
                    _text(
                        "arn:${data.aws_partition.current.partition}:iam::"
                        "${data.aws_caller_identity.current.account_id}:root"
                    ),
                ),
                ("bucket_count", Expression(f"{WITH_BUCKET} ? 1 : 0")),
                ("send_to", Expression('var.alarm_topic == "" ? [] : [var.alarm_topic]')),
                (
                    "via",
                    _text("${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}"),
                ),
            ],
        ),
    ]


def _variable(name: str, kind: str, default: Any, about: str) -> Block:
    return Block(
        "variable",
        (name,),
        [("type", Expression(kind)), ("default", default), ("description", about)],
    )


def _output(name: str, value: str) -> Block:
    return Block("output", (name,), [("value", Expression(value))])


def _resource(kind: str, name: str, *body: Part) -> Block:
    return Block("resource", (kind, name), body)


# ------------------------------------------------------------------ key and tables
def _key() -> list[Block]:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RightsAreGivenByIam",
                "Effect": "Allow",
                "Principal": {"AWS": Expression("local.account_arn")},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return [
        _resource(
            "aws_kms_key",
            "data",
            ("description", _text("Data of ${var.table_prefix}*")),
            ("enable_key_rotation", True),
            ("deletion_window_in_days", 30),
            ("policy", call("jsonencode", document)),
            TAGS,
            KEPT,
        ),
        _resource(
            "aws_kms_alias",
            "data",
            ("name", _text("alias/${var.table_prefix}data")),
            ("target_key_id", Expression("aws_kms_key.data.key_id")),
        ),
    ]


def _table(table: Table) -> Block:
    return _resource(
        "aws_dynamodb_table",
        _id(table.name),
        ("name", _text(f"${{var.table_prefix}}{table.name}")),
        ("billing_mode", "PAY_PER_REQUEST"),
        ("hash_key", table.hash_key),
        *([("range_key", table.range_key)] if table.range_key else []),
        ("deletion_protection_enabled", True),
        TAGS,
        *(
            Block("attribute", (), [("name", name), ("type", kind)])
            for name, kind in table.key_types
        ),
        *(_index(index) for index in table.indexes),
        *(
            [Block("ttl", (), [("attribute_name", table.ttl), ("enabled", True)])]
            if table.ttl
            else []
        ),
        Block("point_in_time_recovery", (), [("enabled", True)]),
        Block("server_side_encryption", (), [("enabled", True), ("kms_key_arn", KEY_ARN)]),
        KEPT,
    )


def _index(index: Index) -> Block:
    return Block(
        "global_secondary_index",
        (),
        [
            ("name", index.name),
            ("hash_key", index.hash_key),
            *([("range_key", index.range_key)] if index.range_key else []),
            ("projection_type", index.projection),
            *([("non_key_attributes", index.attributes)] if index.attributes else []),
        ],
    )


# ------------------------------------------------------------------ attachments
def _bucket() -> list[Block]:
    count = ("count", Expression("local.bucket_count"))
    bucket = ("bucket", BUCKET_ID)
    tls = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [Expression("local.bucket_arn"), _text("${local.bucket_arn}/*")],
                "Condition": {"Bool": {'"aws:SecureTransport"': "false"}},
            }
        ],
    }
    by_default = Block(
        "apply_server_side_encryption_by_default",
        (),
        [("sse_algorithm", "aws:kms"), ("kms_master_key_id", KEY_ARN)],
    )
    of_all = Block("filter", (), [])
    return [
        _resource(
            "aws_s3_bucket",
            "attachments",
            count,
            ("bucket", Expression("var.attachments_bucket")),
            TAGS,
            KEPT,
        ),
        _resource(
            "aws_s3_bucket_public_access_block",
            "attachments",
            count,
            bucket,
            ("block_public_acls", True),
            ("block_public_policy", True),
            ("ignore_public_acls", True),
            ("restrict_public_buckets", True),
        ),
        _resource(
            "aws_s3_bucket_ownership_controls",
            "attachments",
            count,
            bucket,
            Block("rule", (), [("object_ownership", "BucketOwnerEnforced")]),
        ),
        _resource(
            "aws_s3_bucket_versioning",
            "attachments",
            count,
            bucket,
            Block("versioning_configuration", (), [("status", "Enabled")]),
        ),
        _resource(
            "aws_s3_bucket_server_side_encryption_configuration",
            "attachments",
            count,
            bucket,
            Block("rule", (), [("bucket_key_enabled", True), by_default]),
        ),
        _resource(
            "aws_s3_bucket_lifecycle_configuration",
            "attachments",
            count,
            bucket,
            ("depends_on", [Expression("aws_s3_bucket_versioning.attachments")]),
            Block(
                "rule",
                (),
                [
                    ("id", "old-versions"),
                    ("status", "Enabled"),
                    of_all,
                    Block(
                        "noncurrent_version_expiration",
                        (),
                        [("noncurrent_days", Expression("var.keep_old_files_days"))],
                    ),
                    Block("expiration", (), [("expired_object_delete_marker", True)]),
                ],
            ),
            Block(
                "rule",
                (),
                [
                    ("id", "unfinished-uploads"),
                    ("status", "Enabled"),
                    of_all,
                    Block("abort_incomplete_multipart_upload", (), [("days_after_initiation", 7)]),
                ],
            ),
        ),
        _resource(
            "aws_s3_bucket_policy",
            "attachments",
            count,
            bucket,
            ("policy", call("jsonencode", tls)),
        ),
    ]


# ------------------------------------------------------------------ alarms
def _alarm(alarm: Alarm) -> Block:
    send = Expression("local.send_to")
    return _resource(
        "aws_cloudwatch_metric_alarm",
        _id(alarm.name),
        ("alarm_name", _text(f"${{var.table_prefix}}{alarm.name}")),
        ("alarm_description", alarm.about),
        ("comparison_operator", "GreaterThanOrEqualToThreshold"),
        ("threshold", alarm.threshold),
        ("evaluation_periods", alarm.periods),
        ("datapoints_to_alarm", alarm.breaching),
        ("treat_missing_data", "notBreaching"),
        ("alarm_actions", send),
        ("ok_actions", send),
        *_measured(alarm),
    )


def _measured(alarm: Alarm) -> list[Part]:
    dimensions: dict[str, Any] = {}
    if alarm.table:
        dimensions["TableName"] = Expression(f"aws_dynamodb_table.{_id(alarm.table)}.name")
    if alarm.index:
        dimensions["GlobalSecondaryIndexName"] = alarm.index
    if not (alarm.operations or alarm.by_shard):
        return [*_metric(alarm, "statistic", dimensions)]
    each: list[dict[str, Any]] = [{"Operation": one} for one in alarm.operations] or [{}]
    expression = _text("SUM(METRICS())")
    if alarm.by_shard:
        expression = _text(f"m1 / {alarm.period} / ${{var.shards}}")
    return [
        Block(
            "metric_query",
            (),
            [("id", "sum"), ("expression", expression), ("return_data", True)],
        ),
        *(
            Block(
                "metric_query",
                (),
                [
                    ("id", f"m{number}"),
                    Block("metric", (), _metric(alarm, "stat", {**dimensions, **more})),
                ],
            )
            for number, more in enumerate(each, start=1)
        ),
    ]


def _metric(alarm: Alarm, statistic: str, dimensions: dict[str, Any]) -> list[Part]:
    return [
        ("namespace", NAMESPACE),
        ("metric_name", alarm.metric),
        (statistic, "Sum"),
        ("period", alarm.period),
        *([("dimensions", dimensions)] if dimensions else []),
    ]


# ------------------------------------------------------------------ rights
def _policy(role: Role) -> Block:
    always: list[Any] = []
    sometimes: list[Any] = []
    for one in statements(role):
        if one.only_with_bucket:
            sometimes.append(only_if(WITH_BUCKET, _statement(one)))
        elif one.only_with_create_tables:
            sometimes.append(only_if("var.let_create_tables", _statement(one)))
        else:
            always.append(_statement(one))
    document = {"Version": "2012-10-17", "Statement": concat([always, *sometimes])}
    return _resource(
        "aws_iam_policy",
        role,
        ("name", _text(f"${{var.table_prefix}}{role}")),
        ("description", f"What Helpdesk's {role} may do."),
        ("policy", call("jsonencode", document)),
        TAGS,
    )


def _statement(statement: Statement) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Sid": statement.name,
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": [_arn(name) for name in statement.resources],
    }
    if statement.through:
        via = [_text(f"{service}.${{local.via}}") for service in statement.through]
        made["Condition"] = {"StringEquals": {'"kms:ViaService"': via}}
        if statement.as_grant:
            made["Condition"]["Bool"] = {'"kms:GrantIsForAWSResource"': "true"}
    return made


def _arn(name: str) -> Expression:
    if name == KEY:
        return KEY_ARN
    if name == BUCKET:
        return Expression("local.bucket_arn")
    if name == FILES:
        return _text("${local.bucket_arn}/*")
    table, _, index = name.partition("/index/")
    arn = f"aws_dynamodb_table.{_id(table)}.arn"
    return _text(f"${{{arn}}}/index/{index}") if index else Expression(arn)


def _id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name)


def _text(template: str) -> Expression:
    """Return a text with `${…}` in it."""
    return Expression(f'"{template}"')
