"""The numbers beside saved views: which views have one, how late it is, and what it costs."""

import pytest

from tests.world import NOON, after, settle
from tickets.models import SavedView
from tickets.services.lists.counts import KEPT
from tickets.services.lists.saved_views import save_view, saved_views
from tickets.services.lists.view_counts import MOST, view_counts

LATER = after(seconds=KEPT)


@pytest.fixture
def tickets(desk):
    desk.ticket(priority="High", assigned_to=desk.rep.user_id)
    desk.ticket(priority="High")
    desk.ticket(priority="Low", tags=["rust"])
    settle()


def counted(desk, now=NOON):
    views = list(saved_views(by=desk.rep))
    held = view_counts(views, by=desk.rep, now=now)
    return {view.name: held.get(view.pk) for view in views}


def test_views_of_active_tickets_are_counted_together(desk, tickets, django_assert_num_queries):
    for name, query in {
        "High": "view=active&priority=High",
        "High, no view": "priority=High&sort=-updatedAt",
        "Mine": "view=mine",
        "Rust": "view=active&tag=rust",
        "None": "view=active&category=Billing",
        "All years": "view=all&priority=High",
        "Closed": "view=closed",
        "A text": "view=active&q=car",
        "A customer by words": "view=active&customer=bianchi",
    }.items():
        save_view(name=name, query=query, by=desk.rep)
    gone = SavedView(name="Gone", query="view=active&field=port:x", owner_id=desk.rep.user_id)
    gone.save()

    assert counted(desk) == {
        "High": 2,
        "High, no view": 2,
        "Mine": 1,
        "Rust": 1,
        "None": 0,
        "All years": None,
        "Closed": None,
        "A text": None,
        "A customer by words": None,
        "Gone": None,
    }
    views = list(saved_views(by=desk.rep))
    with django_assert_num_queries(0):
        view_counts(views, by=desk.rep, now=after(seconds=1))
    gone.delete()
    views = list(saved_views(by=desk.rep))
    with django_assert_num_queries(1):
        view_counts(views, by=desk.rep, now=LATER)


def test_a_count_is_renewed_and_of_the_first_views_alone(desk, tickets):
    for number in range(MOST + 1):
        save_view(name=f"{number:02}", query="view=active&priority=High", by=desk.rep)
    assert counted(desk)[f"{MOST - 1:02}"] == 2
    assert counted(desk)[f"{MOST:02}"] is None
    desk.ticket(priority="High")
    settle()
    assert counted(desk)["00"] == 2
    assert counted(desk, LATER)["00"] == 3


def test_the_menu_shows_them(rep_client, desk, tickets):
    save_view(name="Rusty", query="view=active&tag=rust", by=desk.rep)
    menu = rep_client.get("/nav/").content.decode()
    assert '<span class="count">' in menu.partition("Rusty</span>")[2]
