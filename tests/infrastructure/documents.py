"""What both templates say, read back from their text into the same plain form."""

import json
import re
from functools import cache
from typing import Any

import hcl2

from helpdesk.infrastructure import cloudformation, terraform

ACCOUNT = "123456789012"
TABLE_ARN = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/"
PARTS = {
    "Key.Arn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0000",
    "Bucket.Arn": "arn:aws:s3:::files",
    "TablePrefix": "helpdesk-",
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "Shards": "1",
    **{
        f"{name.capitalize()}Table.Arn": f"{TABLE_ARN}helpdesk-{name}"
        for name in ("customers", "tickets", "reporting", "audit", "parcels")
    },
}
TERRAFORM = {
    "aws_kms_key.data.arn": PARTS["Key.Arn"],
    "var.attachments_bucket": "files",
    "data.aws_partition.current.partition": "aws",
    "data.aws_partition.current.dns_suffix": "amazonaws.com",
    "data.aws_region.current.id": "eu-west-1",
    **{
        f"aws_dynamodb_table.{name}.arn": f"{TABLE_ARN}helpdesk-{name}"
        for name in ("customers", "tickets", "reporting", "audit", "parcels")
    },
}
NOTHING = object()


def resources(kind: str, *, bucket: bool = True, create_tables: bool = False) -> dict[str, Any]:
    """The properties of CloudFormation's resources of a kind by their logical names, with every
    function worked out."""
    template = json.loads(cloudformation.template())
    switched = {"WithBucket": bucket, "WithCreateTables": create_tables, "WithTopic": True}
    return {
        name: worked_out(resource["Properties"], switched)
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def worked_out(value: Any, switched: dict[str, bool]) -> Any:
    if isinstance(value, list):
        found = [worked_out(one, switched) for one in value]
        return [one for one in found if one is not NOTHING]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return worked_out(yes if switched[condition] else no, switched)
    if value == {"Ref": "AWS::NoValue"}:
        return NOTHING
    if "Fn::GetAtt" in value:
        return PARTS[".".join(value["Fn::GetAtt"])]
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([^}]+)\}", lambda found: PARTS[found[1]], value["Fn::Sub"])
    return {name: worked_out(one, switched) for name, one in value.items()}


def policy(role: str, *, bucket: bool = True, create_tables: bool = False) -> dict[str, Any]:
    """The document of a role's policy."""
    made = resources("AWS::IAM::ManagedPolicy", bucket=bucket, create_tables=create_tables)
    return made[f"{role.capitalize()}Policy"]["PolicyDocument"]


def hcl() -> dict[str, Any]:
    """The Terraform module as it is parsed, without the quotation marks of its texts."""
    return _parsed(terraform.module())


@cache
def _parsed(text: str) -> dict[str, Any]:
    return _unquoted(hcl2.loads(text))


def _unquoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _unquoted(name): _unquoted(one) for name, one in value.items() if name != "__is_block__"
        }
    if isinstance(value, list):
        return [_unquoted(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r'"[^"]*"', value):
        return value[1:-1]
    return value


def terraform_policy(role: str) -> list[tuple[dict[str, Any], str]]:
    """The statements of a role's policy in Terraform, every reference worked out, each with the
    condition under which it is there. The parser leaves them as a text.
    """
    text = str(hcl_resources()["aws_iam_policy"][role]["policy"])
    text = re.sub(r'(\w+|"[^"]+") = ', lambda name: f'"{name[1].strip(chr(34))}": ', text)
    text = re.sub(r"(?<=[\[ ])(?:local|aws_\w+)\.[\w.]+", r'"${\g<0>}"', text)
    found = []
    for start in re.finditer(r'\{"Sid"', text):
        statement, end = json.JSONDecoder().raw_decode(text, start.start())
        condition = re.match(r"\] : one if ([^\]]*)\]", text[end:])
        found.append((_references(statement), condition[1] if condition else ""))
    return found


def _references(value: Any) -> Any:
    if isinstance(value, list):
        return [_references(one) for one in value]
    if isinstance(value, dict):
        return {name: _references(one) for name, one in value.items()}
    [local] = hcl()["locals"]
    known = {**TERRAFORM, **{f"local.{name}": text for name, text in local.items()}}
    while found := re.search(r"\$\{([^}]+)\}", value):
        value = value.replace(found[0], known[found[1]])
    return value


def hcl_resources() -> dict[str, dict[str, Any]]:
    """Terraform's resources: by kind, then by name."""
    found: dict[str, dict[str, Any]] = {}
    for one in hcl()["resource"]:
        for kind, named in one.items():
            found.setdefault(kind, {}).update(named)
    return found
