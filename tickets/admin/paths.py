"""The queries that the admin's lists of tickets, log entries and escalations serve.

Everybody who gets here may see every ticket: the admin has checked that.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from django.core.exceptions import FieldError

from customers.domain.folding import words_to_find
from helpdesk.accounts.actors import SYSTEM
from helpdesk.clock import this_second
from helpdesk.dynamo.pages import END, Page, PagePosition, page_of
from helpdesk.dynamo_admin.matching import listed
from helpdesk.dynamo_admin.paths import (
    ByKey,
    Collection,
    Conditions,
    Listing,
    ListQuery,
    Row,
    serve,
)
from helpdesk.parsing import BadValue
from tickets.admin.people import people
from tickets.domain.filters import NOBODY, Filters, Sort
from tickets.domain.sla import sla_status
from tickets.domain.sla.sla_status import SlaStatus
from tickets.domain.ticket import CommunicationType
from tickets.models import Communication, Escalation, Tag, Ticket
from tickets.presenters.tickets import system_update
from tickets.services.lists.filter_definition import Filter
from tickets.services.lists.filters import FILTERS
from tickets.services.lists.find import count_up_to, find
from tickets.services.read import get_tickets, sla_facts
from tickets.store import queries, search
from tickets.store.items import COMMUNICATION, ESCALATION
from tickets.store.items import Communication as StoredLine
from tickets.store.items import Escalation as StoredEscalation
from tickets.store.ticket import Ticket as StoredTicket
from tickets.store.ticket import ticket_pk

MOST_LINES = 1_000
TICKETS_SEARCHED, LINES_SEARCHED = 20, 200
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_PLAIN = [
    field.attname
    for field in Ticket._meta.concrete_fields
    if field.attname
    not in ("sla_status", "urgency", "words", "escalation_level", "version", "tags", "needs_reply")
]
_NOT_IN_INDEXES = ("description", "archived_at", "custom_fields")
_SORTS = {
    "urgency": Sort.TIME_LEFT,
    "-created_at": Sort.CREATED,
    "-updated_at": Sort.UPDATED,
    "-priority": Sort.PRIORITY,
}
_ORDERS = tuple((name,) for name in _SORTS)
_SLA_STATUSES = {SlaStatus.OVERDUE.value, SlaStatus.AT_RISK.value, SlaStatus.WAITING.value}
_SIMPLE = tuple(one for one in FILTERS if one.admin)
_NOTHING: tuple[Any, ...] = (None, "", frozenset())  # but False is a value


def _lookups() -> Mapping[str, Mapping[str, Any]]:
    """Return the lookups that the admin may use for the filters that a single lookup expresses."""
    found: dict[str, dict[str, Any]] = {
        "sla_status": {"exact": _SLA_STATUSES},
        "escalation_level": {"gt": {0}, "exact": {0}},
        "waiting": {"exact": {True, False}},
        "assigned_to": {"exact": None, "isnull": {True}},
    }
    for one in _SIMPLE:
        field, lookup = one.admin or ("", "")
        known = set(get_args(one.kind)[0]) if lookup == "in" else None
        found.setdefault(field, {})[lookup] = known
    return found


_FILTERS = _lookups()


def row_of(ticket: StoredTicket, *, now: datetime, lacking: Sequence[str] = ()) -> Row:
    """Return a ticket as an instance of the admin's model."""
    row = {name: getattr(ticket, name) for name in _PLAIN if name not in lacking}
    return {
        **row,
        "escalation_level": ticket.escalation_level,
        "version": ticket.version,
        "tags": list(ticket.tags),
        "waiting": bool(ticket.waiting),
        "needs_reply": ticket.sla.needs_reply_since is not None,
        "sla_status": sla_status.ticket_status(sla_facts(ticket), now).value,
        "urgency": search.urgency_of(ticket),
        "words": None,
    }


def filters_of(conditions: Conditions, order: Sequence[str] = ()) -> Filters | None:
    """Return the ticket filters for these conditions; None if no ticket can meet them."""
    asked = ListQuery(conditions, tuple(order), 0)
    wanted_status = asked.one("sla_status")
    waiting = asked.one("waiting")
    levels = conditions.get("escalation_level", {})
    assignee, team = asked.one("assigned_to"), asked.one("team_id")
    if any(one is not None and not str(one).isdecimal() for one in (assignee, team)):
        return None  # special values of the filters, such as `me`, are no ids
    if assignee and asked.get("assigned_to", "isnull"):
        return None
    if waiting is False and wanted_status == SlaStatus.WAITING:
        return None
    if "gt" in levels and "in" in levels:
        return None
    simple = {one.field: _value(one, asked) for one in _SIMPLE}
    return Filters(
        **{field: value for field, value in simple.items() if value not in _NOTHING},
        assigned_to=NOBODY if asked.get("assigned_to", "isnull") else assignee,
        overdue=True if wanted_status == SlaStatus.OVERDUE else None,
        at_risk=True if wanted_status == SlaStatus.AT_RISK else None,
        waiting=True if wanted_status == SlaStatus.WAITING else waiting,
        escalated=("gt" in levels) if levels else None,
        text=asked.get("words", "search") or "",
        sort=None if "words" in order else _SORTS[order[0]] if order else None,
    )


def _value(one: Filter, asked: ListQuery) -> Any:
    """Return the value that the admin's conditions have for a filter with one lookup."""
    field, lookup = one.admin or ("", "")
    match lookup:
        case "in":
            return frozenset(map(get_args(one.kind)[0], asked.any_of(field)))
        case "exact":
            return asked.one(field)
        case "contains":
            written = [str(one) for one in listed(asked.get(field, lookup) or ())]
            try:
                return one.read(written, SYSTEM)
            except BadValue as bad:
                raise FieldError(str(bad)) from bad
    return second(asked.get(field, lookup))


def second(at: datetime | None) -> datetime | None:
    """Return the first whole second that is not before `at`."""
    if at is None:
        return None
    whole = at.astimezone(UTC).replace(microsecond=0)
    return whole + timedelta(seconds=1) if at.microsecond and whole < _LAST else whole


def _find(asked: ListQuery) -> Page[Row]:
    filters = filters_of(asked.conditions, asked.order)
    if filters is None:
        return Page([], None, None)
    now = this_second()
    found = find(
        filters,
        by=SYSTEM,
        cursor_text=asked.place.key if asked.place else None,
        last=asked.place == END,
        limit=asked.limit,
        snippets=False,
        now=now,
    )
    rows = []
    for ticket in found.tickets:
        lacking = () if ticket.description is not None else _NOT_IN_INDEXES
        rows.append(row_of(ticket, now=now, lacking=lacking))
    return Page(
        rows,
        PagePosition(found.next) if found.next else None,
        PagePosition(found.previous, back=True) if found.previous else None,
    )


def _count(conditions: Conditions, most: int) -> int | None:
    """Return a count from the search index, in one SQL query; None for a full-text search."""
    filters = filters_of(conditions)
    if filters is None:
        return 0
    return None if filters.text else count_up_to(filters, most, by=SYSTEM)


def _tickets(ticket_ids: Iterable[str]) -> Iterable[Row]:
    now = this_second()
    return [row_of(ticket, now=now) for ticket in get_tickets(dict.fromkeys(ticket_ids)).values()]


serve(
    Ticket,
    ByKey(_tickets),
    Listing(
        "ticket lists",
        _FILTERS,
        _ORDERS,
        _find,
        count=_count,
    ),
    Listing(
        "ticket search",
        {"words": {"search": None}, **_FILTERS},
        (("words",), *_ORDERS),
        _find,
        needs=("words",),
        count=_count,
    ),
)


def _line(line: StoredLine) -> Row:
    return {
        "communication_id": f"{line.ticket_id}-{line.communication_id}",
        "ticket_id": line.ticket_id,
        "type": line.type,
        "direction": line.direction,
        "content": system_update(line, people().everybody())
        if line.type == CommunicationType.SYSTEM_UPDATE
        else line.content,
        "created_by": line.created_by,
        "created_at": line.created_at,
        "words": None,
    }


def _lines_page(asked: ListQuery) -> Page[Row]:
    page = queries.records_page(
        COMMUNICATION,
        person=asked.one("created_by"),
        since=second(asked.get("created_at", "gte")),
        until=second(asked.get("created_at", "lt")),
        limit=asked.limit,
        place=asked.place,
    )
    return Page([_line(line) for line in queries.lines(page.rows)], page.next, page.previous)


def _lines_found(asked: ListQuery) -> Page[Row]:
    """Return the entries with all words of a search, in the tickets that match it best.

    Cost: a search for TICKETS_SEARCHED tickets, and a Query for each that is found.
    """
    text = str(asked.get("words", "search"))
    found = find(Filters(text=text), by=SYSTEM, limit=TICKETS_SEARCHED, snippets=False)
    person, since, until = (
        *(asked.one("created_by"), second(asked.get("created_at", "gte"))),
        second(asked.get("created_at", "lt")),
    )
    rows = [
        row
        for ticket in found.tickets
        for row in map(_line, queries.whole_log(ticket.ticket_id, most=LINES_SEARCHED))
        if person in (None, row["created_by"])
        and (since is None or row["created_at"] >= since)
        and (until is None or row["created_at"] < until)
        and _says(row["content"], found.words)
    ]
    return Page(sorted(rows, key=_latest_first, reverse=True), None, None)


def _says(content: str, words: Sequence[str]) -> bool:
    """Return whether each of these words begins one of the text."""
    said = words_to_find(content)
    return all(any(one.startswith(word) for one in said) for word in words)


def _latest_first(row: Row) -> tuple[Any, ...]:
    return row["created_at"], row["communication_id"]


def _lines(keys: Iterable[str]) -> Iterable[Row]:
    parts = [key.partition("-") for key in dict.fromkeys(keys)]
    wanted = [(ticket_pk(ticket), f"{COMMUNICATION}{line}") for ticket, _dash, line in parts]
    return [_line(line) for line in queries.lines(wanted)]


serve(
    Communication,
    ByKey(_lines),
    Collection(
        "of a ticket",
        ("ticket_id",),
        lambda values: map(_line, queries.whole_log(values["ticket_id"], most=MOST_LINES + 1)),
        most=MOST_LINES,
    ),
    Listing(
        "by time, of a person or all",
        {"created_by": {"exact": None}, "created_at": {"gte": None, "lt": None}},
        (("-created_at",),),
        _lines_page,
    ),
    Listing(
        f"in the {TICKETS_SEARCHED} tickets that words find",
        {
            "words": {"search": None},
            "created_by": {"exact": None},
            "created_at": {"gte": None, "lt": None},
        },
        (("-created_at",),),
        _lines_found,
        needs=("words",),
    ),
)


def _escalation(record: StoredEscalation) -> Row:
    return {
        "escalation_id": f"{record.ticket_id}-{record.reopen_cycle}-{record.sk.rpartition('#')[2]}",
        "ticket_id": record.ticket_id,
        "rule": record.rule,
        "level": record.level,
        "reason": record.reason,
        "escalated_by": record.escalated_by,
        "due_at": record.due_at,
        "fired_at": record.fired_at,
    }


def _escalations_page(asked: ListQuery) -> Page[Row]:
    page = queries.records_page(
        ESCALATION,
        person=asked.one("escalated_by"),
        since=second(asked.get("fired_at", "gte")),
        until=second(asked.get("fired_at", "lt")),
        limit=asked.limit,
        place=asked.place,
    )
    records = queries.escalation_records(page.rows)
    return Page([_escalation(record) for record in records], page.next, page.previous)


def _escalations(keys: Iterable[str]) -> Iterable[Row]:
    parts = [key.split("-", 2) for key in dict.fromkeys(keys) if key.count("-") >= 2]
    wanted = [
        (ticket_pk(ticket), f"{ESCALATION}{reopen_cycle}#{rule}")
        for ticket, reopen_cycle, rule in parts
    ]
    return [_escalation(record) for record in queries.escalation_records(wanted)]


serve(
    Escalation,
    ByKey(_escalations),
    Collection(
        "of a ticket",
        ("ticket_id",),
        lambda values: map(_escalation, queries.escalations(values["ticket_id"])),
        most=MOST_LINES,
    ),
    Listing(
        "by time, of a person or all",
        {"escalated_by": {"exact": None}, "fired_at": {"gte": None, "lt": None}},
        (("-fired_at",),),
        _escalations_page,
    ),
)


def _tags_page(asked: ListQuery) -> Page[Row]:
    found = search.tags_in_use(
        beyond=asked.place.key if asked.place else "",
        limit=asked.limit + 1,
        back=bool(asked.place and asked.place.back),
    )
    page = page_of(found, limit=asked.limit, place=asked.place, key=lambda tag: tag[0])
    rows: list[Row] = [{"name": name, "tickets": count} for name, count in page]
    return Page(rows, page.next, page.previous)


def _tags(names: Iterable[str]) -> Iterable[Row]:
    counted = [(name, search.tickets_with_tag(name)) for name in dict.fromkeys(names)]
    return [{"name": name, "tickets": count} for name, count in counted if count]


serve(Tag, ByKey(_tags), Listing("by name", {}, (("name",),), _tags_page))
