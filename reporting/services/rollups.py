"""Count in rows what has changed in facts.

A ticket's facts and the change of them are written in one transaction. Changes are taken in
batches, one after another, and each row keeps the last batch in it: so a change is counted once,
wherever a worker dies and however many work at it. What it costs depends on the change alone.
"""

from collections.abc import Callable, Iterable
from itertools import islice

import structlog

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed
from reporting.domain import spans
from reporting.domain.figures import TIMED, bin_of, counts_of
from reporting.domain.rows import rows_of
from reporting.services import facts, generations, leaders
from reporting.services.generations import Generation
from reporting.store import queries, rows
from reporting.store.items import Change
from reporting.store.rows import Counted, Deltas
from tickets.services.delivery import outbox
from tickets.services.read import every_ticket

log = structlog.get_logger(__name__)

CHANGES = 400
REBUILD_BATCH = 100


def roll_up(*, limit: int = CHANGES) -> int:
    """Count the next batch of changes; return how many there were.

    Continues a batch that somebody left unfinished. Cost: for each row that the batch touches a
    read and a write, by the hundred; for each customer and tag of a new ticket a query, and for
    each month of these a read and a write; for the batch itself a query a shard of changes, two
    writes, and the changes' deletion. Raises Busy.
    """
    generation = generations.growing()
    # Before the changes: whoever has counted them since has begun a batch.
    last = queries.last_batch(generation.number)
    if last.is_open:
        taken = queries.resume_batch(last)
    else:
        changes = queries.changes(generation.number, limit=limit)
        if not changes:
            return 0
        try:
            taken = queries.begin_batch(generation.number, changes, last=last)
        except ConditionFailed:
            return 0  # somebody else has begun one
    rows.write(deltas_of(taken.changes, generation), batch=taken.number)
    leaders.update(taken.changes, generation, batch=taken.number)
    try:
        queries.end_batch(generation.number, taken)
    except ConditionFailed:
        log.info("batch_was_ended", number=taken.number)
    log.info("rolled_up", changes=len(taken.changes))
    return max(len(taken.changes), 1)


def rebuild(each: Callable[[int], object] = lambda done: None) -> int:
    """Rebuild facts and rows from the tickets; call `each` with the number done.

    Meanwhile, reports show what was there before. Returns the number of tickets. Raises Busy if
    another rebuild begins before this one has ended.
    """
    begun = this_second()
    built = generations.begin(begun)
    done = 0
    tickets = (ticket for ticket, _log in every_ticket())
    while batch := list(islice(tickets, REBUILD_BATCH)):
        facts.update_facts(ticket.ticket_id for ticket in batch)
        done += len(batch)
        each(done)
        roll_up()
    while roll_up():
        pass
    generations.end(built)
    outbox.made_anew(facts.CONSUMER, since=begun)
    return done


def deltas_of(changes: Iterable[Change], generation: Generation) -> Deltas:
    """Return what changes add to rows."""
    deltas: Deltas = {}
    for change in changes:
        for sign, quarters in ((1, change.added), (-1, change.taken)):
            for lines in quarters:
                add_facts(deltas, lines, generation, sign=sign)
    return {key: numbers for key, numbers in deltas.items() if any(numbers.values())}


def add_facts(
    deltas: Deltas, lines: Iterable[list[str]], generation: Generation, *, sign: int = 1
) -> None:
    """Add what a ticket's facts in a quarter hour add to rows, `sign` times; -1 takes it away."""
    about, happened = facts.load([*lines])
    for fact in happened:
        day, quarter = spans.place(fact.at, generation.zone)
        ends = fact.kind in TIMED
        what = Counted(
            counts=tuple((column, sign * number) for column, number in counts_of(fact)),
            number=sign,
            clock=TIMED.index(fact.kind) if ends else 0,
            bin=bin_of(fact.seconds) if ends else None,
        )
        rows.add(
            deltas,
            rows_of(about, fact),
            generation=generation.number,
            day=day,
            quarter=quarter,
            what=what,
        )
