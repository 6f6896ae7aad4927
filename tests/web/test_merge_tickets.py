"""A ticket is merged: the other one is found, both are shown, and the merge can be undone."""

import html
import re

import pytest

from customers.services.create import create_customer
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from tests.world import settle, stored
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle import merge_candidates
from tickets.services.lifecycle.links_and_merges import link
from tickets.services.lifecycle.status import change_status


@pytest.fixture
def two(desk):
    now = this_second()
    source = desk.ticket(subject="Papers are missing", tags=["broker"], now=now).ticket_id
    other = desk.ticket(subject="Customs at Bremerhaven", now=now).ticket_id
    done = desk.ticket(subject="An old question", now=now).ticket_id
    change_status(done, to="Closed", by=desk.rep)
    settle()
    return source, other, done


def offered(page: str, source: str) -> list[str]:
    return re.findall(rf'href="/tickets/{source}/merge/\?other=(\d+)', page)


def test_the_customers_own_tickets_are_offered_and_found_by_number_and_words(rep_client, two, desk):
    source, other, done = two
    zoe = create_customer(name="Zoe", by=desk.rep, now=this_second()).customer_id
    strange = desk.ticket(customer_id=zoe, subject="Bremerhaven").ticket_id
    settle()

    def search(text: str) -> list[str]:
        page = rep_client.get(f"/tickets/{source}/merge/", {"q": text})
        return offered(page.content.decode(), source)

    assert search("") == [other, done], "open ones first"
    assert search("bremerh") == [other], "of the same customer alone"
    assert search(f"#{strange}") == [strange]
    assert search(source) == []
    page = rep_client.get(f"/tickets/{source}/merge/", {"other": strange}).content.decode()
    assert "Tickets of different customers can’t be merged." in page
    assert rep_client.get("/tickets/4711/merge/").status_code == 404


def test_how_much_was_said_in_both_and_the_first_words_of_the_last_message(
    rep_client, two, desk, monkeypatch
):
    source, other, _done = two
    respond(source, content="We ask\nthe <broker>. " + "x" * 300, by=desk.rep2)
    note(source, content="He is away until Monday.", by=desk.rep)
    respond(source, content="We ask\nthe <broker>. " + "x" * 300, by=desk.rep2)
    change_status(source, to="Resolved", by=desk.rep)

    def shown():
        with capacity.counting() as usage:
            page = rep_client.get(f"/tickets/{source}/merge/", {"other": other}).content.decode()
        assert usage.operations.count("Query") <= 3, "one for the log of each, and candidates"
        return " ".join(html.unescape(page).split())

    page = shown()
    assert "4 messages and notes" in page
    assert "1 message </p>" in page, "its opening"
    assert re.search(r"Tomasz Nowak</bdi>, .{,40}:</span> <bdi>We ask the <broker>. x+…", page)
    assert "Rosa Marin</bdi>, " in page, "who wrote it"
    monkeypatch.setattr(merge_candidates, "MOST_LINES", 2)
    assert "At least 2 messages and notes" in shown()


def test_both_are_shown_with_what_will_happen_and_the_other_direction(rep_client, two, desk):
    source, other, done = two
    link(source, other_id=desk.ticket(subject="Linked").ticket_id, by=desk.rep)

    page = rep_client.get(f"/tickets/{source}/merge/", {"other": other}).content.decode()

    assert f"Merge #{source} into #{other}" in page
    assert f"Ticket {source} goes into ticket {other}" in page
    assert "gets these tags: broker" in page
    assert "is linked to #4" in page
    assert f'href="/tickets/{other}/merge/?other={source}"' in page
    assert "You may want the other direction." not in page
    closed = rep_client.get(f"/tickets/{source}/merge/", {"other": done}).content.decode()
    assert "is Closed and stays so until the customer writes" in closed
    assert stored(source).merged_into is None


def test_a_merge_is_undone_from_its_message(rep_client, two):
    source, other, _done = two

    page = rep_client.post(f"/tickets/{source}/merge/", {"other": other}, follow=True)

    assert page.redirect_chain == [(f"/tickets/{other}/", 302)]
    words = page.content.decode()
    assert f"Ticket {source} was merged into this ticket." in words
    assert stored(source).merged_into == other
    assert f'action="/tickets/{source}/unmerge/"' in words
    rep_client.post(f"/tickets/{source}/unmerge/")
    assert (stored(source).merged_into, stored(source).status) == (None, "Open")


@pytest.mark.parametrize("wrong", ["", "abc", "4711", "1"])
def test_a_wrong_number_is_said_on_the_page(rep_client, two, wrong):
    answer = rep_client.post("/tickets/1/merge/", {"other": wrong})

    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.content.decode()


def test_a_closing_is_undone_from_the_page_by_whoever_closed_it(rep_client, two, client, desk):
    number = two[1]
    version = stored(number).version
    page = rep_client.post(
        f"/tickets/{number}/status/", {"status": "Closed", "version": version}, follow=True
    )
    undo = f'action="/tickets/{number}/undo-close/"'
    assert undo in page.content.decode()
    client.force_login(desk.rep2_user)
    assert undo not in client.get(f"/tickets/{number}/").content.decode()
    client.force_login(desk.rep_user)

    page = client.post(
        f"/tickets/{number}/undo-close/", {"version": stored(number).version}, follow=True
    )

    assert stored(number).status == "Open"
    assert undo not in page.content.decode()
