"""What each role of the desk may do in AWS, and why. This is all of it: policies.py follows.

tests/aws_rights.py records what the tests of the suite call: a call that is not granted here fails
its test, and so does a right that the test named for it no longer uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Processes that share credentials."""

    WEB = "web"  # gunicorn
    WORKER = "worker"  # Celery's workers and beat, the mailroom, receive_mail
    ADMINISTRATION = "administration"  # every other command of manage.py


FILES = "attachments"
"""The objects of the attachments' bucket; BUCKET is the bucket itself."""
BUCKET = "attachments-bucket"
READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
QUERY = ("dynamodb:Query",)
# Of a transaction each part has a right of its own.
CHANGE = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
MAKE_TABLES = ("dynamodb:CreateTable", "dynamodb:UpdateTable")
"""Only where create_tables makes tables and indexes instead of the template."""


LOOK = ("dynamodb:DescribeTable", "dynamodb:Scan")


@dataclass(frozen=True)
class Right:
    """Actions on a table (by its name without the prefix), `table/index/name`, FILES or BUCKET."""

    resource: str
    actions: tuple[str, ...]
    why: str


def _files(why: str) -> tuple[Right, ...]:
    return (
        Right(FILES, ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), why),
        # Without it S3 says of a missing file that it is forbidden.
        Right(BUCKET, ("s3:ListBucket",), "tells a missing file from a forbidden one"),
    )


RIGHTS: Mapping[Role, tuple[Right, ...]] = {
    Role.WEB: (
        Right(
            "audit",
            ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"),
            "supervisors search and export the audit record, which workers write",
        ),
        Right("audit/index/by-actor", QUERY, "what one person did"),
        Right("audit/index/by-kind", QUERY, "entries of one kind"),
        Right("audit/index/by-object", QUERY, "what happened to one object"),
        Right(
            "customers",
            (*READ, *CHANGE),
            "pages and the API show, write, merge and erase customers and vehicles",
        ),
        Right("customers/index/by-name", QUERY, "the list of customers"),
        Right("customers/index/by-segment", QUERY, "the list of customers of a segment"),
        Right("customers/index/by-shipment", QUERY, "the list of vehicles by shipment"),
        Right("customers/index/by-vehicle", QUERY, "the owner of a vehicle"),
        Right(
            "reporting",
            ("dynamodb:GetItem", "dynamodb:Query"),
            "reports, which workers write",
        ),
        Right(
            "tickets",
            (
                *READ,
                *("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                *("dynamodb:BatchWriteItem", "dynamodb:DescribeTable"),
            ),
            "pages and the API show and change tickets; the page of an erasure deletes what it "
            "finds in batches; /readyz asks whether the table answers",
        ),
        Right("tickets/index/by-assignee", QUERY, "lists of somebody's tickets"),
        Right("tickets/index/by-customer", QUERY, "a customer's tickets"),
        Right("tickets/index/by-person", QUERY, "the admin's records of one person"),
        Right("tickets/index/by-record", QUERY, "the admin's records by time; suspended mail"),
        Right("tickets/index/by-status", QUERY, "lists by status"),
        Right("tickets/index/by-team", QUERY, "a team's list"),
        Right("tickets/index/by-vehicle", QUERY, "a vehicle's tickets"),
        *_files("attachments are kept and given out, and removed where a message was not written"),
    ),
    Role.WORKER: (
        Right(
            "audit",
            ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"),
            "entries are appended, under the condition that they are new; nobody may update or "
            "delete one",
        ),
        Right(
            "customers",
            (*READ, *CHANGE),
            "mail finds and opens customers; jobs merge and erase them; what follows from a "
            "change is passed on",
        ),
        Right("customers/index/by-vehicle", QUERY, "the owner of a vehicle that moves in a merge"),
        Right(
            "reporting",
            (*READ, "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"),
            "facts of each ticket, which go when a closing is undone, and figures made of them",
        ),
        Right(
            "tickets",
            (*READ, *CHANGE, "dynamodb:BatchWriteItem"),
            "escalations, mail in and out, the outbox, whose events are deleted in batches",
        ),
        Right(
            "tickets/index/by-customer", QUERY, "a customer's tickets, where a mail has no number"
        ),
        Right("tickets/index/by-due", QUERY, "the sweep: milestones that are due"),
        Right(
            "tickets/index/by-record", QUERY, "mail to be processed or deleted, and its counters"
        ),
        Right("tickets/index/by-status", QUERY, "silent tickets to close; many tickets to change"),
        *_files("mail is kept as it came, its files are sent and given to tickets, and erased"),
    ),
    Role.ADMINISTRATION: (
        Right(
            "audit",
            ("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", *MAKE_TABLES),
            "create_tables; verify_audit reads the whole record",
        ),
        Right(
            "customers",
            (*READ, *CHANGE, *LOOK, *MAKE_TABLES),
            "create_tables; upgrade_data brings customers into today's form; imports open them",
        ),
        Right(
            "reporting",
            (
                *READ,
                *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"),
                *(*LOOK, "dynamodb:CreateTable"),  # it has no indexes
            ),
            "create_tables; rebuild_reports deletes and rebuilds all figures",
        ),
        Right(
            "tickets",
            (
                *READ,
                *("dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                *(*LOOK, *MAKE_TABLES),
            ),
            "create_tables; upgrade_data, verify_tickets and rebuilds read every ticket; imports "
            "write them",
        ),
        Right("tickets/index/by-assignee", QUERY, "verify_tickets compares the index"),
        Right("tickets/index/by-customer", QUERY, "verify_tickets compares the index"),
        Right("tickets/index/by-due", QUERY, "verify_tickets compares the index"),
        Right("tickets/index/by-status", QUERY, "verify_tickets compares the index"),
        Right("tickets/index/by-team", QUERY, "verify_tickets compares the index"),
        Right("tickets/index/by-vehicle", QUERY, "verify_tickets compares the index"),
        Right(FILES, ("s3:GetObject", "s3:PutObject"), "import_mail keeps mail; verify_tickets"),
        Right(BUCKET, ("s3:ListBucket",), "tells a missing file from a forbidden one"),
    ),
}
