"""HTML of an e-mail: made harmless to show, and as text.

Hostile HTML is slow before it is dangerous: thousands of nested elements, comments without an end.
So its length is capped and its elements are nested anew, at most `MOST_DEPTH` deep, before a
parser sees it; and the text is made of the same stream of tags. Both take time that grows with
the length of the HTML, and no more.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import unquote

import nh3

MOST_SHOWN = 2_000_000
"""Characters; what comes after them is not shown here."""
_LONGEST_TAG = 20_000
MOST_DEPTH = 200
"""Open elements; further ones are left out, their text stays."""

_TAGS = {
    *("a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center"),
    *("cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figure"),
    *("figcaption", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd"),
    *("li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong"),
    *("sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul"),
    *("var", "wbr"),
}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start"},
    "font": {"color"},
    "table": {"align"},
}
_SCHEMES = {"http", "https", "mailto", "cid"}
_UNSEEN = {"script", "style", "title"}
# What would make a parser read all that follows in another way; only the tags go.
_NO_TAGS = {
    *("plaintext", "xmp", "noembed", "noframes", "textarea", "frameset", "template", "select"),
    *("svg", "math", "iframe", "object", "noscript"),
}
_VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
    *("source", "track", "wbr"),
}
# Their ends may be missing, and nest nothing.
_ENDED_BY_NEXT = {
    *("p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "colgroup"),
    *("html", "head", "body"),
}
_MARKUP = re.compile(
    r"<!--|<[!?]|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,40})(?![a-zA-Z0-9:-])"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+'|[\"'])*+)>"
)

_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});)")
# Python refuses to read numbers of thousands of digits.
_LONG_NUMBER = re.compile(r"&(?=#(?:[xX][0-9a-fA-F]{7}|[0-9]{8}))")


class Token(NamedTuple):
    """A tag, with the text before it; the last one of a document has no name."""

    before: str
    name: str = ""
    closes: bool = False
    attributes: str = ""
    markup: str = ""


def tokens(html: str) -> Iterator[Token]:
    """Read HTML as tags with the text before each. Comments, scripts and styles are left out;
    those that never end are text but for their first sign."""
    ends_not: set[str] = set()
    position = 0
    before = ""

    def end_of(kind: str, found: re.Match[str]) -> int:
        if kind not in ends_not:
            after = re.compile(re.escape(kind), re.IGNORECASE).search(html, found.end())
            if after:
                return after.end()
            ends_not.add(kind)
        return found.end()

    while True:
        found = _MARKUP.search(html, position)
        if not found:
            yield Token(before + html[position:])
            return
        before += html[position : found.start()]
        name = (found["name"] or "").lower()
        if found[0] == "<!--":
            closed_at_once = html.startswith((">", "->"), found.end())
            position = html.index(">", found.end()) + 1 if closed_at_once else end_of("-->", found)
        elif not name:
            position = end_of(">", found)
        elif name in _UNSEEN:
            position = found.end() if found["close"] else end_of(f"</{name}>", found)
        else:
            yield Token(before, name, bool(found["close"]), found["attributes"], found[0])
            before = ""
            position = found.end()


@dataclass(frozen=True, slots=True)
class Sanitised:
    html: str
    blocked: int
    """How many remote pictures were left out."""


def sanitised(
    html: str, *, picture_url: Callable[[str], str | None], remote_pictures: bool
) -> Sanitised:
    """Return HTML that only shows: without scripts, styles, forms, frames and remote pictures.

    `picture_url` returns the URL of a picture of the message itself (`cid:…`), None if there is no
    such picture. Remote pictures would tell their server who reads: they are removed and counted,
    unless `remote_pictures`. Links send no referrer; they are http, https or mailto.
    """
    blocked = 0

    def attribute(element: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if (element, name) == ("a", "href"):
            return None if value.strip().lower().startswith("cid:") else value
        if (element, name) != ("img", "src"):
            return value
        address = value.strip()
        if address[:4].lower() == "cid:":
            return picture_url(unquote(address[4:]))
        if not address.lower().startswith(("https://", "http://", "//")):
            return None
        if remote_pictures and not address.startswith("//"):
            return address
        blocked += not remote_pictures
        return None

    cleaned = nh3.clean(
        nested_anew(html[:MOST_SHOWN]),
        tags=_TAGS,
        clean_content_tags=_UNSEEN,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Sanitised(cleaned, blocked)


def nested_anew(html: str) -> str:
    """Return HTML that a parser reads exactly as `tokens` did, at most `MOST_DEPTH` deep.

    Elements are closed where they were opened, and what is no tag is written as text. At most
    `MOST_SHOWN` characters and their markup.
    """
    found: list[str] = []
    open_: list[str] = []
    too_deep = 0
    room = MOST_SHOWN
    for token in tokens(html):
        text = escape(plain(token.before), quote=False)
        found.append(text if len(text) <= room else escape(plain(token.before)[: room // 5]))
        room -= len(text) + len(token.markup)
        name = token.name
        if room <= 0:
            break
        if not name or name in _NO_TAGS:
            continue
        markup = _BARE_AMPERSAND.sub("&amp;", token.markup)
        if len(markup) > _LONGEST_TAG:
            markup = f"<{name}>"
        if name in _VOID or name in _ENDED_BY_NEXT:
            found.append(markup)
        elif not token.closes:
            if len(open_) < MOST_DEPTH:
                open_.append(name)
                found.append(markup)
            else:
                too_deep += 1
        elif too_deep:
            too_deep -= 1
        elif name in open_:
            while (closed := open_.pop()) != name:
                found.append(f"</{closed}>")
            found.append(f"</{name}>")
    found += [f"</{name}>" for name in reversed(open_)]
    return "".join(found)


def plain(text: str) -> str:
    """Return text between tags with its character references read."""
    return unescape(_LONG_NUMBER.sub("&amp;", text)) if "&" in text else text


def from_text(text: str) -> str:
    """Return plain text as HTML that shows it, line by line."""
    return "<br>\n".join(escape(line) for line in text.split("\n"))
