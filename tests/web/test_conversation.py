"""Whose words a message shows, and that it shows them as they were written."""

import re
from time import process_time

import pytest

from helpdesk import markdown
from helpdesk.markdown import MOST_GROWTH, as_written, to_html
from tests.world import NOON, after, log_of
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.store.items import Communication

WRITTEN = [
    "Regards\n-- \nGiulia",
    "Path C:\\new\\_x and VIN WVW***",
    "[1]: http://track.example/1\nsee [1]",
    "1. one\n2. two\n   indented",
    "# not a heading\n> not a quote\n| a | b |\n|---|---|",
    "_this_ *is* **mine** `too` ~~gone~~",
    "<b>bold</b> & &amp;",
]


def text_of(html):
    """What a reader sees."""
    bare = re.sub(r"<[^>]+>", "", str(html))
    for entity, sign in (
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&"),
    ):  # fmt: skip
        bare = bare.replace(entity, sign)
    return bare


def customer_writes(desk, content, by=None):
    ticket = desk.ticket()
    communicate(
        ticket.ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=content,
        by=by or desk.rep,
        now=NOON,
    )
    return ticket.ticket_id


def message(client, number):
    page = client.get(f"/tickets/{number}/").content.decode()
    return page[page.index('data-kind="inbound"') :].split("</li>")[0]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_a_customer_wrote_is_shown_as_written(text):
    assert text_of(as_written(text)) == text


@pytest.mark.parametrize("text", WRITTEN)
def test_the_ticket_page_shows_it_so_too(rep_client, desk, text):
    shown = message(rep_client, customer_writes(desk, text))

    body = shown[shown.index('class="as-written">') :].partition(">")[2].partition("</p>")[0]
    assert text_of(body) == text


def test_addresses_are_links_without_the_point_behind_them():
    html = as_written("See https://track.example/a?b=1&c=2. Write to a@x.example, please")

    assert '<a href="https://track.example/a?b=1&amp;c=2"' in html
    assert '<a href="mailto:a@x.example"' in html
    assert as_written("javascript:alert(1)") == '<p class="as-written">javascript:alert(1)</p>'


def test_a_message_that_a_colleague_recorded_is_the_customers(rep_client, desk):
    shown = message(rep_client, customer_writes(desk, "Any news?", by=desk.rep2))

    assert ">Giulia Bianchi</bdi>" in shown
    assert "Logged by Tomasz Nowak" in shown


def test_it_stays_theirs_when_the_ticket_gets_another_customer(rep_client, desk):
    number = customer_writes(desk, "Any news?")
    [line] = [line for line in log_of(number) if line.direction == "inbound"]

    assert line.author_id == desk.customer.customer_id
    answer = rep_client.get(f"/api/tickets/{number}").json()
    [said] = [one for one in answer["communications"] if one["direction"] == "inbound"]
    assert (said["customerId"], said["createdBy"]) == (line.author_id, desk.rep.user_id)


def test_staffs_underlines_make_no_heading_and_brackets_no_definition():
    assert "<h2" not in to_html("Regards\n-- \nAda")
    assert text_of(to_html("[1]: http://x.example/")).strip() == "[1]: http://x.example/"
    assert "<h2>" in to_html("## A heading")


def test_a_ticket_number_is_a_link_among_colleagues_alone():
    assert '<a href="/tickets/41/"' in to_html("see #41.", tickets=True)
    for text in ("`#41`", "[#41](http://x.example)", "a#41", "#41a", "page#41", "##41", "/#41"):
        assert "/tickets/41/" not in to_html(text, tickets=True), text
    assert "/tickets/41/" not in to_html("see #41."), "customers cannot open it"
    assert "/tickets/41/" not in as_written("see #41.")


def test_a_number_in_a_note_is_a_link(rep_client, desk):
    number = desk.ticket().ticket_id
    note(number, content="as in #4711", by=desk.rep)

    assert 'href="/tickets/4711/"' in rep_client.get(f"/tickets/{number}/").content.decode()


@pytest.mark.parametrize(
    "text",
    ["@tomasz@example.com", "a@tomasz", "tomasz@helpdesk.example", "https://x.example/@tomasz"],
)
def test_an_address_calls_nobody(desk, text):
    from tests.world import settle
    from tickets.services.delivery import notifications

    note(desk.ticket().ticket_id, content=f"Ask {text}", by=desk.rep, now=NOON)
    settle()

    assert [told for told in notifications.newest(by=desk.rep2) if told.kind == "mentioned"] == []


def test_a_mention_of_nobody_is_said_to_be_one(rep_client, desk):
    number = desk.ticket().ticket_id

    plain = rep_client.post(
        f"/tickets/{number}/note/", {"content": "@tomasz @tomsz please"}, follow=True
    )
    partial = rep_client.post(
        f"/tickets/{number}/note/", {"content": "@nobody"}, headers={"HX-Request": "true"}
    )

    assert "No user or team called @tomsz." in plain.content.decode()
    assert "No user or team called @nobody." in partial.content.decode()


HOSTILE = {
    "references": "[a]: http://" + "x" * 3_000 + "\n\n" + "[a] " * 4_000,
    "links": "(( http://a.b/" * 1_500,
    "link ends": "[a](" * 5_000,
    "schemes": "a://" * 5_000,
    "a wide table": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|\n" * 5_000,
    "a thin wide table": "|a" * 25 + "\n" + "|-" * 25 + "\n" + "|\n" * 300,
    "brackets": "[" * 20_000,
    "stars": "*a _b " * 3_300,
    "quotes": "> " * 10_000,
    "ticks": "".join("`" * n + " " for n in range(200)),
    "ticket numbers": "#1 " * 6_666,
    "mail addresses": "a@b.cc " * 2_800,
    "bracketed addresses": "<a@b.c>" * 2_850,
    "addresses without a scheme": "//a.b " * 3_333,
    "a long list": "1. a\n" * 4_000,
    "a short list in little text": "- a\n" * 700,
    "short lines": "a\n" * 10_000,
    "rows without cells": "|a" * 25 + "\n" + "|-" * 25 + "\n" + "|\n" * 800,
    "many tables": ("|a" * 25 + "\n" + "|-" * 25 + "\n" + "|\n" * 10 + "\n") * 60,
    "addresses of signs": "https://a/" + "&'" * 9_900,
}

MOST_TOKENS_OF_A_PAGE = 40_000
"""Some 100 ms."""
MOST_BYTES_OF_A_PAGE = 600_000
MOST_TOKENS = 6_000
"""What the renderer makes of any one text, at most: some 10 ms of work."""


def tokens_of(tokens):
    return sum(1 + len(token.children or ()) for token in tokens)


@pytest.fixture
def made(monkeypatch):
    """How many tokens the renderer has made of each text that it was given."""
    counts = []
    parse = markdown.MarkdownIt.parse

    def counted(self, *given):
        tokens = parse(self, *given)
        counts.append(tokens_of(tokens))
        return tokens

    monkeypatch.setattr(markdown.MarkdownIt, "parse", counted)
    return counts


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_little_work(name, made):
    for length in (300, 1_000, 3_000, 20_000):
        to_html.cache_clear()
        to_html(HOSTILE[name][:length], tickets=True)

    assert max(made, default=0) <= MOST_TOKENS, f"{name}: {max(made)} tokens of one text"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_customer_wrote_grows_no_further_either(name):
    text = HOSTILE[name][:20_000]

    assert len(as_written(text)) <= 6 * len(text) + 2_000, "a quote is six characters of HTML"


def test_an_ordinary_long_reply_is_still_markdown():
    text = "\n\n".join(
        ["## What we found", "- **One** thing\n- `another`\n- see https://x.example/a"] * 12
        + ["A sentence of some length, as people write them, with a comma or two. " * 3] * 40
    )

    assert len(text) > 8_000
    assert "<strong>One</strong>" in to_html(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_grows_no_further_than_its_length_allows(name, monkeypatch):
    text = HOSTILE[name][:20_000]
    rendered = []
    render = markdown.MarkdownIt.render
    monkeypatch.setattr(
        markdown.MarkdownIt,
        "render",
        lambda self, given: rendered.append(given) or render(self, given),
    )
    to_html.cache_clear()

    html = to_html(text, tickets=True)

    assert len(html) <= max(MOST_GROWTH * len(text) + 2_000, 8 * len(text))
    for given in rendered:  # what is rendered at all is light
        assert len(re.findall(r"[\[\]*_`~|<>&]|://", given)) * len(given) <= markdown.MOST_WEIGHT


def test_html_is_computed_once(monkeypatch):
    to_html.cache_clear()
    first = to_html("**once**", tickets=True)
    monkeypatch.setattr(markdown, "nh3", None)

    assert to_html("**once**", tickets=True) is first


def test_replies_show_markdown_to_the_customer_too(rep_client, desk):
    number = desk.ticket().ticket_id
    respond(number, content="It is **here**.", by=desk.rep)

    assert "<strong>here</strong>" in rep_client.get(f"/tickets/{number}/").content.decode()


@pytest.mark.parametrize(
    "text", ["1. a\n" * 395, "//a.b " * 390, "a\n" * 990, "- a\n" * 250, "*a* " * 190]
)
def test_a_page_of_fifty_texts_just_inside_every_bound_is_little_work(desk, client, made, text):
    """Each alone was some 20 ms, and fifty of them more than a second."""
    number = desk.ticket().ticket_id
    for place in range(50):
        note(number, content=f"{place}\n\n{text}", by=desk.rep, now=after(minutes=place))
    client.force_login(desk.rep_user)
    to_html.cache_clear()
    made.clear()
    page = client.get(f"/tickets/{number}/").content.decode()

    assert made, "the newest is formatted"
    assert sum(made) <= MOST_TOKENS_OF_A_PAGE, f"{sum(made)} tokens of one page"
    assert page.count("as-written") > 25, "older ones are shown as written"
    assert len(page) < MOST_BYTES_OF_A_PAGE


def test_a_page_of_fifty_hostile_messages_is_bounded(desk, client, made, looked_at):
    """In its tokens, its bytes, and (far above what a quiet machine needs) processor time.

    `--junit-xml` has each page's figures. On two cores with other work they were 57 to 243 ms of
    processor time, and 186 to 458 kB.
    """
    number, lines = _notes(desk, 50)
    client.force_login(desk.rep_user)
    client.get(f"/tickets/{number}/")
    too_much = {}
    for name, text in HOSTILE.items():
        _say(lines, text)
        to_html.cache_clear()
        as_written.cache_clear()
        made.clear()
        started = process_time()
        page = client.get(f"/tickets/{number}/").content
        spent = process_time() - started
        figures = (sum(made), len(page), spent)
        looked_at(f"{name}: {sum(made)} tokens, {len(page)} bytes, {spent * 1_000:.0f} ms")
        bounds = (MOST_TOKENS_OF_A_PAGE, MOST_BYTES_OF_A_PAGE, 3)
        if any(figure > bound for figure, bound in zip(figures, bounds, strict=True)):
            too_much[name] = figures

    assert too_much == {}


def _notes(desk, count):
    number = desk.ticket().ticket_id
    for place in range(count):
        note(number, content="-", by=desk.rep, now=after(minutes=place))
    return number, [line for line in log_of(number) if line.type == "Internal Note"]


def _say(lines, text):
    """Give each entry of a log this text, as long as it may be, and none the same."""
    with Communication.batch_write() as batch:
        for place, line in enumerate(lines):
            line.content = f"{place}\n\n{text}"[:20_000].strip()
            batch.save(line)


def test_all_of_a_log_is_reached_where_its_messages_are_long(rep_client, desk):
    """DynamoDB answers a megabyte at once, and a page shows less than that."""
    number, lines = _notes(desk, 45)
    _say(lines, "言" * 20_000)

    seen, url, parts = set(), f"/tickets/{number}/", 0
    while url:
        page = rep_client.get(url).content.decode()
        shown = set(re.findall(r'id="line-(\w+)"', page))
        assert not shown & seen, "none twice"
        seen |= shown
        url = next(iter(re.findall(r'id="load-earlier"[^>]* href="([^"]+)"', page)), "")
        parts += 1
        assert parts <= 4, "three of 15 entries, and one with what came before them"

    assert seen - {"opening"} == {line.communication_id for line in lines}


def test_the_admins_pages_of_long_messages_are_bounded_too(desk, client):
    number, lines = _notes(desk, 50)
    _say(lines, HOSTILE["addresses of signs"])
    client.force_login(desk.supervisor_user)

    for page in ("change", "history"):
        shown = client.get(f"/admin/tickets/ticket/{number}/{page}/").content
        assert len(shown) <= MOST_BYTES_OF_A_PAGE, f"{page}: {len(shown)} bytes"
        assert f"{len(lines) - 1}\n\nhttps://a/".encode() in shown, "the newest is there"
