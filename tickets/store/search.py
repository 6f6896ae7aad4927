"""Every query of the search index, and its cost. Everything here is SQL.

The index may be late or empty: the tickets that it names are read from DynamoDB and checked again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Cast
from ulid import ULID

from tickets.domain.filters import Sort
from tickets.domain.ticket import Status
from tickets.models.search import FAR, Entry, EntryField, EntryTag
from tickets.store.fulltext import Document, Field, engine
from tickets.store.search_fields import fields_of
from tickets.store.search_orders import Hit, in_order
from tickets.store.ticket import Ticket

_NUMBER = re.compile(r"[1-9][0-9]{0,17}$")
SHORTLY = 10
"""Milliseconds."""
_COLUMNS = [
    field.attname for field in Entry._meta.concrete_fields if field.attname != "text_version"
]


@dataclass(frozen=True)
class Load:
    """The number of tickets of a user."""

    active: int
    overdue: int


NOTHING = Load(0, 0)


@dataclass(frozen=True)
class SlaAttainment:
    """How many clocks of some tickets ended, and how many of these in time."""

    tickets: int
    of: int
    met: int


@contextmanager
def without_waiting() -> Iterator[None]:
    """Fail at once if another writer is active: SQLite has one writer, and waits by sleeping.

    Inside the block a write raises OperationalError after SHORTLY. PostgreSQL locks rows, and does
    not need this.
    """
    if connection.vendor != "sqlite":
        yield
        return
    patience = connection.settings_dict["OPTIONS"].get("timeout", 5) * 1_000
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {SHORTLY}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")


def index_tickets(tickets: Iterable[Ticket]) -> set[int]:
    """Write the entries of these tickets, unless a newer one is stored.

    Returns the numbers of entries that have no text yet.
    """
    # In one order, whoever writes: two that meet in another end each other.
    tickets = sorted(tickets, key=lambda ticket: int(ticket.ticket_id))
    rows = [entry_of(ticket) for ticket in tickets if not ticket.archived_at]
    fields = [row for ticket in tickets if not ticket.archived_at for row in fields_of(ticket)]
    put_away = [int(ticket.ticket_id) for ticket in tickets if ticket.archived_at]
    if put_away:
        engine().forget(put_away)
        EntryTag.objects.filter(entry__in=put_away).delete()
        EntryField.objects.filter(entry__in=put_away).delete()
        Entry.objects.filter(pk__in=put_away).delete()
    if not rows:
        return set()
    with transaction.atomic():
        with connection.cursor() as cursor:
            for row, _tags in rows:
                cursor.execute(_upsert(), [*(getattr(row, name) for name in _COLUMNS), 0])
        numbers = [row.number for row, _tags in rows]
        EntryTag.objects.filter(entry__in=numbers).delete()
        EntryTag.objects.bulk_create(
            EntryTag(entry_id=row.number, tag=tag) for row, tags in rows for tag in tags
        )
        EntryField.objects.filter(entry__in=numbers).delete()
        EntryField.objects.bulk_create(fields)
    textless = Entry.objects.filter(pk__in=numbers, text_version=0)
    return set(textless.values_list("number", flat=True))


def index_texts(documents: Iterable[tuple[Document, int]]) -> None:
    """Write the texts of tickets, each with the version that was read; older ones are skipped."""
    with transaction.atomic():
        fresh = [
            document
            for document, version in sorted(documents, key=lambda one: one[0].number)
            if Entry.objects.filter(pk=document.number, text_version__lte=version).update(
                text_version=version
            )
        ]
        engine().put(fresh)


def clear() -> None:
    """Delete the whole index, and create an empty one, while others write and search.

    Tables are locked in the order in which writers take them: rows that are deleted one by one meet
    those of a writer, and PostgreSQL ends one of the two.
    """
    tables = ", ".join(one._meta.db_table for one in (Entry, EntryTag, EntryField))
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        EntryTag.objects.all().delete()
        EntryField.objects.all().delete()
        Entry.objects.all().delete()
        engine().drop()
        engine().create()


def forget_remains() -> None:
    """Remove deleted texts from the database's files, SQLite's WAL included.

    PostgreSQL's autovacuum does that without our help.
    """
    engine().forget_remains()


def take_stock() -> None:
    """Update SQLite's statistics, so that its queries begin with the rarest value.

    Without them it expects as many tickets of a customer as open ones. PostgreSQL does this without
    our help. Cost: a sample of each index.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE tickets_entry")


def hits(
    condition: Q,
    words: Sequence[str],
    *,
    sort: Sort | None,
    limit: int,
    place: list[int] | None,
    back: bool,
    among: frozenset[str] = frozenset(),
) -> list[Hit]:
    """Return the numbers of tickets that meet `condition`, in their order, after `place` (or before
    it).

    `among` are the values that the condition allows in the column of the order, if it says so.
    `words` are searched as beginnings of words. Without a sort the ticket with that number comes
    first, then matches in subject, people and vehicle, then all others; newest first within each.
    Whether the ticket with that number exists is not checked: all tickets are read anyway. Cost:
    one SQL query without words, up to two `first` of the full text with them.
    """
    found = Entry.objects.filter(condition)
    if sort or not words:
        order = sort or Sort.TIME_LEFT
        return in_order(found, order, words, limit=limit, place=place, back=back, among=among)
    named = int(words[0]) if len(words) == 1 and _NUMBER.match(words[0]) else None
    found = found.exclude(number=named) if named else found
    tiers = [None, Field.STRONG, Field.NOT_ONLY_STRONG]
    at = place[0] if place else (len(tiers) - 1 if back else 0)
    ranked: list[Hit] = []
    for tier in range(at, -1 if back else len(tiers), -1 if back else 1):
        past = place[1] if place and place[0] == tier else None
        field = tiers[tier]
        if field is None:
            ranked += [Hit(named, [tier, named])] if named and past is None else []
            continue
        part = found.order_by("number" if back else "-number").values_list("number", "number")
        if past is not None:
            part = part.filter(number__gt=past) if back else part.filter(number__lt=past)
        rows = engine().first(part, words, field, limit=limit - len(ranked))
        ranked += [Hit(number, [tier, number]) for _number, number in rows]
        if len(ranked) == limit:
            break
    return ranked


@dataclass(frozen=True)
class Counting:
    """A statement that counts, and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


def counting(asked: Sequence[Q], *, most: int) -> Counting:
    """Return the statement that counts the tickets that meet each of these conditions, up to
    `most`."""
    compiled = [
        Entry.objects.filter(condition)[:most].values("pk").query.sql_with_params()
        for condition in asked
    ]
    columns = ", ".join(
        f"(SELECT COUNT(*) FROM ({sql}) AS met)"  # noqa: S608 (Django's own SQL)
        for sql, _params in compiled
    )
    given = tuple(value for _sql, values in compiled for value in values)
    return Counting(f"SELECT {columns}", given)


def counted(asked: Counting) -> list[int]:
    """Return what the statement counts. One SQL query."""
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, asked.parameters)
        return list(cursor.fetchone())


def matching(condition: Q, words: Sequence[str], *, most: int) -> int:
    """Return how many tickets meet `condition` and have the words, up to `most`. One `first` of the
    full text, in no order: what is sorted is read whole."""
    found = Entry.objects.filter(condition).order_by().values_list("number", "number")
    return len(engine().first(found, words, Field.ANYWHERE, limit=most))


def tags_in_use(*, beyond: str, limit: int, back: bool = False) -> list[tuple[str, int]]:
    """Return tags after (or before) one, or from an end, by name, with their number of tickets.
    One SQL query."""
    tags = EntryTag.objects.values_list("tag")
    if beyond:
        tags = tags.filter(tag__lt=beyond) if back else tags.filter(tag__gt=beyond)
    counted = tags.annotate(tickets=Count("pk")).order_by("-tag" if back else "tag")
    return list(counted[:limit])


def tickets_with_tag(tag: str) -> int:
    """Return how many tickets have a tag. One SQL query."""
    return EntryTag.objects.filter(tag=tag).count()


def loads(*, now: datetime, user_ids: Sequence[str] | None = None) -> dict[str, Load]:
    """Return the loads of these users, or of everybody who has tickets. One SQL query.

    Cost: grows with the active tickets that are counted.
    """
    active = Entry.objects.filter(active=True).exclude(assignee="")
    if user_ids is not None:
        active = active.filter(assignee__in=user_ids)
    counted = (
        active.order_by()
        .values_list("assignee")
        .annotate(
            # Of a column of the index: to count numbers, each row would be looked at.
            active=Count("assignee"),
            overdue=Count("assignee", filter=Q(due_at__lt=_seconds(now))),
        )
    )
    return {user_id: Load(*held) for user_id, *held in counted}


def held_by(user_key: OuterRef) -> Exists:
    """Return the condition that the user of the outer query holds an active ticket. One index
    look-up."""
    return Exists(Entry.objects.filter(assignee=Cast(user_key, CharField()), urgency__lte=FAR))


def active_counts(condition: Q, *, now: datetime) -> list[dict[str, Any]]:
    """Return counts of active tickets that meet `condition` by priority, team and assignee.

    One SQL query. Cost: grows with the active tickets, not with all of them.
    """
    second = _seconds(now)
    overdue = Q(due_at__lt=second)
    rows = (
        Entry.objects.filter(condition, active=True)
        .order_by()
        .values("priority", "team", "assignee")
    )
    counted = rows.annotate(
        active=Count("assignee"),
        overdue=Count("assignee", filter=overdue),
        atRisk=Count("assignee", filter=Q(risk_at__lte=second) & Q(due_at__gte=second)),
        waiting=Count("assignee", filter=Q(waiting=True)),
        escalated=Count("assignee", filter=Q(level__gt=0)),
    )
    return [dict(row) for row in counted]


def active_by_age(condition: Q, bounds: Sequence[datetime]) -> list[int]:
    """Return how many active tickets that meet `condition` were created since the first of these
    instants, before it and since the second, and so on, at last before the last one.

    One SQL query. Cost: grows with the active tickets.
    """
    at = [FAR, *map(_seconds, bounds), -FAR]
    bands = {
        f"band{place}": Count("number", filter=Q(created__lt=at[place], created__gte=at[place + 1]))
        for place in range(len(at) - 1)
    }
    found = Entry.objects.filter(condition, active=True).order_by().aggregate(**bands)
    return [found[name] for name in bands]


def due_between(first: datetime, last: datetime, *, limit: int) -> list[int]:
    """Return numbers of tickets with a deadline between two instants, the next first. One SQL
    query."""
    due = Entry.objects.filter(due_at__gte=_seconds(first), due_at__lt=_seconds(last))
    return list(due.order_by("due_at", "number").values_list("number", flat=True)[:limit])


def differences(ticket: Ticket) -> list[str]:
    """Return how the index differs from the ticket itself. Three SQL queries."""
    wanted, tags = entry_of(ticket)
    stored = Entry.objects.filter(pk=wanted.number).first()
    if ticket.archived_at:
        return ["the ticket is archived, and in it"] if stored else []
    if stored is None:
        return ["the ticket is not in it"]
    found = [
        f"{name} is {getattr(stored, name)}, not {getattr(wanted, name)}"
        for name in _COLUMNS
        if getattr(stored, name) != getattr(wanted, name)
    ]
    if set(stored.tags.values_list("tag", flat=True)) != set(tags):
        found.append(f"the tags are not {', '.join(tags) or 'none'}")
    fields = {(row.key, row.text, row.rank, row.written) for row in fields_of(ticket)}
    if set(stored.custom.values_list("key", "text", "rank", "written")) != fields:
        found.append("the custom fields are not those of the ticket")
    if not stored.text_version:
        found.append("the text is not in it")
    return found


def attainment(customer_id: str, *, most: int) -> SlaAttainment:
    """Return how the clocks of a customer's newest `most` tickets ended. One SQL query.

    Cost: grows with these tickets. Archived tickets are not among them.
    """
    newest = Entry.objects.filter(customer=customer_id).order_by("-created")[:most]
    counted = newest.aggregate(
        tickets=Count("number"),
        of=Count("response_met") + Count("resolution_met"),
        met=Count("number", filter=Q(response_met=True))
        + Count("number", filter=Q(resolution_met=True)),
    )
    return SlaAttainment(**counted)


def of_others(found: Iterable[int], customer_ids: Sequence[str]) -> list[int]:
    """Return those of these tickets that belong to none of the customers. One SQL query."""
    entries = Entry.objects.filter(pk__in=list(found)).exclude(customer__in=customer_ids)
    return list(entries.order_by("pk").values_list("pk", flat=True))


def numbers() -> set[int]:
    """Return the numbers of all entries. One SQL query that reads them all: only for
    verification."""
    return set(Entry.objects.values_list("number", flat=True))


def highest_number() -> int:
    """Return the highest number that has an entry; 0 without any. One SQL query."""
    return Entry.objects.aggregate(highest=Max("number"))["highest"] or 0


def originals(numbers: Sequence[int]) -> dict[int, str]:
    """Return the texts of documents, for snippets. One SQL query."""
    return engine().originals(numbers) if numbers else {}


def entry_of(ticket: Ticket) -> tuple[Entry, list[str]]:
    """Return the index entry of a ticket, and its tags."""
    status, sla = ticket.status, ticket.sla
    due_at = _seconds(ticket.sla_deadline)
    risks = [
        at_risk
        for deadline, at_risk in (
            (sla.response_deadline, sla.response_at_risk_at),
            (sla.resolution_deadline, sla.resolution_at_risk_at),
            (sla.next_response_deadline, sla.next_response_at_risk_at),
        )
        if deadline and at_risk
    ]
    entry = Entry(
        number=int(ticket.ticket_id),
        version=ticket.version,
        active=status.active,
        status=ticket.status,
        priority=ticket.priority,
        category=ticket.category,
        assignee=ticket.assigned_to or "",
        team=ticket.team_id or "",
        customer=ticket.customer_id,
        vehicle=ticket.vehicle_id or "",
        channel=ticket.channel or "",
        level=ticket.escalation_level,
        waiting=bool(ticket.waiting),
        created=_seconds(ticket.created_at),
        updated=_seconds(ticket.updated_at),
        urgency=urgency_of(ticket),
        due_at=due_at if status.active else None,
        risk_at=_seconds(min(risks)) if risks and status.active else None,
        response_met=_met(ticket, bool(sla.first_responded_at), sla.response_breached_at),
        resolution_met=_met(ticket, not status.active, sla.resolution_breached_at),
        needs_reply=_seconds(sla.needs_reply_since) or FAR,
        last_message=int(ULID.from_str(sla.last_message).timestamp) if sla.last_message else 0,
    )
    return entry, list(ticket.tags)


def _met(ticket: Ticket, ended: bool, breached_at: datetime | None) -> bool | None:
    return breached_at is None if ended and not ticket.merged_into else None


def urgency_of(ticket: Ticket) -> int:
    """Return the sort key among all tickets: active ones by deadline, then done ones,
    latest first."""
    status = ticket.status
    if status.active:
        return int(_seconds(ticket.sla_deadline) or FAR)
    done_at = ticket.closed_at if status is Status.CLOSED else ticket.resolved_at
    return 3 * FAR - int(_seconds(done_at) or 0)


def _upsert() -> str:
    """Insert an entry, or replace an older one. Both databases support this statement."""
    quoted = [f'"{name}"' for name in (*_COLUMNS, "text_version")]
    news = ", ".join(f"{name} = excluded.{name}" for name in quoted[1:-1])
    table = Entry._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(quoted)}) VALUES ({', '.join(['%s'] * len(quoted))}) "  # noqa: S608
        f'ON CONFLICT ("number") DO UPDATE SET {news} '
        f'WHERE excluded."version" >= {table}."version"'
    )


def _seconds(at: datetime | None) -> Any:
    return int(at.timestamp()) if at else None
