"""No page shows text that could not be translated.

Each message is shown in ⟦brackets⟧, Django's own too; whatever stands outside of them and is no
data was never marked.
"""

import re
from html.parser import HTMLParser

import pytest
from django.utils.translation import trans_real

from helpdesk.accounts.models import User
from tests.figures import rolled
from tests.security.test_every_admin_page import addresses as of_admin  # noqa: F401 (fixtures)
from tests.security.test_every_admin_page import filled, written  # noqa: F401
from tests.security.test_every_url import FORMS, GET, POST, QUERIES, SUPERVISORS, addresses  # noqa: F401
from tests.world import after
from theme.templatetags import desk as marks
from tickets.services.lifecycle.escalate import sweep

NO_PAGES = {
    *("live", "ticket_seen", "ticket_file"),
    *("report_csv", "report_table", "customer_file_report", "customer_export"),
}
SPOKEN = {"title", "placeholder", "aria-label", "alt", "data-label"}
SILENT = {"script", "style", "template", "code", "kbd", "datalist"}
SILENT |= {"blockquote"}  # what goes to third parties is in the desk's language
DATA = re.compile(
    r"""
    Bea|Rosa|Marin|Tomasz|Nowak|Ingrid|Halvorsen|Mallory|\bOut\b|Giulia\ Bianchi|Volkswagen|Golf
    |Ilyushin|Where\ is\ my\ car\?|It\ should\ have\ arrived\ on\ Friday\.|secret(\.txt)?|Money
    |\bOther\b|a\.(pdf|gif)|WVWZZZ1K0AW000001|https://\S+|\S+@\S+
    |\b(root|rosa|tomasz|ingrid|mallory|ilyushin|English|Deutsch|UTC|GB|VIN|CSV|XLSX|URL|Helpdesk|Redis
        |DynamoDB|[A-Z]{2}|pair|md5|support|INBOX|OAuth2)\b|hd_[\w-]+…?|\w+\*+
    # kept under these names, or sent under them
    |\b(Representatives|Supervisors|Around\ the\ clock|Default|default(-\d+)?|ticket\.\w+
        |critical-created|(response|resolution)-[a-z-]+)\b
    |\{"(calendar|targets)".*\}|\bwritten\b  # the key of a custom field
    """,
    re.VERBOSE,
)
"""What people wrote, and names."""
DJANGO = re.compile(
    r".*Can (view|add|change|delete) .*|True|False|Search|User-group relationship.*"
    r"|Whether the user will be able.*|If disabled, the current password.*"
)
"""What Django's own admin doesn't mark."""
WORDS = re.compile(r"[^\W\d_]{2,}")


class Bracketed:
    """A language in which every message is itself, in brackets."""

    def __init__(self, like):
        self._like = like

    def __getattr__(self, name):
        return getattr(self._like, name)

    def gettext(self, message):
        return f"⟦{message.rpartition(chr(4))[2]}⟧"

    def ngettext(self, singular, plural, number):
        return self.gettext(singular if number == 1 else plural)


@pytest.fixture
def brackets(monkeypatch):
    marks._fixed.cache_clear()
    # Unicode's names of countries, in the reader's language.
    monkeypatch.setattr("tickets.admin.calendar.country_name", lambda code, _language: f"⟦{code}⟧")
    monkeypatch.setitem(trans_real._translations, "de", Bracketed(trans_real.translation("de")))
    yield
    marks._fixed.cache_clear()


class Page(HTMLParser):
    """Collects what a page shows outside of brackets, each with what stands around it."""

    def __init__(self):
        super().__init__()
        self.outside, self._deep, self._silent, self._last = [], 0, [], ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        for name in SPOKEN & given.keys():
            self._look_at(given[name] or "", name)
        if tag == "input" and given.get("type") in ("submit", "button"):
            self._look_at(given.get("value") or "", "value")
        if tag in SILENT:
            self._silent.append(tag)

    def handle_endtag(self, tag):
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, text):
        if not self._silent:
            self._deep = self._look_at(text, "text", self._deep)

    def _look_at(self, text, where, deep=0):
        said = ""
        for sign in text:
            if sign == "⟦":
                deep += 1
            elif sign == "⟧":
                deep -= 1
                said += " "
            elif deep <= 0:
                said += sign
        if WORDS.search(said):
            self.outside.append((where, " ".join(said.split())))
        return deep


def unmarked(answer):
    page = Page()
    page.feed(answer.content.decode())
    return [
        (where, text)
        for where, text in page.outside
        if WORDS.search(DATA.sub("", text)) and not DJANGO.fullmatch(text.strip(" |"))
    ]


def test_a_text_that_is_not_marked_is_found(client, brackets):
    answer = type("Answer", (), {"content": "<p title='Said'>⟦A ⟦b⟧ c⟧ Not marked</p>".encode()})
    assert unmarked(answer) == [("title", "Said"), ("text", "Not marked")]


def test_pages_show_no_text_that_is_not_marked(client, desk, addresses, brackets):  # noqa: F811
    desk.ticket(assigned_to=desk.rep.user_id, priority="Critical")
    sweep(now=after(hours=9))
    rolled()
    client.force_login(desk.supervisor_user)
    found = {}
    for name in sorted((GET | SUPERVISORS) - NO_PAGES):
        answer = client.get(addresses(name), QUERIES.get(name, {}), HTTP_ACCEPT_LANGUAGE="de")
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found[name] = unmarked(answer)

    assert len(found) > 25, found.keys()
    assert {name: said for name, said in found.items() if said} == {}


def test_refusals_say_nothing_that_is_not_marked(client, desk, addresses, brackets):  # noqa: F811
    client.force_login(desk.supervisor_user)
    wrong = {
        "name": "",
        "email": "x",
        "phone": "1",
        "segment": "King",
        "vin": "123",
        "year": "x",
        "status": "Open",
        "other": "999",
        "assigned_to": "999",
        "priority": "Huge",
        "reason": "",
        "content": "",
        "subject": "",
        "time_zone": "Nowhere/Land",
        "critical_response": "soon",
        "action": "tag",
        "q": "status:lost assignee:nobody-of-us tag:x due-from:never",
    }
    found = {}
    for name in sorted(FORMS | POST.keys() | {"preferences", "api_tokens", "password_change"}):
        answer = client.post(addresses(name), wrong, HTTP_ACCEPT_LANGUAGE="de")
        if answer.status_code in (200, 409, 422) and "html" in answer["Content-Type"]:
            found[name] = unmarked(answer)
    searched = client.get("/tickets/", {"q": wrong["q"]}, HTTP_ACCEPT_LANGUAGE="de")
    found["search"] = unmarked(searched)

    assert len(found) > 12, found.keys()
    assert {name: said for name, said in found.items() if said} == {}


def test_the_admin_shows_no_text_that_is_not_marked(client, of_admin, brackets):  # noqa: F811
    client.force_login(User.objects.get(username="root"))
    found = {}
    for (label, page), address in of_admin.items():
        answer = client.get(address, HTTP_ACCEPT_LANGUAGE="de")
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found[f"{label} {page}"] = unmarked(answer)

    assert len(found) > 40, found.keys()
    assert {name: said for name, said in found.items() if said} == {}
