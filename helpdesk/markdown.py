"""Convert text that people write to safe HTML.

Representatives write Markdown: `to_html`. Customers' text is shown as they wrote it: `as_written`.
Raw HTML is shown as text; the renderer's output is cleaned once more by an allowlist. Pictures are
removed, since they would tell their server who reads. Setext headings and link definitions are
disabled, because people write `-- ` above their names and `[1]: …` below their texts.

A text of 20 kB can be made to cost seconds, or megabytes of HTML: one with more marks than its
length allows is shown as written instead. Each process caches results for a while.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import nh3
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MOST_WEIGHT = 1_000_000
"""Marks of a text times its length: what the renderer's work grows with, at worst."""

MOST_MARKS = 400
"""Marks, list items, and signs of a ticket or an address: each is work of its own."""

MOST_LINES = 1_000
MOST_LINKS = 100
"""Links in a text that is shown as written; further addresses stay text."""

MOST_CELLS = 1_500
"""Of a table; a row that is left short is filled up with empty ones."""

MOST_GROWTH = 4
"""Times as long as its text that HTML may be, beside the first 2,000 characters."""

_MARKS = re.compile(r"[\[\]*_`~|<>&\\]|//")
_ITEMS = re.compile(r"[#@]|^[ \t]*(?:[-+]|\d{1,9}[.)])(?=\s)", re.MULTILINE)
_TICKET = re.compile(r"(?<![\w/#&])#(\d{1,12})(?![\w#])")
_LINK = re.compile(
    r"(?P<url>https?://[^\s<>\"]{1,2000})"
    r"|(?<![\w.+-])(?P<address>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
)
_TRAILING = ".,:;!?'\")]}"
_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


@lru_cache(maxsize=256)
def to_html(text: str, *, tickets: bool = False) -> SafeString:
    """Return `text` rendered as Markdown; with `tickets`, `#41` becomes a link to that ticket."""
    marks = len(_MARKS.findall(text))
    heavy = marks * len(text) > MOST_WEIGHT or marks + len(_ITEMS.findall(text)) > MOST_MARKS
    if heavy or text.count("\n") > MOST_LINES:
        return as_written(text)
    lines = text.splitlines()
    cells = max((line.count("|") for line in lines), default=0) * len(lines)
    renderer = (_WITHOUT_TABLES if cells > MOST_CELLS else _RENDERER)[tickets]
    html = renderer.render(text)
    if len(html) > MOST_GROWTH * len(text) + 2_000:
        return as_written(text)
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308 (cleaned just now)


def work(text: str) -> int:
    """Return how expensive `text` is as Markdown: its marks, items and lines, about 0.05 ms each.

    For a text that `to_html` would show as written this is 1: not to format it saves nothing. How
    much of such texts a page shows has a limit of its own, in `tickets.services.read`.
    """
    marks, items, lines = len(_MARKS.findall(text)), len(_ITEMS.findall(text)), text.count("\n")
    if marks * len(text) > MOST_WEIGHT or marks + items > MOST_MARKS or lines > MOST_LINES:
        return 1
    return 1 + marks + items + lines // 3


@lru_cache(maxsize=256)
def as_written(text: str) -> SafeString:
    """Return `text` with its line breaks and spaces, URLs as links, and nothing else."""
    lines = "".join(_linked(text))
    if len(lines) > MOST_GROWTH * len(text) + 2_000:
        lines = escape(text)
    return mark_safe(f'<p class="as-written">{lines}</p>')  # noqa: S308 (escaped in `_linked`)


def _linked(text: str) -> Iterator[str]:
    end = 0
    for found in islice(_LINK.finditer(text), MOST_LINKS):
        shown = found[0].rstrip(_TRAILING)
        if not shown.partition("//")[2] and found["url"]:
            continue
        target = f"mailto:{shown}" if found["address"] else shown
        yield escape(text[end : found.start()])
        yield f'<a href="{escape(target)}" rel="noopener noreferrer nofollow">{escape(shown)}</a>'
        end = found.start() + len(shown)
    yield escape(text[end:])


def _renderer(*, tables: bool, tickets: bool) -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    made.enable(["linkify", "strikethrough", *(["table"] if tables else [])])
    made.disable(["image", "lheading", "reference"])
    made.inline.ruler.disable("linkify")  # the core's rule does as much, at a cost that is bounded
    if tickets:
        made.core.ruler.after("linkify", "tickets", _link_tickets)
    return made


def _link_tickets(state: StateCore) -> None:
    """Make `#41` in running text a link; not in code, and not in what is a link already."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "#" in block.content:
            block.children = list(_with_tickets(block.children))


def _with_tickets(tokens: list[Token]) -> Iterator[Token]:
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or inside:
            yield token
            continue
        end = 0
        for found in _TICKET.finditer(token.content):
            yield _text(token.content[end : found.start()])
            href = reverse("ticket_detail", args=[found[1]])
            yield Token("link_open", "a", 1, attrs={"href": href})
            yield _text(found[0])
            yield Token("link_close", "a", -1)
            end = found.end()
        yield _text(token.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


_RENDERER = {tickets: _renderer(tables=True, tickets=tickets) for tickets in (False, True)}
_WITHOUT_TABLES = {tickets: _renderer(tables=False, tickets=tickets) for tickets in (False, True)}
