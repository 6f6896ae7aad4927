"""The items beside a ticket: its log, its escalations, and its import."""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    UnicodeAttribute,
)

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.table import Item
from helpdesk.mail.problems import MailProblem, problem_of
from tickets.domain.ticket import Channel, Direction
from tickets.store.ticket import ByCustomer, ByPerson, ByRecord, TicketTableMeta

COMMUNICATION = "COMMUNICATION#"
ESCALATION = "ESCALATION#"
COUNTER = "COUNTER"
IMPORT = "IMPORT"


class Change(MapAttribute[str, str]):
    """One field of a System Update, before and after. Absent: no value."""

    field = UnicodeAttribute()
    before = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)


class Attachment(MapAttribute[str, Any]):
    """A file of a log entry; the file itself is in the storage under `file_id`."""

    file_id = UnicodeAttribute(attr_name="fileId")
    name = UnicodeAttribute()
    size = IntegerAttribute()  # bytes
    # Of a picture inside a mail: what its HTML calls it
    content_id = UnicodeAttribute(attr_name="contentId", null=True)
    # Of a picture whose name does not say what it is: what its mail says
    content_type = UnicodeAttribute(attr_name="contentType", null=True)


class EmailFacts(MapAttribute[str, Any]):
    """The headers of a message from email, and where its original is."""

    key = UnicodeAttribute(null=True)  # of the InboundEmail; absent: the desk wrote it
    sha256 = UnicodeAttribute(null=True)  # the raw message in the storage
    sender = UnicodeAttribute()
    sender_name = UnicodeAttribute(attr_name="senderName", null=True)
    reply_to = UnicodeAttribute(attr_name="replyTo", null=True)  # where it differs
    to = ListAttribute(of=UnicodeAttribute, null=True)
    cc = ListAttribute(of=UnicodeAttribute, null=True)
    subject = UnicodeAttribute(null=True)
    message_id = UnicodeAttribute(attr_name="messageId", null=True)
    # The ids that it names, oldest first: what an answer threads by
    references = ListAttribute(of=UnicodeAttribute, null=True)
    sent_at = InstantAttribute(attr_name="sentAt", null=True)  # the message's own Date
    received_at = InstantAttribute(attr_name="receivedAt", null=True)
    html = BooleanAttribute(null=True)  # set where there is HTML in the original
    # What a person should know: of tickets.domain.mail.outcome.Remark
    remarks = ListAttribute(of=UnicodeAttribute, null=True)
    # Names of files that are only in the original
    left_out = ListAttribute(of=UnicodeAttribute, attr_name="leftOut", null=True)


class RecipientDelivery(MapAttribute[str, Any]):
    """The delivery of the mail to one recipient: a member of tickets.domain.ticket.Delivery."""

    address = UnicodeAttribute()
    # Whose own address it is: sent again, the mail goes to the one that they have then
    customer_id = UnicodeAttribute(attr_name="customerId", null=True)
    state = UnicodeAttribute()
    at = InstantAttribute(null=True)
    # Why it was not delivered: a word of helpdesk.mail.problems.ProblemCode, and its detail
    problem_code = UnicodeAttribute(attr_name="problemCode", null=True)
    # On items of an earlier release, which have no code, this is the sentence
    problem_detail = UnicodeAttribute(attr_name="problem", null=True)

    @property
    def problem(self) -> MailProblem | None:
        return problem_of(self.problem_code, self.problem_detail)


class Communication(Item):
    """An entry of a ticket's log. Its content never changes; its delivery does."""

    class Meta(TicketTableMeta):
        pass

    # Declared for the table by Ticket; queried here, for rows of this type.
    by_record = ByRecord()
    by_person = ByPerson()
    by_customer = ByCustomer()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    communication_id = UnicodeAttribute(attr_name="communicationId")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    content = UnicodeAttribute()
    created_by = UnicodeAttribute(attr_name="createdBy")
    created_at = InstantAttribute(attr_name="createdAt")
    type = UnicodeAttribute()
    direction = UnicodeAttribute(null=True)
    # The customer who wrote an inbound message; created_by is the user who logged it
    author_id = UnicodeAttribute(attr_name="authorId", null=True)
    changes = ListAttribute(of=Change, null=True)
    # Of a System Update: a LogEvent (absent on entries of earlier releases), and its facts
    event = UnicodeAttribute(null=True)
    rule = UnicodeAttribute(null=True)  # the escalation rule that fired, or "manual"
    due_at = InstantAttribute(attr_name="dueAt", null=True)  # of its milestone
    reason = UnicodeAttribute(null=True)  # of an escalation by hand
    reference = UnicodeAttribute(null=True)  # the number that an imported ticket had elsewhere
    attachments = ListAttribute(of=Attachment, null=True)
    # Of a call, or a customer's message that a colleague logged: when that was, if it was told, and
    # the time that the clocks took, which is never before the ticket's last change
    occurred_at = InstantAttribute(attr_name="occurredAt", null=True)
    counted_at = InstantAttribute(attr_name="countedAt", null=True)
    # How it came or went: a word of tickets.domain.ticket.Channel; absent where that is unknown,
    # and on replies of earlier releases, which went by email: see `came_by`
    channel = UnicodeAttribute(null=True)
    email = EmailFacts(null=True)
    # Set on the note whose files came with the opening message: they may be forwarded, its text not
    of_opening = BooleanAttribute(attr_name="ofOpening", null=True)
    # Of a conversation with a third party: its number on the ticket
    side_thread = UnicodeAttribute(attr_name="sideThread", null=True)
    # Set where an inbound message has no effect: automatic, or of somebody who is not the customer
    without_effect = BooleanAttribute(attr_name="withoutEffect", null=True)
    # The mail to each recipient, in the order of the addresses; absent: one, of `delivery`
    deliveries = ListAttribute(of=RecipientDelivery, null=True)
    # The mail to the customer: a word of tickets.domain.ticket.Delivery; absent: none is sent
    delivery = UnicodeAttribute(null=True)
    delivery_at = InstantAttribute(attr_name="deliveryAt", null=True)
    delivery_problem_code = UnicodeAttribute(attr_name="deliveryProblemCode", null=True)
    delivery_problem_detail = UnicodeAttribute(attr_name="deliveryProblem", null=True)
    # Index keys, set by keys.set_record_keys alone
    record_key = UnicodeAttribute(attr_name="recordKey", null=True)
    person_key = UnicodeAttribute(attr_name="personKey", null=True)
    record_at = UnicodeAttribute(attr_name="recordAt", null=True)
    # Of a message, a note, or the entry that the ticket was created: keys of the customer's
    # timeline, set by keys.set_timeline_keys alone. Absent on entries of earlier releases
    customer_id = UnicodeAttribute(attr_name="customerId", null=True)
    created_key = UnicodeAttribute(attr_name="createdKey", null=True)

    @property
    def delivery_problem(self) -> MailProblem | None:
        return problem_of(self.delivery_problem_code, self.delivery_problem_detail)

    @property
    def is_call(self) -> bool:
        """Whether it is a call that a colleague made: an answer, of which nothing was sent."""
        return self.direction == Direction.OUTBOUND.value and self.channel == Channel.PHONE.value

    @property
    def came_by(self) -> str | None:
        """How it came or went, a word of tickets.domain.ticket.Channel; None if unknown."""
        sent = Channel.EMAIL.value if self.delivery or self.deliveries else None
        return self.channel or sent


class Escalation(Item):
    """A rule that fired, or a manual escalation."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    reopen_cycle = IntegerAttribute(attr_name="life")
    rule = UnicodeAttribute()
    level = IntegerAttribute()
    due_at = InstantAttribute(attr_name="dueAt")
    fired_at = InstantAttribute(attr_name="firedAt")
    reason = UnicodeAttribute(null=True)
    escalated_by = UnicodeAttribute(attr_name="escalatedBy")
    # Index keys, set by keys.set_record_keys alone
    record_key = UnicodeAttribute(attr_name="recordKey", null=True)
    person_key = UnicodeAttribute(attr_name="personKey", null=True)
    record_at = UnicodeAttribute(attr_name="recordAt", null=True)


class Imported(Item):
    """A ticket of another help desk: our ticket, and its events that were imported."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=IMPORT)
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    taken: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)


class Counter(Item):
    """The last number that was used."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=COUNTER)
    last = IntegerAttribute(null=True)


def imported_pk(number: str) -> str:
    return f"{IMPORT}#{number}"


def communication_sk(communication_id: str) -> str:
    return f"{COMMUNICATION}{communication_id}"


def escalation_sk(reopen_cycle: int, rule: str) -> str:
    return f"{ESCALATION}{reopen_cycle}#{rule}"
