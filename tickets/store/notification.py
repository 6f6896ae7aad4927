"""Notifications: one for each user and event."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.table import Item
from tickets.store.ticket import TicketTableMeta


class Notification(Item):
    """A notification of one user of one event. Its key is both, so a repeat cannot make a second
    one."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    user_id = UnicodeAttribute(attr_name="userId")
    event_id = UnicodeAttribute(attr_name="eventId")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    kind = UnicodeAttribute(default="escalated")  # or another of presenters.labels.NOTIFICATIONS
    rules = UnicodeAttribute(default="")  # of an escalation: keys of rules, separated by spaces
    level = IntegerAttribute(default=0)
    told_by = UnicodeAttribute(attr_name="toldBy", null=True)
    at = InstantAttribute()
    due_at = InstantAttribute(attr_name="dueAt", null=True)
    # Of an escalation by hand: the key of its record beside the ticket, which has the reason
    record = UnicodeAttribute(null=True)
    # The message, whose first words are read when they are shown
    line = UnicodeAttribute(null=True)
    read = BooleanAttribute(default=False)


def notification_pk(user_id: str) -> str:
    return f"PERSON#{user_id}"


def notification_sk(event_id: str) -> str:
    return f"NOTICE#{event_id}"


def notifications_of(user_id: str, *, limit: int) -> list[Notification]:
    """Return a user's newest notifications, newest first. One Query."""
    found = Notification.query(
        notification_pk(user_id),
        Notification.sk.startswith("NOTICE#"),
        scan_index_forward=False,
        limit=limit,
    )
    return list(found)


def notification(user_id: str, event_id: str) -> Notification | None:
    """Return one notification. One GetItem."""
    try:
        return Notification.get(
            notification_pk(user_id), notification_sk(event_id), consistent_read=True
        )
    except DoesNotExist:
        return None
