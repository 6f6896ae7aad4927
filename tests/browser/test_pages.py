"""Every page in both themes, on a desk and on a phone: axe finds nothing, nothing sticks out.

AXE_LOOKS=2 for the long form: axe takes its time, so else it judges each page in one of its looks,
the next page in the other.
"""

import os
from datetime import timedelta
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page, expect

from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.imports import upload
from helpdesk.clock import this_second
from helpdesk.custom_fields.definition import Kind, RecordKind
from reporting.services import simulation
from tests.browser.test_journeys import log_in
from tests.custom_fields.definitions import define
from tests.email.conftest import SUPPORT, take
from tests.email.test_files import file, with_files
from tests.email.test_pages import HTML
from tests.world import settle, team
from tickets.models import CannedReply, Mailbox, Policy
from tickets.services.conversation.communicate import note, respond
from tickets.services.customer_records import merge_and_erase
from tickets.services.customer_records.notes import add_note
from tickets.services.email import suspended
from tickets.services.email.incoming.receive import receive
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.links_and_merges import link, merge
from tickets.services.lists import bulk
from tickets.services.lists.saved_views import save_view

pytestmark = pytest.mark.django_db(transaction=True)

AXE_LOOKS = int(os.environ.get("AXE_LOOKS", "1"))

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
RIGHT_TO_LEFT = "محمد بن عبد الله الراشد"


@pytest.fixture
def pages(desk) -> list[str]:
    """The addresses of pages that show all that they can show."""
    now = this_second()
    for record, kind in product(RecordKind, Kind):
        key = f"a_{kind.replace('-', '_')}"
        choices = f"Antwerp\n{LONG[:60]}" if kind is Kind.CHOICE else ""
        define(record, key, kind, label=LONG[:60], choices=choices, help_text="As on the bill")
    CannedReply.objects.create(name="Papers", text="Dear {first_name}")
    ours = team(f"Money and {LONG}"[:60], desk.rep_user, desk.supervisor_user)
    own = {"a_text": RIGHT_TO_LEFT, "a_number": 1250.5, "a_date": "2026-11-30", "a_yes_no": True}
    edit_customer(desk.customer.customer_id, custom_fields=own, by=desk.rep)
    number = desk.ticket(
        priority="Critical", vehicle_id=desk.vehicle.vehicle_id, custom_fields=own
    ).ticket_id
    respond(number, content="On its **way**.\n\n- a\n- b", by=desk.rep, now=now)
    note(number, content="Ask the port. @tomasz", by=desk.rep)
    other = desk.ticket(now=now, assigned_to=desk.supervisor.user_id, tags=["broker"]).ticket_id
    link(number, other_id=other, by=desk.rep)
    escalate(other, reason="The ship leaves tonight", by=desk.rep)
    merged = desk.ticket(now=now).ticket_id
    merge(merged, into=other, by=desk.rep)
    someone = create_customer(
        name=LONG,
        company=f"{LONG} & Co.",
        email=f"{'long' * 15}@{'sub.' * 20}posta.example",
        by=desk.rep,
        now=now,
    ).customer_id
    car = create_vehicle(customer_id=someone, make=LONG, model=LONG, by=desk.rep).vehicle_id
    long = desk.ticket(
        customer_id=someone,
        vehicle_id=car,
        subject=f"{LONG} {LONG}",
        description=f"See https://posta.example/{'a' * 300}",
        tags=[LONG[:40]],
        now=now,
    ).ticket_id
    note(long, content=f"| a | b |\n| - | - |\n| {LONG} | {LONG} |\n\n`{LONG}{LONG}`", by=desk.rep)
    arabic = create_customer(name=RIGHT_TO_LEFT, by=desk.rep, now=now).customer_id
    right = desk.ticket(customer_id=arabic, subject=RIGHT_TO_LEFT, now=now).ticket_id
    save_view(name="Hot", query="view=overdue", share_with=str(ours.pk), by=desk.supervisor)
    change = bulk.start(action="tag", value="x", ticket_ids=[other, "4711"], by=desk.supervisor)
    bulk.step(change.pk)
    file = upload(
        kind="customers", name="a.csv", content=f"name,email\n{LONG},x".encode(), by=desk.supervisor
    )
    spare = create_customer(name="Spare", by=desk.rep, now=now).customer_id
    job = merge_and_erase.start_merge(spare, into=arabic, by=desk.rep)
    policy = Policy.objects.get(is_default=True)
    question = simulation.start(
        policy.pk,
        calendar_id=policy.calendar_id,
        targets=dict.fromkeys(simulation.fields(), "1h"),
        by=desk.supervisor,
        today=now.date() + timedelta(days=1),
    )
    Mailbox.objects.create(name="support", address=SUPPORT)
    written = take(
        now=now,
        cc=f"{LONG} <bea@posta.example>",
        reply_to=f"{'office' * 9}@{'sub.' * 20}posta.example",
        body=f"Hi\n> {LONG}\n",
        subject=LONG,
    )
    take(
        now=now,
        sender=f"{LONG} <bea@posta.example>",
        references="<first@posta.example>",
        message_id="bea@posta.example",
    )
    html = receive(HTML, now=now)
    take(now=now, auto_submitted="auto-replied", message_id="auto@p.example", subject=LONG)
    take(
        now=now,
        sender="MAILER-DAEMON@posta.example",
        subject=f"Undeliverable: {LONG}",
        body="550 5.1.1 unknown",
        return_path="<>",
        message_id="report@p.example",
    )
    [waiting] = suspended.suspended(by=desk.rep).mails
    settle()
    customer = f"/customers/{desk.customer.customer_id}/"
    paper = SimpleUploadedFile(f"{LONG}.txt", b"x")
    about = add_note(desk.customer.customer_id, content=LONG, files=[paper], by=desk.supervisor)
    return [
        "/",
        "/tickets/?view=active",
        "/tickets/?view=all&priority=Critical&status=Open",
        "/tickets/?q=port",
        f"/tickets/?q={LONG}",
        "/tickets/?q=nothing-like-it",
        "/tickets/?status=Lost",
        "/tickets/?view=closed",
        "/tickets/new/",
        f"/tickets/{number}/merge/?other={other}&q=car",
        f"{customer}notes/",
        f"{customer}notes/{about.note_id}/delete/",
        f"/tickets/new/?customer={someone}",
        *(f"/tickets/{one}/" for one in (number, other, merged, long, right)),
        *(f"/tickets/{one.ticket_id}/" for one in (written, html)),
        f"/tickets/{html.ticket_id}/messages/{html.communication_id}/html/",
        "/mail/suspended/",
        "/mail/suspended/?state=parked",
        "/mail/suspended/?state=bounce",
        "/mail/suspended/?state=blocked",
        f"/mail/suspended/message/?mail={quote(waiting.key)}",
        f"/tickets/{number}/why/",
        f"/tickets/{long}/why/",
        f"/bulk/{change.pk}/",
        "/team/",
        "/notifications/",
        "/accounts/preferences/",
        "/accounts/tokens/",
        "/accounts/sessions/",
        "/accounts/second-factor/",
        "/accounts/password/",
        "/accounts/password/reset/",
        "/customers/",
        "/customers/new/",
        "/customers/import/",
        f"/customers/import/{file.pk}/",
        f"/customer-jobs/{job.pk}/",
        *(
            f"{customer}{page}"
            for page in ("", "edit/", "merge/?q=Dona", "erase/", "vehicles/new/")
        ),
        f"/customers/{someone}/",
        f"/customers/{arabic}/",
        f"/vehicles/{car}/",
        f"/vehicles/{desk.vehicle.vehicle_id}/edit/",
        "/sla/",
        "/reports/",
        "/reports/?from=1999-01-01&until=1999-01-31",
        "/reports/?from=2000-01-01&until=1999-01-01",
        "/reports/tickets/?figure=created",
        "/reports/simulation/",
        f"/reports/simulation/{question.pk}/",
        "/sla/wall/screens/",
        "/tickets/4711/",
        "/nowhere/",
    ]


LOW_ROWS = """() => [...document.querySelectorAll(".tickets tbody tr")]
  .filter(({ cells, offsetHeight: all }) =>
    [...cells].some(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > all + 1))
  .map(row => row.dataset.ticket)"""
"""Rows of lists, all as high as one another, from which something sticks out."""


def stuck_out(page: Page) -> dict[str, str]:
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = {f"{page.url} at {page.viewport_size['width']}": f"{over} px"} if over > 0 else {}
    for row in page.evaluate(LOW_ROWS):
        found[f"{page.url} at {page.viewport_size['width']} {row}"] = "more than its row holds"
    return found


TARGETS = (Path(__file__).parent / "targets.js").read_text()
DENSE = ("/sla/", "/reports/")
"""Dashboards: tables of figures, each of which leads to its tickets."""


def too_small(page: Page, within: str = "body") -> dict[str, str]:
    if any(dense in page.url for dense in DENSE):
        return {}
    return {f"{page.url} {one}": "less than 44" for one in page.evaluate(TARGETS, within)}


def test_axe_finds_nothing_and_nothing_sticks_out(page: Page, axe, pages, looked_at):
    """Light on a desk and dark on a phone, of one visit to each page. On a phone all that can be
    pressed is 44 pixels wide and high."""
    looks = (({"width": 1280, "height": 900}, "light"), ({"width": 390, "height": 844}, "dark"))
    found: dict[str, str] = {}
    judged = 0

    def look(nth: int) -> None:
        nonlocal found, judged
        for place, (size, scheme) in enumerate(looks):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            found |= stuck_out(page)
            if size["width"] == 390:
                found |= too_small(page)
            if len(looks) == AXE_LOOKS or place == nth % len(looks):
                found |= axe()
                judged += 1

    page.goto(settings.LOGIN_URL)
    look(0)
    log_in(page, "ingrid")
    for nth, address in enumerate(pages, start=1):
        page.goto(address)
        look(nth)
    looked_at(f"{len(pages) + 1} pages, {judged} judgements of axe")
    page.emulate_media(color_scheme="light")
    page.goto("/tickets/?view=active")
    page.locator("summary", has_text="Filter").click()
    found |= axe() | stuck_out(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    # It comes in softly, and what is half there has half its contrast.
    page.evaluate("document.getAnimations().forEach(one => one.effect.updateTiming({duration: 0}))")
    found |= axe()
    assert not found, "\n".join(f"{where}: {what}" for where, what in found.items())


def test_a_finger_works_a_list_and_a_ticket_on_a_phone(desk, page: Page):
    Mailbox.objects.create(name="support", address=SUPPORT)
    mail = with_files(file("passport.pdf", b"%PDF 1"))
    number = take(**mail, cc="Bea <bea@posta.example>", now=this_second()).ticket_id
    settle()
    page.set_viewport_size({"width": 390, "height": 700})
    log_in(page, "rosa")
    page.goto("/tickets/?view=active")
    for name in ("Filter", "Save view"):
        page.locator("summary", has_text=name).click()
        panel = page.locator("details[open] .dropdown-content").bounding_box()
        assert panel is not None
        assert panel["x"] >= 0, f"{name}: its left side is off the screen"
        assert panel["x"] + panel["width"] <= 390, f"{name}: its right side is off the screen"
        page.keyboard.press("Escape")
        expect(page.locator("details[open]")).to_have_count(0)

    page.get_by_role("button", name="Lists").click()
    page.get_by_role("link", name="At risk").click()
    expect(page.get_by_role("heading", name="At risk")).to_be_visible()
    bar = page.locator(".bottom-bar")
    expect(bar).to_be_visible()
    page.get_by_label("Search tickets").focus()
    expect(bar).to_be_hidden()  # whoever types has the room

    page.goto(f"/tickets/{number}/")
    folded = "details:not([data-dropdown])"
    page.evaluate(f"document.querySelectorAll('{folded}').forEach(one => one.open = true)")
    assert too_small(page) == {}
    for menu in ("#steps", "#edit-description", "#snooze", "#remind", "[id^=actions-]"):
        page.locator(f"{menu} summary").first.click()
        assert too_small(page, menu) == {}
        page.keyboard.press("Escape")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    page.get_by_role("tab", name="Internal note").click()  # while the composer is low
    expect(page.locator("#note textarea")).to_be_focused()
    page.get_by_role("tab", name="Reply").click()
    page.get_by_role("textbox", name="Reply").fill("Soon.")
    expect(bar).to_be_hidden()
    page.get_by_role("tab", name="Internal note").click()
    page.locator("#note textarea").fill("For us.")
    page.get_by_role("tab", name="Log message").click()
    expect(page.locator("#heard textarea")).to_be_focused()
    counts = page.get_by_text("A call to the customer counts as a reply.")
    expect(counts).to_be_hidden()
    page.locator("#heard select").select_option(label="Call to customer")
    expect(counts).to_be_visible()


def test_nothing_sticks_out_in_german(page: Page, pages, desk):
    """German words are longer."""
    log_in(page, "ingrid")
    desk.supervisor_user.language = "de"
    desk.supervisor_user.save()
    found: dict[str, str] = {}
    for address in pages:
        page.goto(address)
        for width, height in ((390, 844), (1280, 900)):
            page.set_viewport_size({"width": width, "height": height})
            found |= stuck_out(page)
        expect(page.locator("html")).to_have_attribute("lang", "de")
    for address in ("/admin/", "/admin/tickets/ticket/", "/admin/tickets/policy/1/change/"):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", "de")
    assert not found, "\n".join(f"{where}: {what}" for where, what in found.items())
