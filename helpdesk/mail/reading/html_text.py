"""HTML as text, with nothing left out.

Paragraphs, lists, table rows and quotes keep their lines; links show their URLs; quotes of mail
programs begin with `>`, so that they are folded like those of plain text.
"""

import re

from helpdesk.mail.reading.html import Token, plain, tokens

_PARAGRAPHS = {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre"}
_LINES = {
    *("div", "tr", "li", "table", "address", "article", "section", "header", "footer", "dt", "dd"),
    *("center", "form", "fieldset", "option", "figure", "body", "html", "caption"),
}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ATTRIBUTE = re.compile(
    r"""\b(href|alt|type|class|style)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\bcite\b|quote|border-left", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)
_MOST_QUOTES = 20
_LONGEST_LINK = 2_000


def text_of(html: str) -> str:
    """Return the text of HTML; lines end in LF. Takes time in proportion to its length."""
    page = _Page()
    for token in tokens(html):
        page.write(token.before)
        if token.name:
            page.tag(token)
    return page.text()


class _Page:
    """Text while it is written: complete lines, and the current one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes: list[str] = []
        self.preformatted = 0
        self.link = ""
        self.link_text: list[str] = []
        self.bullets: list[int | None] = []

    def text(self) -> str:
        self.end_line()
        return "\n".join(self.lines).strip("\n")

    def write(self, text: str) -> None:
        if not text:
            return
        text = plain(text)
        if self.preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.put(first)
            for other in others:
                self.break_line()
                self.put(other)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        self.put(text.replace("\xa0", " "))

    def put(self, text: str) -> None:
        if text:
            self.line.append(text)
            if self.link:
                self.link_text.append(text)

    def break_line(self) -> None:
        written = "".join(self.line).rstrip()
        self.lines.append((self.prefix() + written).rstrip() if written else self.prefix().rstrip())
        self.line = []

    def end_line(self) -> None:
        """Begin a new line, unless this one is empty."""
        if "".join(self.line).strip():
            self.break_line()
        self.line = []

    def paragraph(self) -> None:
        """Begin a new line after an empty one."""
        self.end_line()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self.prefix().rstrip())

    def prefix(self) -> str:
        return "".join(self.quotes[:_MOST_QUOTES])

    def tag(self, token: Token) -> None:
        name, closes = token.name, token.closes
        if name == "br":
            self.break_line()
        elif name == "hr":
            self.end_line()
            self.lines.append(self.prefix() + "_" * 32)
        elif name == "img" and not closes:
            alt = plain(_attributes(token).get("alt", "")).strip()
            if alt:
                self.put(f"[{alt}]")
        elif name == "a":
            self.anchor(token)
        elif name in ("td", "th"):
            if not closes and self.line:
                self.line.append("  ")
        elif name in _PARAGRAPHS:
            self.paragraph()
            self.block(token)
        elif name in _LINES:
            self.end_line()
            if name == "li" and not closes:
                self.line.append(self.bullet())

    def block(self, token: Token) -> None:
        """Begin a paragraph of a certain kind, which affects its lines."""
        name, closes = token.name, token.closes
        if name == "pre":
            self.preformatted = max(0, self.preformatted + (-1 if closes else 1))
        elif name in ("ul", "ol"):
            if not closes:
                self.bullets.append(0 if name == "ol" else None)
            elif self.bullets:
                self.bullets.pop()
        elif name == "blockquote":
            if closes and self.quotes:
                self.quotes.pop()
                if self.lines and not self.lines[-1].strip("> "):
                    self.lines[-1] = self.prefix().rstrip()
            elif not closes:
                kind = " ".join(_attributes(token).values())
                self.quotes.append("> " if _QUOTED.search(kind) else "    ")

    def bullet(self) -> str:
        if not self.bullets or self.bullets[-1] is None:
            return "- "
        self.bullets[-1] += 1
        return f"{self.bullets[-1]}. "

    def anchor(self, token: Token) -> None:
        """Write a link's URL, unless it is the link's text."""
        self.end_link()
        if not token.closes:
            href = plain(_attributes(token).get("href", "")).strip()
            if _SCHEME.match(href) and len(href) <= _LONGEST_LINK:
                self.link = _SPACE.sub("", href)

    def end_link(self) -> None:
        target = _SCHEME.sub("", self.link).rstrip("/")
        shown = "".join(self.link_text).strip()
        link, self.link, self.link_text = self.link, "", []
        if target and shown and target.lower() not in shown.lower():
            self.line.append(f" <{link.removeprefix('mailto:')}>")


def _attributes(token: Token) -> dict[str, str]:
    return {
        found[1].lower(): found[2] or found[3] or found[4] or ""
        for found in _ATTRIBUTE.finditer(token.attributes)
    }
