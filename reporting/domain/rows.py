"""The rows of figures that a fact counts in.

A report reads rows, never tickets. Each table has a row for each value of what it groups by, and
every fact counts in one row of each table, whatever else happened: so what a change costs does not
depend on how much there is to count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from reporting.domain.facts import Dimensions, Fact, FactKind

ALL, CELLS, BY = "all", "cells", "by"
"""Groups of tables that are read together: all tickets by priority; by priority, category and
channel; and the tables of one dimension each."""

MERGED = "merged-"
"""Before the name of a group: the same of merged tickets, which the others lack."""

BY_ASSIGNEE, BY_TEAM, BY_SEGMENT, BY_MAKE = "assignee", "team", "segment", "make"
BY_RULE = "rule"
OF_CUSTOMER, OF_TAG = "customer", "tag"
"""What there are too many of for a table: each has a group of its own, as each person has."""

Key = tuple[str, ...]
"""The values that a row counts, such as priority, category and channel."""


@dataclass(frozen=True, slots=True)
class RowId:
    """A row: the group that it is read with, its table in the group, its key."""

    group: str
    table: str
    key: Key


def cells_of(assignee: str) -> str:
    """Return the group with one person's tickets by priority, category and channel."""
    return f"{CELLS}-of-{assignee}"


def cells_of_customer(customer: str) -> str:
    """Return the group with one customer's tickets by priority, category and channel."""
    return f"{CELLS}-of-{OF_CUSTOMER}-{customer}"


def cells_of_tag(tag: str) -> str:
    """Return the group with the tickets of a tag by priority, category and channel.

    A tag is what people wrote, and names of groups stay when nothing is counted in them any more.
    """
    return f"{CELLS}-of-{OF_TAG}-{sha256(tag.encode()).hexdigest()[:20]}"


def ranked(about: Dimensions) -> Iterator[tuple[str, str]]:
    """Yield a ticket's customer and tags, each with what it is."""
    if about.customer:
        yield OF_CUSTOMER, about.customer
    yield from ((OF_TAG, tag) for tag in about.tags.splitlines())


GROUPS = {OF_CUSTOMER: cells_of_customer, OF_TAG: cells_of_tag}
"""The name of the group of a customer or tag."""


def rows_of(about: Dimensions, fact: Fact) -> Iterator[RowId]:
    """Yield the rows that count a fact of a ticket."""
    cell = (about.priority, about.category, about.channel)
    merged = MERGED if about.merged else ""
    yield RowId(merged + ALL, ALL, (about.priority,))
    yield RowId(merged + CELLS, CELLS, cell)
    yield RowId(merged + cells_of(about.assignee), CELLS, cell)
    for what, name in ranked(about):
        yield RowId(merged + GROUPS[what](name), CELLS, cell)
    yield RowId(merged + BY, BY_ASSIGNEE, (about.assignee, about.priority))
    yield RowId(merged + BY, BY_TEAM, (about.team, about.priority))
    yield RowId(merged + BY, BY_SEGMENT, (about.segment, about.priority))
    yield RowId(merged + BY, BY_MAKE, (about.make, about.priority))
    if fact.kind is FactKind.ESCALATED:
        yield RowId(merged + BY, BY_RULE, (fact.rule, str(fact.level)))
