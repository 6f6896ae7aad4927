"""HTML of strangers is shown without doing anything, and read as text."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.reading.html import sanitised
from helpdesk.mail.reading.html_text import text_of

PICTURES = {"logo@x": "/pictures/1"}


def shown(html: str, *, remote: bool = False) -> str:
    return sanitised(html, picture_url=PICTURES.get, remote_pictures=remote).html


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<p style='position:fixed' onclick='alert(1)' class=x id=y>",
        "<a href='javascript:alert(1)'>",
        "<a href='  java\nscript:alert(1)'>",
        "<a href='data:text/html,x'>",
        "<img src=x onerror=alert(1)>",
        "<form action=/x><input name=a><button>",
        "<iframe src=//x.example></iframe><object data=x></object><embed src=x>",
        "<svg><script>alert(1)</script><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<plaintext><script>alert(1)</script>",
        "<!--><script>alert(1)</script>-->",
        "<meta http-equiv=refresh content='0;url=//x.example'><base href=//x.example>",
        "<link rel=stylesheet href=//x.example/a.css>",
    ],
)
def test_nothing_of_it_acts(html):
    cleaned = re.sub("&lt;.*?&gt;", "", shown(html).lower())

    for word in ("<script", "<style", "style=", "onerror=", "onclick", "javascript:", "data:"):
        assert word not in cleaned
    for tag in ("form", "input", "button", "iframe", "object", "embed", "svg", "meta", "base"):
        assert f"<{tag}" not in cleaned
    assert "x.example" not in cleaned
    assert "class=" not in cleaned


def test_links_leave_without_a_referrer():
    assert shown('<a href="https://a.example/">x</a>') == (
        '<a href="https://a.example/" rel="noopener noreferrer nofollow">x</a>'
    )


def test_case_22_pictures_of_the_mail_are_shown_and_remote_ones_counted():
    html = '<img src="cid:logo@x"><img src="cid:other"><img src="https://t.example/1.gif">'

    result = sanitised(html, picture_url=PICTURES.get, remote_pictures=False)

    assert result.html == '<img src="/pictures/1"><img><img>'
    assert result.blocked == 1


def test_a_picture_is_found_by_its_escaped_name():
    assert shown('<img src="cid:logo%40x">') == '<img src="/pictures/1">'


def test_what_is_no_remote_picture_is_not_counted():
    html = '<img src="data:image/png;base64,AA=="><img src="a.gif"><img src="//t.example/1.gif">'

    assert sanitised(html, picture_url={}.get, remote_pictures=False).blocked == 1
    assert sanitised(html, picture_url={}.get, remote_pictures=True).blocked == 0


def test_case_22_remote_pictures_when_they_are_wanted():
    result = sanitised(
        '<img src="https://t.example/1.gif">', picture_url=PICTURES.get, remote_pictures=True
    )

    assert result.html == '<img src="https://t.example/1.gif">'
    assert result.blocked == 0


@given(st.text(alphabet="<>/!-ab \"'=pdivtable&;#\n", max_size=200))
def test_any_html_is_shown_and_read(html):
    shown(html)
    text_of(html)


HOSTILE = {
    "nested": "<div>" * 40_000 + "x" + "</div>" * 40_000,
    "nested, with ends of others": "<b><div></b>" * 40_000 + "x",
    "nested fonts": "<font color=red>" * 40_000 + "x",
    "nested quotes": "<blockquote type=cite>" * 40_000 + "x",
    "tables": "<table><tr><td>" * 20_000 + "x",
    "spaces": "&nbsp;" * 200_000 + "x",
    "comments without end": "<!--" * 100_000 + "x",
    "declarations without end": "<!" * 100_000 + "x",
    "tags without end": "<a " * 100_000 + "x",
    "quotes without end": "<a b='" * 80_000 + "x",
    "mixed quotes": "<a '\"" * 80_000 + "x",
    "styles without end": "<style>" * 80_000 + "x",
    "ends": "</div>" * 80_000 + "x",
    "links": "<a href=https://a.example>" * 30_000 + "x",
    "breaks": "<br>" * 200_000 + "x",
    "numbers": "&#" + "9" * 500_000 + ";x",
    "ampersands": "&" * 200_000 + "x",
    "ampersands and letters": "&a" * 200_000 + "x",
    "ampersands in an attribute": "<p title='" + "&a" * 200_000 + "'>x",
    "attributes": "<p " + "a=b " * 200_000 + ">x",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_case_22_hostile_html_takes_little_time_and_its_text_is_shown(html):
    began = time.process_time()

    assert text_of(html).endswith("x")
    assert "x" in shown(html)
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Hello<br>you", "Hello\nyou"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<div>One<div><br></div><div>Two</div></div>", "One\n\nTwo"),
        ("a\n  b\tc&nbsp;d &lt;e&gt; &amp;amp;", "a b c d <e> &amp;"),
        ("<ul><li>a<li>b</ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n\n1. c\n2. d"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a  b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a href="https://a.example/x">here</a>', "here <https://a.example/x>"),
        ('<a href="https://a.example/">a.example</a>', "a.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<img alt="a car" src="x">', "[a car]"),
        ('Yes<blockquote type="cite"><p>Is it?</p></blockquote>', "Yes\n\n> Is it?"),
        ("Yes<blockquote>set apart</blockquote>", "Yes\n\n    set apart"),
        ("<!--[if mso]>Word<![endif]--><![if !mso]>Seen<![endif]><o:p>too</o:p>", "Seentoo"),
        ("<style>p{}</style><title>x</title>Seen", "Seen"),
        ("1 < 2 <3", "1 < 2 <3"),
    ],
)
def test_text_of_html(html, text):
    assert text_of(html) == text
