"""Arguments that the documentation of Terraform's AWS provider names, of the resources used here.

From website/docs/r of hashicorp/terraform-provider-aws, releases 5 and 6; read, not fetched by
these tests: the provider itself cannot be had without its registry. A nested block is named by its
path.
"""

RELEASES = ">= 5.0, < 7.0"
META = {"count", "depends_on", "lifecycle"}
"""Of Terraform itself, for every resource."""

ARGUMENTS: dict[str, set[str]] = {
    "aws_kms_key": {
        *("description", "key_usage", "custom_key_store_id", "customer_master_key_spec"),
        *("policy", "bypass_policy_lockout_safety_check", "deletion_window_in_days"),
        *("is_enabled", "enable_key_rotation", "rotation_period_in_days", "multi_region"),
        *("tags", "xks_key_id"),
    },
    "aws_kms_alias": {"name", "name_prefix", "target_key_id"},
    "aws_dynamodb_table": {
        *("attribute", "hash_key", "name", "billing_mode", "deletion_protection_enabled"),
        *("import_table", "global_secondary_index", "local_secondary_index"),
        *("on_demand_throughput", "point_in_time_recovery", "range_key", "read_capacity"),
        *("replica", "restore_date_time", "restore_source_name", "restore_to_latest_time"),
        *("server_side_encryption", "stream_enabled", "stream_view_type", "table_class"),
        *("tags", "ttl", "write_capacity"),
    },
    "aws_dynamodb_table.attribute": {"name", "type"},
    "aws_dynamodb_table.global_secondary_index": {
        *("hash_key", "name", "non_key_attributes", "projection_type", "range_key"),
        *("read_capacity", "write_capacity"),
    },
    "aws_dynamodb_table.point_in_time_recovery": {"enabled"},
    "aws_dynamodb_table.server_side_encryption": {"enabled", "kms_key_arn"},
    "aws_dynamodb_table.ttl": {"attribute_name", "enabled"},
    "aws_s3_bucket": {"bucket", "bucket_prefix", "force_destroy", "object_lock_enabled", "tags"},
    "aws_s3_bucket_public_access_block": {
        *("bucket", "block_public_acls", "block_public_policy", "ignore_public_acls"),
        *("restrict_public_buckets", "skip_destroy"),
    },
    "aws_s3_bucket_ownership_controls": {"bucket", "rule"},
    "aws_s3_bucket_ownership_controls.rule": {"object_ownership"},
    "aws_s3_bucket_versioning": {
        *("bucket", "versioning_configuration", "expected_bucket_owner", "mfa"),
    },
    "aws_s3_bucket_versioning.versioning_configuration": {"status", "mfa_delete"},
    "aws_s3_bucket_server_side_encryption_configuration": {
        *("bucket", "expected_bucket_owner", "rule"),
    },
    "aws_s3_bucket_server_side_encryption_configuration.rule": {
        *("apply_server_side_encryption_by_default", "bucket_key_enabled"),
    },
    "aws_s3_bucket_server_side_encryption_configuration.rule."
    "apply_server_side_encryption_by_default": {"sse_algorithm", "kms_master_key_id"},
    "aws_s3_bucket_lifecycle_configuration": {"bucket", "expected_bucket_owner", "rule"},
    "aws_s3_bucket_lifecycle_configuration.rule": {
        *("abort_incomplete_multipart_upload", "expiration", "filter", "id"),
        *("noncurrent_version_expiration", "noncurrent_version_transition", "prefix"),
        *("status", "transition"),
    },
    "aws_s3_bucket_lifecycle_configuration.rule.abort_incomplete_multipart_upload": {
        "days_after_initiation"
    },
    "aws_s3_bucket_lifecycle_configuration.rule.expiration": {
        *("date", "days", "expired_object_delete_marker"),
    },
    "aws_s3_bucket_lifecycle_configuration.rule.filter": {
        *("and", "object_size_greater_than", "object_size_less_than", "prefix", "tag"),
    },
    "aws_s3_bucket_lifecycle_configuration.rule.noncurrent_version_expiration": {
        *("newer_noncurrent_versions", "noncurrent_days"),
    },
    "aws_s3_bucket_policy": {"bucket", "policy"},
    "aws_cloudwatch_metric_alarm": {
        *("alarm_name", "comparison_operator", "evaluation_periods", "metric_name", "namespace"),
        *("period", "statistic", "threshold", "actions_enabled", "alarm_actions"),
        *("alarm_description", "datapoints_to_alarm", "dimensions", "insufficient_data_actions"),
        *("ok_actions", "unit", "extended_statistic", "treat_missing_data"),
        *("evaluate_low_sample_count_percentiles", "metric_query", "tags"),
    },
    "aws_cloudwatch_metric_alarm.metric_query": {
        *("id", "expression", "label", "return_data", "metric"),
    },
    "aws_cloudwatch_metric_alarm.metric_query.metric": {
        *("dimensions", "metric_name", "namespace", "period", "stat", "unit"),
    },
    "aws_iam_policy": {"description", "name", "name_prefix", "path", "policy", "tags"},
}

REQUIRED: dict[str, set[str]] = {
    "aws_kms_alias": {"target_key_id"},
    "aws_dynamodb_table": {"attribute", "hash_key", "name"},
    "aws_dynamodb_table.attribute": {"name", "type"},
    "aws_dynamodb_table.global_secondary_index": {"hash_key", "name", "projection_type"},
    "aws_dynamodb_table.point_in_time_recovery": {"enabled"},
    "aws_dynamodb_table.server_side_encryption": {"enabled"},
    "aws_s3_bucket_public_access_block": {"bucket"},
    "aws_s3_bucket_ownership_controls": {"bucket", "rule"},
    "aws_s3_bucket_versioning": {"bucket", "versioning_configuration"},
    "aws_s3_bucket_versioning.versioning_configuration": {"status"},
    "aws_s3_bucket_server_side_encryption_configuration": {"bucket", "rule"},
    "aws_s3_bucket_lifecycle_configuration": {"bucket", "rule"},
    "aws_s3_bucket_lifecycle_configuration.rule": {"id", "status"},
    "aws_s3_bucket_policy": {"bucket", "policy"},
    "aws_cloudwatch_metric_alarm": {
        *("alarm_name", "comparison_operator", "evaluation_periods"),
    },
    "aws_cloudwatch_metric_alarm.metric_query": {"id"},
    "aws_cloudwatch_metric_alarm.metric_query.metric": {
        *("metric_name", "namespace", "period", "stat"),
    },
    "aws_iam_policy": {"policy"},
}
