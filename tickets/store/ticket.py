"""The ticket as DynamoDB holds it, and its indexes."""

from typing import Any

from django.conf import settings
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from helpdesk.dynamo.attributes import (
    EnumAttribute,
    InstantAttribute,
    IntegerAttribute,
    ValuesAttribute,
)
from helpdesk.dynamo.table import Item, TableMeta
from tickets.domain.ticket import Category, Priority, Status

DETAILS = "DETAILS"

# What a list shows: everything but the description and the clock's own notes. At most 20 an index.
_SHOWN = IncludeProjection(
    [
        "ticketId",
        "customerId",
        "vehicleId",
        "subject",
        "category",
        "priority",
        "status",
        "assignedTo",
        "createdBy",
        "createdAt",
        "updatedAt",
        "resolvedAt",
        "closedAt",
        "slaDeadline",
        "escalationLevel",
        "waiting",
        "sla",
        "tags",
        "teamId",
        "version",
    ]
)


class TicketTableMeta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}tickets"


class ByStatus(GlobalSecondaryIndex["Ticket"]):
    """Tickets of a status: active ones most urgent first, done ones by the time they were done."""

    class Meta:
        index_name = "by-status"
        projection = _SHOWN

    status_key = UnicodeAttribute(hash_key=True, attr_name="statusKey")
    queue_key = UnicodeAttribute(range_key=True, attr_name="queueKey")


class ByAssignee(GlobalSecondaryIndex["Ticket"]):
    """Tickets of an assignee, or of nobody (`none`), in the order of ByStatus."""

    class Meta:
        index_name = "by-assignee"
        projection = _SHOWN

    assignee_key = UnicodeAttribute(hash_key=True, attr_name="assigneeKey")
    queue_key = UnicodeAttribute(range_key=True, attr_name="queueKey")


class ByTeam(GlobalSecondaryIndex["Ticket"]):
    """Tickets of a team in the order of ByStatus; those without a team are not in it."""

    class Meta:
        index_name = "by-team"
        projection = _SHOWN

    team_key = UnicodeAttribute(hash_key=True, attr_name="teamKey")
    queue_key = UnicodeAttribute(range_key=True, attr_name="queueKey")


class ByCustomer(GlobalSecondaryIndex["Ticket"]):
    """A customer's tickets by creation; after them the messages and notes of these, by id."""

    class Meta:
        index_name = "by-customer"
        projection = _SHOWN

    customer_id = UnicodeAttribute(hash_key=True, attr_name="customerId")
    created_key = UnicodeAttribute(range_key=True, attr_name="createdKey")


class ByVehicle(GlobalSecondaryIndex["Ticket"]):
    """Tickets for a vehicle by creation; those without a vehicle are not in it."""

    class Meta:
        index_name = "by-vehicle"
        projection = _SHOWN

    vehicle_id = UnicodeAttribute(hash_key=True, attr_name="vehicleId")
    created_key = UnicodeAttribute(range_key=True, attr_name="createdKey")


class ByDue(GlobalSecondaryIndex["Ticket"]):
    """Tickets with a future milestone, by its instant. The sweep reads it."""

    class Meta:
        index_name = "by-due"
        projection = KeysOnlyProjection()

    due_key = UnicodeAttribute(hash_key=True, attr_name="dueKey")
    next_sla_at = InstantAttribute(range_key=True, attr_name="nextSlaAt")


class ByRecord(GlobalSecondaryIndex["Ticket"]):
    """All log entries and escalations, by time, for supervisors."""

    class Meta:
        index_name = "by-record"
        projection = KeysOnlyProjection()

    record_key = UnicodeAttribute(hash_key=True, attr_name="recordKey")
    record_at = UnicodeAttribute(range_key=True, attr_name="recordAt")


class ByPerson(GlobalSecondaryIndex["Ticket"]):
    """As ByRecord, of one person."""

    class Meta:
        index_name = "by-person"
        projection = KeysOnlyProjection()

    person_key = UnicodeAttribute(hash_key=True, attr_name="personKey")
    record_at = UnicodeAttribute(range_key=True, attr_name="recordAt")


class Sla(MapAttribute[str, Any]):
    """The stored state of the clocks, so that lists show it without calculating it, and the last
    message: an index projects the map whole, and could project no further attribute.

    Deadlines are those of running clocks. Breaches are never removed.
    """

    response_deadline = InstantAttribute(attr_name="responseDeadline", null=True)
    response_at_risk_at = InstantAttribute(attr_name="responseAtRiskAt", null=True)
    response_breached_at = InstantAttribute(attr_name="responseBreachedAt", null=True)
    first_responded_at = InstantAttribute(attr_name="firstRespondedAt", null=True)
    resolution_deadline = InstantAttribute(attr_name="resolutionDeadline", null=True)
    resolution_at_risk_at = InstantAttribute(attr_name="resolutionAtRiskAt", null=True)
    resolution_breached_at = InstantAttribute(attr_name="resolutionBreachedAt", null=True)
    # Since when the customer waits for a reply: see Timeline.needs_reply_since
    needs_reply_since = InstantAttribute(attr_name="needsReplySince", null=True)
    # The log's entry of the last reply, note or message, at first that of the creation; and who
    # wrote it: a user's id, "system" or BY_CUSTOMER. Absent until an upgrade is done
    last_message = UnicodeAttribute(attr_name="lastMessage", null=True)
    last_author = UnicodeAttribute(attr_name="lastAuthor", null=True)
    # Of the run of next response that goes on
    next_response_deadline = InstantAttribute(attr_name="nextResponseDeadline", null=True)
    next_response_at_risk_at = InstantAttribute(attr_name="nextResponseAtRiskAt", null=True)
    # One for each run that was breached; absent where none was
    next_response_breaches = ListAttribute(
        of=UnicodeAttribute, attr_name="nextResponseBreaches", null=True
    )


class Ticket(Item):
    """A ticket, as it is stored."""

    class Meta(TicketTableMeta):
        pass

    by_status = ByStatus()
    by_assignee = ByAssignee()
    by_team = ByTeam()
    by_customer = ByCustomer()
    by_vehicle = ByVehicle()
    by_due = ByDue()
    by_record = ByRecord()
    by_person = ByPerson()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=DETAILS)

    # The given schema
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    customer_id = UnicodeAttribute(attr_name="customerId")
    vehicle_id = UnicodeAttribute(attr_name="vehicleId", null=True)
    subject = UnicodeAttribute()
    description = UnicodeAttribute(null=True)  # always there; an index row comes without it
    category = EnumAttribute(Category)
    priority = EnumAttribute(Priority)
    status = EnumAttribute(Status)
    assigned_to = UnicodeAttribute(attr_name="assignedTo", null=True)
    created_by = UnicodeAttribute(attr_name="createdBy")
    created_at = InstantAttribute(attr_name="createdAt")
    updated_at = InstantAttribute(attr_name="updatedAt")
    resolved_at = InstantAttribute(attr_name="resolvedAt", null=True)
    closed_at = InstantAttribute(attr_name="closedAt", null=True)
    sla_deadline = InstantAttribute(attr_name="slaDeadline", null=True)
    escalation_level = IntegerAttribute(attr_name="escalationLevel", default=0)

    # Beside it
    version = IntegerAttribute(default=1)
    tags: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    waiting = BooleanAttribute(default=False)
    # always there; an index row comes without it
    policy_id = UnicodeAttribute(attr_name="policyId", null=True)
    team_id = UnicodeAttribute(attr_name="teamId", null=True)
    # The customer's segment when the ticket was opened or got its customer; policies ask for it.
    # Absent on tickets of an earlier release, until they are recalculated
    segment = UnicodeAttribute(attr_name="customerSegment", null=True)
    # Of a deleted ticket: the make of the vehicle that it was about.
    vehicle_make = UnicodeAttribute(attr_name="vehicleMake", null=True)
    # The follow-up of a ticket that was closed for too long to be reopened
    continues = UnicodeAttribute(null=True)
    continued_by = UnicodeAttribute(attr_name="continuedBy", null=True)
    # Linked tickets
    merged_into = UnicodeAttribute(attr_name="mergedInto", null=True)
    duplicates: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    related: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    split_from = UnicodeAttribute(attr_name="splitFrom", null=True)
    # Set where the description is what the customer wrote, until a colleague rewrites it
    description_by_customer = BooleanAttribute(attr_name="descriptionByCustomer", null=True)
    # How it reached the desk: a word of tickets.domain.ticket.Channel; absent on older tickets
    channel = UnicodeAttribute(null=True)
    mailbox = UnicodeAttribute(null=True)  # the name of the one that it came to
    # Who takes part beside the customer, each as "Name <address>"
    participants: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    # The addresses of those participants to whom the last mail came back
    returned_addresses: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="returnedAddresses", default=list
    )
    # For figures. When somebody was assigned for the first time, absent if nobody ever was; and the
    # replies that came back, each once: its id, and when
    first_assigned_at = InstantAttribute(attr_name="firstAssignedAt", null=True)
    returned_replies: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="returnedReplies", null=True
    )
    # Where the customer's last message asked to be answered, if not at its sender's address
    reply_to = UnicodeAttribute(attr_name="replyTo", null=True)
    side_threads = IntegerAttribute(attr_name="sideThreads", default=0)  # how many were begun
    # Of a merged ticket: its side thread 1 is one more than this in the ticket it was merged into
    side_threads_before = IntegerAttribute(attr_name="sideThreadsBefore", default=0)
    # Put away: in no list of work and no search, but in figures and in its customer's history
    archived_at = InstantAttribute(attr_name="archivedAt", null=True)
    sla = Sla(default=Sla)
    # By key: see helpdesk/custom_fields. Absent without any
    custom_fields = ValuesAttribute(attr_name="customFields", null=True)

    # The clock's own notes
    timeline: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    reopen_cycle = IntegerAttribute(attr_name="life", default=1)
    fired_rules: ListAttribute[Any] = ListAttribute(
        of=UnicodeAttribute, attr_name="firedRules", default=list
    )
    last_id = UnicodeAttribute(attr_name="lastId", null=True)  # of the log and the outbox

    # Index keys, set by keys.set_keys alone
    status_key = UnicodeAttribute(attr_name="statusKey", null=True)
    assignee_key = UnicodeAttribute(attr_name="assigneeKey", null=True)
    team_key = UnicodeAttribute(attr_name="teamKey", null=True)
    queue_key = UnicodeAttribute(attr_name="queueKey")
    created_key = UnicodeAttribute(attr_name="createdKey")
    due_key = UnicodeAttribute(attr_name="dueKey", null=True)
    next_sla_at = InstantAttribute(attr_name="nextSlaAt", null=True)


def ticket_pk(ticket_id: str) -> str:
    return f"TICKET#{ticket_id}"
