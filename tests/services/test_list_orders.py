"""The orders of lists: what each begins with, there and back, and which index it is read from."""

import pytest

from tests.services.test_find import ids
from tests.services.test_find_cost import hits
from tests.world import after, settle, sqlite_plan
from tickets.domain.filters import ACTIVE, Filters, Sort
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.find import find

WORDS = {
    Sort.STATUS: ["Open", "In Progress", "Resolved", "Closed"],
    Sort.CATEGORY: ["General", "Payment", "Shipping", "Customs", "Technical", "Billing"],
}


@pytest.fixture
def numbers(desk):
    """A ticket of each category, the first four of which have each status; the last message is in
    the first."""
    made = [
        desk.ticket(category=category, now=after(minutes=minute)).ticket_id
        for minute, category in enumerate(WORDS[Sort.CATEGORY])
    ]
    for number, status in zip(made, WORDS[Sort.STATUS][1:], strict=False):
        change_status(number, to=status, by=desk.rep, now=after(minutes=10))
    respond(made[0], content="It has arrived.", by=desk.rep, now=after(minutes=20))
    settle()
    return made


def walked(filters, desk):
    """The tickets of a list, page by page, and again from its end to its beginning."""
    pages = [find(filters, by=desk.rep, now=after(hours=1), limit=2)]
    while pages[-1].next:
        pages.append(find(filters, by=desk.rep, cursor_text=pages[-1].next, limit=2))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(find(filters, by=desk.rep, cursor_text=back[-1].previous, limit=2))
    there = [ticket for page in pages for ticket in page.tickets]
    assert ids_of(back[::-1]) == ids_of(pages)
    return there


def ids_of(pages):
    return [number for page in pages for number in ids(page)]


@pytest.mark.parametrize("sort", WORDS)
def test_words_are_in_the_order_of_the_desk_and_reversed(desk, numbers, sort):
    for order, words in ((sort, WORDS[sort]), (sort.reverse, WORDS[sort][::-1])):
        found = [getattr(ticket, sort.value) for ticket in walked(Filters(sort=order), desk)]
        assert len(found) == len(numbers)
        assert sorted(found, key=words.index) == found


def test_the_last_message_comes_first_or_last(desk, numbers):
    newest = [ticket.ticket_id for ticket in walked(Filters(sort=Sort.LAST_MESSAGE), desk)]
    assert newest == [numbers[0], *numbers[:0:-1]], "a change of status is no message"
    oldest = walked(Filters(sort=Sort.LONGEST_SILENT), desk)
    assert [ticket.ticket_id for ticket in oldest] == newest[::-1]


def test_each_order_reads_an_index_and_nothing_beside_the_list(desk, django_assert_num_queries):
    for filters, statements in (
        (Filters(sort=Sort.STATUS), 4),
        (Filters(sort=Sort.CATEGORY), 6),
        (Filters(sort=Sort.LAST_STATUS, statuses=ACTIVE), 2),
        (Filters(sort=Sort.PRIORITY, priorities=frozenset({"High"})), 1),
    ):
        with django_assert_num_queries(statements):
            hits(filters)
    for statuses in (frozenset(), ACTIVE):
        for sort in (Sort.LAST_MESSAGE, Sort.LONGEST_SILENT):
            plan = sqlite_plan(lambda: hits(Filters(statuses=statuses, sort=sort)))  # noqa: B023
            assert "message" in plan
            assert "TEMP B-TREE" not in plan
