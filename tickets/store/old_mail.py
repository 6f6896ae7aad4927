"""Mail that a release before decision 40 has queued.

It is read to be queued anew; nothing writes it any more.
"""

from pynamodb.attributes import UnicodeAttribute

from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.table import Item
from tickets.store.ticket import TicketTableMeta


class OldReplyMail(Item):
    """A reply to be mailed."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    communication_id = UnicodeAttribute(attr_name="communicationId")


class OldNoticeMail(Item):
    """A notification to be mailed."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    user_id = UnicodeAttribute(attr_name="userId")
    event_id = UnicodeAttribute(attr_name="eventId")


def old_reply_mails(*, limit: int) -> list[OldReplyMail]:
    """Yield old replies. One Query a shard."""
    found: list[OldReplyMail] = []
    for key in shard_keys("LETTERS"):
        found += OldReplyMail.query(key, limit=limit, consistent_read=True)
    return found


def old_notice_mails(*, limit: int) -> list[OldNoticeMail]:
    """Yield old notifications. One Query a shard."""
    found: list[OldNoticeMail] = []
    for key in shard_keys("MAILS"):
        found += OldNoticeMail.query(key, limit=limit, consistent_read=True)
    return found
