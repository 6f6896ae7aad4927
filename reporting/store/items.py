"""The items of the reporting table."""

from datetime import date
from typing import Any

from django.conf import settings
from pynamodb.attributes import (
    BinaryAttribute,
    JSONAttribute,
    ListAttribute,
    UnicodeAttribute,
)

from helpdesk.dynamo.attributes import IntegerAttribute
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import Item, TableMeta

FACTS = "FACTS"
DIRTY = "DIRTY"
REBUILDING = "REBUILDING"


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}reporting"


class TicketFacts(Item):
    """The days that have facts of a ticket, and a digest of each. Declares the table."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=FACTS)
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    days: JSONAttribute = JSONAttribute()
    revision = IntegerAttribute(default=0)


class DayFacts(Item):
    """The facts of a ticket on a day of UTC, and the ticket's dimensions."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    about: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    facts: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)


class Dirty(Item):
    """A mark that the rollups of a day of UTC are older than its facts."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


class Rollup(Item):
    """A piece of a day's or month's figures; each has the number of pieces."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    data = BinaryAttribute(legacy_encoding=False)
    pieces = IntegerAttribute(default=1)
    version = IntegerAttribute(default=0)


def ticket_pk(ticket_id: str) -> str:
    return f"TICKET#{ticket_id}"


def facts_pk(day: str, ticket_id: str) -> str:
    """Return the key of a day's facts in the ticket's shard."""
    return shard_key(f"{FACTS}#{day}", ticket_id)


def dirty(day: str, ticket_id: str, stamp: str) -> Dirty:
    """Return the mark that a day's rollup is to be made again because of a ticket."""
    return Dirty(shard_key(DIRTY, ticket_id), f"{day}#{stamp}")


def rollup_pk(zone: str, what: str) -> str:
    return f"ROLLUP#{zone}#{what}"


def rollup_sk(period: date | str, piece: int = 0) -> str:
    return f"{period}#{piece:03}"


class WeeklyReport(Item):
    """A mark that a week's report was queued for a person."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


def weekly_report(week: date, user_id: str) -> WeeklyReport:
    return WeeklyReport(f"WEEKLY#{week.isoformat()}", f"PERSON#{user_id}")
