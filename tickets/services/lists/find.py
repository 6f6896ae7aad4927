"""Lists of tickets: the built-in queues, filters, and search.

What an index of DynamoDB serves is read from it. Everything else is queried in the search index;
since that is late, the tickets it names are read from DynamoDB and checked again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from django.db.models import Q

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.clock import this_second
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import END, Page, PagePosition, page_of
from tickets.domain.filters import ACTIVE, DONE, ME, MY_TEAMS, NOBODY, Filters, Sort
from tickets.domain.ticket import Status
from tickets.services.lists.filter_definition import Now, seconds
from tickets.services.lists.filters import BY_NAME, FILTERS, condition, meets
from tickets.services.lists.search import one_code, snippet, words_of
from tickets.store import queries, search
from tickets.store.keys import UNASSIGNED
from tickets.store.search_orders import Hit
from tickets.store.ticket import Ticket

PAGE = 50
MOST_COUNTED = 100
_SOME_TIME = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for now in a statement that is built once; no filter names it."""
NO_TEAM = "0"  # no ticket has it: the list of a user without a team is empty


class Queue(StrEnum):
    """The built-in lists."""

    MINE = "mine"
    TEAMS = "teams"
    UNASSIGNED = "unassigned"
    NEEDS_REPLY = "needs-reply"
    ACTIVE = "active"
    OVERDUE = "overdue"
    AT_RISK = "at-risk"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    FOLLOWED = "followed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ALL = "all"


QUEUES: Mapping[Queue, Filters] = {
    Queue.MINE: Filters(statuses=ACTIVE, assigned_to=ME, snoozed=False),
    Queue.TEAMS: Filters(statuses=ACTIVE, team=MY_TEAMS, snoozed=False),
    Queue.UNASSIGNED: Filters(statuses=ACTIVE, assigned_to=NOBODY, snoozed=False),
    Queue.NEEDS_REPLY: Filters(
        statuses=ACTIVE, needs_reply=True, snoozed=False, sort=Sort.NEEDS_REPLY
    ),
    Queue.ACTIVE: Filters(statuses=ACTIVE),
    Queue.OVERDUE: Filters(statuses=ACTIVE, overdue=True),
    Queue.AT_RISK: Filters(statuses=ACTIVE, at_risk=True),
    Queue.WAITING: Filters(statuses=ACTIVE, waiting=True),
    Queue.SNOOZED: Filters(statuses=ACTIVE, snoozed=True),
    Queue.FOLLOWED: Filters(statuses=ACTIVE, followed=True, snoozed=False),
    Queue.RESOLVED: Filters(statuses=frozenset({Status.RESOLVED})),
    Queue.CLOSED: Filters(statuses=frozenset({Status.CLOSED})),
    Queue.ALL: Filters(sort=Sort.CREATED),
}

MY_REPLIES = replace(QUEUES[Queue.NEEDS_REPLY], assigned_to=ME)
TEAMS_REPLIES = replace(QUEUES[Queue.NEEDS_REPLY], assigned_to=NOBODY, team=MY_TEAMS)
"""What needs a reply of the reader: their own tickets, and those that nobody of their teams has
taken."""

_COUNTED = (
    *(Queue.MINE, Queue.TEAMS, Queue.UNASSIGNED, Queue.NEEDS_REPLY, Queue.OVERDUE),
    *(Queue.SNOOZED, Queue.FOLLOWED),
)
COUNTED_FOR_ALL = tuple(queue for queue in Queue if queue not in _COUNTED)
"""Queues that are the same for everybody: see `counts.list_counts`."""


def in_queue(filters: Filters, queue: Queue) -> Filters:
    """Return the filters of a list that is asked for within a built-in one."""
    if filters.text and not filters.sort and queue is Queue.ALL:
        return filters  # the best match first
    return filters.within(QUEUES[queue])


@dataclass(frozen=True)
class Found:
    """Some tickets of a list, and the cursors of the pages before and after (None at an end).

    `words` were searched for; `snippets` has, by ticket, the text around the hits.
    """

    tickets: list[Ticket]
    next: str | None
    previous: str | None
    words: list[str] = field(default_factory=list)
    snippets: dict[str, str] = field(default_factory=dict)


def find(
    filters: Filters,
    *,
    by: Actor,
    cursor_text: str | None = None,
    last: bool = False,
    limit: int = PAGE,
    whole: bool = False,
    snippets: bool = True,
    now: datetime | None = None,
) -> Found:
    """Return a page of the tickets that meet `filters`, in their order.

    With `last` it is the last page, as dear as the first. With `whole` tickets have all
    attributes, not just those that lists show. Cost: for what an
    index serves, one query for each status, team or assignee, of the rows shown, and for whole
    tickets a batch read; otherwise one or two SQL queries and one batch read. Raises InvalidCursor,
    NotAllowed.
    """
    require_ticket_work(by)
    filters, at = _for(filters, by, now)
    key = [*filters.key(), by.user_id]
    place = END if last else _place(cursor_text, key) if cursor_text else None
    if _served(filters):
        page = _from_index(filters, at, limit, place)
        numbers = [row.ticket_id for row in page.rows]
        rows = _as_stored(numbers, filters, at) if whole else _awake(page.rows, filters, at)
        return Found(rows, _cursor(page.next, key), _cursor(page.previous, key))
    words, hits = _hits(filters, at, limit + 1, place)
    ranked = page_of(hits, limit=limit, place=place, key=lambda hit: json.dumps(hit.place))
    return Found(
        _as_stored([str(hit.number) for hit in ranked.rows], filters, at),
        _cursor(ranked.next, key),
        _cursor(ranked.previous, key),
        words,
        _snippets([hit.number for hit in ranked.rows], words) if snippets else {},
    )


@dataclass(frozen=True)
class Replies:
    """How many tickets need a reply of the reader, up to MOST_COUNTED: their own, and unassigned
    ones of their teams."""

    mine: int
    teams: int

    @property
    def together(self) -> int:
        return self.mine + self.teams

    @property
    def more_mine(self) -> bool:
        """Whether there are more than were counted."""
        return self.mine >= MOST_COUNTED

    @property
    def more_teams(self) -> bool:
        return self.teams >= MOST_COUNTED


def counts(queues: Sequence[Queue], *, by: Actor, now: datetime | None = None) -> dict[str, int]:
    """Return how many tickets some queues hold, up to MOST_COUNTED. One SQL query."""
    held = counts_of([QUEUES[queue] for queue in queues], by=by, now=now)
    return {queue.value: many for queue, many in zip(queues, held, strict=True)}


def own_counts(*, by: Actor, now: datetime | None = None) -> tuple[dict[str, int], Replies]:
    """Return how many tickets the queues hold that differ between users, and how many need a reply
    of this one. One SQL query, and one for teams."""
    queues = [QUEUES[queue] for queue in _COUNTED]
    mine, teams, *held = counts_of([MY_REPLIES, TEAMS_REPLIES, *queues], by=by, now=now)
    names = [queue.value for queue in _COUNTED]
    return dict(zip(names, held, strict=True)), Replies(mine, teams)


def counts_of(lists: Sequence[Filters], *, by: Actor, now: datetime | None = None) -> list[int]:
    """Return how many tickets each of these lists holds, up to MOST_COUNTED, whatever their text.

    One SQL query, and one for teams if a list asks for them. Cost: grows with the tickets that a
    list looks through, up to MOST_COUNTED that meet it.
    """
    require_ticket_work(by)
    of_teams = any(filters.team == MY_TEAMS for filters in lists)
    teams = tuple(str(team.pk) for team in teams_of(by.user_id)) if of_teams else ()
    asked = _counting(tuple(lists), by.user_id, teams)
    second = seconds(now or this_second())
    at_last = seconds(_SOME_TIME)
    parameters = tuple(second if one == at_last else one for one in asked.parameters)
    return search.counted(replace(asked, parameters=parameters))


@lru_cache(maxsize=512)
def _counting(lists: tuple[Filters, ...], user_id: str, teams: tuple[str, ...]) -> search.Counting:
    """Return the statement that counts these lists for a user of these teams.

    _SOME_TIME is where the time belongs. Each page asks it, and Django takes 0.8 ms of 15 to
    build it.
    """
    conditions = []
    for filters in lists:
        of = (teams or (NO_TEAM,)) if filters.team == MY_TEAMS else (filters.team or NO_TEAM,)
        if filters.assigned_to == ME:
            filters = replace(filters, assigned_to=user_id)
        conditions.append(condition(filters, Now(_SOME_TIME, of, user_id)))
    return search.counting(conditions, most=MOST_COUNTED)


def count_up_to(
    filters: Filters,
    most: int,
    *,
    words: Sequence[str] = (),
    by: Actor,
    now: datetime | None = None,
) -> int:
    """Return how many tickets meet `filters` and have `words`, up to `most`.

    Their own text is ignored: `Found.words` are what was searched for. One SQL query; with words on
    PostgreSQL a transaction with one.
    """
    require_ticket_work(by)
    if words:
        return search.matching(_condition(filters, by, now), words, most=most)
    (many,) = search.counted(search.counting([_condition(filters, by, now)], most=most))
    return many


def every_number(
    filters: Filters, *, most: int, by: Actor, now: datetime | None = None
) -> list[str]:
    """Return the numbers of all tickets that meet `filters`, in their order, up to `most`.

    One SQL query, or two and a read with a text. The search index may be a moment late: see
    `still_meets`.
    """
    require_ticket_work(by)
    asked = filters
    filters, at = _for(filters, by, now)
    words, hits = _hits(filters, at, most, None)
    numbers = [str(hit.number) for hit in hits]
    # A number that is searched for is named first, whether there is such a ticket or not.
    if words and numbers and not still_meets(numbers[0], asked, by=by, now=at.at):
        return numbers[1:]
    return numbers


def still_meets(
    ticket_id: str, filters: Filters, *, by: Actor, now: datetime | None = None
) -> bool:
    """Return whether a ticket meets `filters` now; their text is ignored. One read."""
    filters, at = _for(filters, by, now)
    ticket = queries.ticket(ticket_id)
    return ticket is not None and meets(ticket, filters, at)


def _hits(
    filters: Filters, now: Now, limit: int, place: PagePosition | None
) -> tuple[list[str], list[Hit]]:
    """Return the hits of the search index, and the words that were searched for.

    These are the words that were typed, or else the one word that they are together: a chassis
    number is typed in groups, and stored without gaps.
    """
    typed = words_of(filters.text)
    together = one_code(filters.text)
    words, hits = typed, list[Hit]()
    for words in (typed, together) if together else (typed,):
        hits = search.hits(
            condition(filters, now),
            words,
            sort=filters.sort,
            limit=limit,
            place=json.loads(place.key) if place and place != END else None,
            back=bool(place and place.back),
            among=filters.words_of_order,
        )
        if hits:
            return words, hits
    return typed, hits


def _condition(filters: Filters, by: Actor, now: datetime | None) -> Q:
    return condition(*_for(filters, by, now))


def _for(filters: Filters, by: Actor, now: datetime | None) -> tuple[Filters, Now]:
    """Return the filters for this actor, and what they are relative to."""
    at = now or this_second()
    if filters.assigned_to == ME:
        filters = replace(filters, assigned_to=by.user_id)
    if filters.team != MY_TEAMS:
        return filters, Now(at, [filters.team] if filters.team else [], by.user_id)
    teams = [str(team.pk) for team in teams_of(by.user_id)] or [NO_TEAM]
    return filters, Now(at, teams, by.user_id)


def _served(filters: Filters) -> bool:
    """Return whether an index of DynamoDB has exactly these tickets in exactly this order."""
    asked = {one.name for one in FILTERS if one.value_in(filters) is not None}
    if filters.text or filters.overdue is False or filters.snoozed:
        return False
    if asked in ({"customerId"}, {"vehicleId"}):
        return filters.order is Sort.CREATED
    if not all(BY_NAME[name].by_queue for name in asked) or filters.order is not Sort.TIME_LEFT:
        return False
    someones = filters.assigned_to is not None or filters.team is not None
    if someones:
        one = filters.assigned_to is None or filters.team is None
        return one and filters.statuses == ACTIVE
    if filters.statuses and filters.statuses <= DONE:
        return len(filters.statuses) == 1 and not filters.overdue
    return filters.statuses <= ACTIVE and bool(filters.statuses or filters.overdue)


def _from_index(filters: Filters, now: Now, limit: int, place: PagePosition | None) -> Page[Ticket]:
    if filters.customer_id or filters.vehicle_id:
        return queries.tickets_about(
            customer_id=filters.customer_id,
            vehicle_id=filters.vehicle_id,
            limit=limit,
            place=place,
        )
    assignee = UNASSIGNED if filters.assigned_to == NOBODY else filters.assigned_to
    return queries.queue_page(
        statuses=sorted(filters.statuses or ACTIVE),
        assignee=assignee,
        teams=now.teams,
        overdue_at=now.at if filters.overdue else None,
        limit=limit,
        place=place,
    )


def _awake(rows: list[Ticket], filters: Filters, now: Now) -> list[Ticket]:
    """Return rows of an index without snoozed ones, if the filters say so: the index does not know
    them, so a page may have fewer rows than another. One SQL query, or none."""
    if filters.snoozed is None:
        return rows
    return [row for row in rows if int(row.ticket_id) not in now.snoozed]


def _as_stored(numbers: Sequence[str], filters: Filters, now: Now) -> list[Ticket]:
    """Return those of these tickets that still meet the filters, in this order. One batch read."""
    stored = queries.tickets(numbers, consistent=False)
    return [
        ticket
        for number in numbers
        if (ticket := stored.get(number)) and meets(ticket, filters, now)
    ]


def _place(text: str, key: list[str]) -> PagePosition:
    side, _, place = cursor.decode(text, query=key).partition(" ")
    return PagePosition(place, back=side == "before")


def _cursor(place: PagePosition | None, key: list[str]) -> str | None:
    if place is None:
        return None
    return cursor.encode(query=key, place=f"{'before' if place.back else 'after'} {place.key}")


def _snippets(numbers: Sequence[int], words: Sequence[str]) -> dict[str, str]:
    if not words:
        return {}
    texts = search.originals(numbers)
    found = {str(number): snippet(text, words) for number, text in texts.items()}
    return {number: text for number, text in found.items() if text}
