"""Limits that end loops between two machines that answer each other.

Counters are in DynamoDB and fail closed: what cannot be counted is not done.
"""

from datetime import datetime, timedelta

from helpdesk.clock import this_second
from helpdesk.dynamo.batches import delete_all
from tickets.store.mail import count_up, old_counts

ACKNOWLEDGEMENTS_OF_ADDRESS = 3
ACKNOWLEDGEMENTS_OF_DOMAIN = 10
MAILS_TO_A_TICKET = 20
REPORTS_OF_A_REPLY = 20
"""All of them within an hour of the clock."""


def may_acknowledge(address: str, *, now: datetime) -> bool:
    """Count an acknowledgement to an address; return whether it is within the limit. Two writes at
    most."""
    domain = address.rpartition("@")[2]
    return count_up("ack-address", address, at=now, most=ACKNOWLEDGEMENTS_OF_ADDRESS) and count_up(
        "ack-domain", domain, at=now, most=ACKNOWLEDGEMENTS_OF_DOMAIN
    )


def may_write(ticket_id: str, address: str, *, now: datetime) -> bool:
    """Count a mail of an address to a ticket; return whether it is within the limit. One write."""
    return count_up("ticket", f"{ticket_id} {address}", at=now, most=MAILS_TO_A_TICKET)


def may_report(communication_id: str, *, now: datetime) -> bool:
    """Count a delivery report for a reply; return whether it is within the hourly
    limit. One write."""
    return count_up("report", communication_id, at=now, most=REPORTS_OF_A_REPLY)


def forget_old_counts(*, now: datetime | None = None) -> int:
    """Delete counters of hours that have long passed; return how many. A query a shard."""
    found = old_counts((now or this_second()) - timedelta(days=1), limit=500)
    delete_all(found)
    return len(found)
