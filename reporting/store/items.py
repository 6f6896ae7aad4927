"""The items of the reporting table."""

from datetime import date
from typing import Any

from django.conf import settings
from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    UnicodeAttribute,
)

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import Item, TableMeta

COUNTED = "COUNTED"
FACTS = "FACTS"
CHANGES = "CHANGES"
BATCH = "BATCH"
STATE = "STATE"


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}reporting"


class TicketFacts(Item):
    """What figures count of a ticket: by quarter hour, its dimensions and facts. Declares the
    table."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=COUNTED)
    ticket_id = UnicodeAttribute(attr_name="ticketId")
    quarters: JSONAttribute = JSONAttribute()
    revision = IntegerAttribute(default=0)


class QuarterFacts(Item):
    """The facts of a ticket in a quarter hour of UTC, and the ticket's dimensions."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    about: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    facts: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)

    @property
    def ticket_id(self) -> str:
        return str(self.sk).partition("#")[2]


class Change(Item):
    """Facts of a ticket that rows have yet to count, and such that they still count."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    added: JSONAttribute = JSONAttribute()
    taken: JSONAttribute = JSONAttribute()

    @property
    def since(self) -> str:
        """The earliest instant at which rows lack something because of this."""
        return str(self.sk).partition("#")[0]


class Batch(Item):
    """The changes that are being counted, or were last. `number` goes up with each batch."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=BATCH)
    number = IntegerAttribute(default=0)
    keys: JSONAttribute = JSONAttribute(default=list)
    is_open = BooleanAttribute(attr_name="open", default=False)


class Row(Item):
    """Numbers of one row in a month, a day, or a part of a day, and the last batch in them."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    data = BinaryAttribute(legacy_encoding=False)
    batch = IntegerAttribute(default=0)


class Leaders(Item):
    """The customers or tags of whom most tickets were created in a month, with how many."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    created: JSONAttribute = JSONAttribute(default=dict)
    batch = IntegerAttribute(default=0)

    @property
    def month(self) -> str:
        return str(self.sk)


class State(Item):
    """Which generation of figures is read, and which one is being built, if any.

    A generation is everything that follows from tickets. A rebuild makes the next one while the
    last one is read; `zone` is the one whose days its rows are kept by.
    """

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK", default=STATE)
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=STATE)
    number = IntegerAttribute()
    zone = UnicodeAttribute()
    building = IntegerAttribute(null=True)
    building_zone = UnicodeAttribute(attr_name="buildingZone", null=True)
    lacking_since = InstantAttribute(attr_name="lackingSince", null=True)
    """Since when figures that are read lack changes, because others are being built or have to
    be."""


class WeeklyReport(Item):
    """A mark that a week's report was queued for a person."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


def ticket_pk(generation: int, ticket_id: str) -> str:
    return f"{generation}#TICKET#{ticket_id}"


def facts_pk(generation: int, day: str) -> str:
    """Return the key, without its shard, of the facts of a day of UTC."""
    return f"{generation}#{FACTS}#{day}"


def facts_key(generation: int, quarter: str, ticket_id: str) -> tuple[str, str]:
    """Return the key of a ticket's facts in a quarter hour, which is named as
    2026-11-28T17:45."""
    day, _t, time = quarter.partition("T")
    return shard_key(facts_pk(generation, day), ticket_id), f"{time}#{ticket_id}"


def changes_pk(generation: int) -> str:
    """Return the key, without its shard, of changes that rows have yet to count."""
    return f"{generation}#{CHANGES}"


def leaders_pk(generation: int, what: str) -> str:
    return f"{generation}#LEADERS#{what}"


def batch_pk(generation: int) -> str:
    return f"{generation}#{BATCH}"


def weekly_report(week: date, user_id: str) -> WeeklyReport:
    return WeeklyReport(f"WEEKLY#{week.isoformat()}", f"PERSON#{user_id}")
