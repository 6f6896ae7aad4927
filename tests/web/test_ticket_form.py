"""The forms that act on a ticket: made by one tag, sent by htmx or without it."""

from html.parser import HTMLParser

import pytest

from helpdesk.clock import this_second
from tickets.services.conversation.communicate import note

ANY_VERSION = {
    *("reply", "note", "heard", "link", "split", "participants", "remove"),
    *("follow", "snooze", "remind"),
}
"""Forms that are right whatever has changed since; the composer says apart what has been seen."""


class Forms(HTMLParser):
    """Reads the forms of a page with the hidden fields in them, and the attributes of #ticket."""

    def __init__(self, page):
        super().__init__()
        self.found, self.ticket = [], {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if said.get("id") == "ticket":
            self.ticket = said
        if tag == "form":
            self.found.append({**said, "fields": {}})
        if tag == "input" and said.get("type") == "hidden" and self.found:
            self.found[-1]["fields"][said["name"]] = said["value"]


@pytest.fixture
def ticket(desk):
    return desk.ticket(now=this_second())


def ticket_forms(page, ticket):
    address = f"/tickets/{ticket.ticket_id}/"
    return [form for form in Forms(page).found if form.get("action", "").startswith(address)]


def test_each_goes_where_it_goes_without_script_and_says_what_was_seen(rep_client, ticket):
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    forms = [form for form in ticket_forms(page, ticket) if form.get("method") == "post"]

    assert {form["action"].split("/")[-2] for form in forms} > {"status", "assign", "reply", "link"}
    for form in forms:
        assert form["hx-post"] == form["action"]
        assert form["fields"]["csrfmiddlewaretoken"]
        seen = {name for name in ("version", "seen") if name in form["fields"]}
        if form["action"].split("/")[-2] in ANY_VERSION:
            assert "version" not in seen
        else:
            assert form["fields"].get("version") == str(ticket.version), form["action"]
            assert form["fields"]["seen"]


def test_where_an_answer_goes_is_said_once(rep_client, ticket):
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()

    assert page.count('hx-target="#ticket"') == 1
    assert Forms(page).ticket["hx-target"] == "#ticket"
    assert Forms(page).ticket["hx-swap"] == "outerHTML"
    assert not [form for form in ticket_forms(page, ticket) if "hx-target" in form]


def test_a_form_with_files_can_carry_them(rep_client, ticket):
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    [reply] = [form for form in Forms(page).found if form.get("id") == "reply"]

    assert reply["enctype"] == reply["hx-encoding"] == "multipart/form-data"
    assert "data-draft" in reply
    assert reply["class"] == "composer-form"


def test_the_page_of_earlier_messages_sends_its_forms_plainly(rep_client, ticket, desk):
    """It has no #ticket for an answer to go to; the ticket page fetches the same lines and has."""
    last = note(ticket.ticket_id, content="Call back at noon.", by=desk.rep2).last_id
    url = f"/tickets/{ticket.ticket_id}/log/?before={last}~"

    page = rep_client.get(url).content.decode()
    lines = rep_client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "Call back at noon." in page
    assert "hx-disable" in page
    assert "Call back at noon." in lines
    assert "hx-disable" not in lines
