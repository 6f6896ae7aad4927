"""What supervisors do in the admin, in a real browser."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from customers.services.create import create_customer
from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import settle, stored, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Bulk, CannedReply
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder: each page is then photographed as it is checked."""

SUBJECTS = [
    "Where is my car?",
    "Scratched door on arrival in Rotterdam",
    "Customs papers for a 1972 classic",
    "Invoice twice in October",
    "Container delayed at Lagos",
    "Change of address before delivery",
]


@pytest.fixture
def busy(desk):
    """A desk on an ordinary day."""
    now = this_second()
    money = team("Money", desk.rep_user, desk.rep2_user)
    create_customer(
        name="Autohaus Berg", company="Berg GmbH", segment="Dealer", by=desk.rep, now=now
    )
    made = []
    for place, subject in enumerate(SUBJECTS * 4):
        opened = now - timedelta(hours=place * 7 % 90)
        priority = ("Low", "Medium", "High", "Critical")[place % 4]
        category = ("Shipping", "Customs", "Billing")[place % 3]
        made.append(
            desk.ticket(subject=subject, priority=priority, category=category, now=opened).ticket_id
        )
    for number in made[::3]:
        assign(number, to=desk.rep.user_id, by=desk.supervisor)
    for number in made[4:8]:
        change_status(number, to="Closed", by=desk.rep)
    respond(made[0], content="We are asking the port.", by=desk.rep)
    communicate(
        made[0],
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Thank you, but **when** will it be here?",
        by=desk.rep,
    )
    note(made[0], content="Broker says Thursday.", by=desk.rep2)
    escalate(made[0], reason="The customer called twice", by=desk.rep)
    CannedReply.objects.create(name="Papers", text="Please send us the papers.", team=money)
    settle()
    return made


AUDITED = {("light", "desk"), ("dark", "phone")}
"""Each colour and each width is in one of them; axe takes its time."""


def look(page: Page, name: str, axe) -> list[str]:
    """What is wrong with a page, in light and dark, at a desk and on a phone."""
    wrong = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for device, width in (("desk", 1280), ("phone", 390)):
            page.set_viewport_size({"width": width, "height": 900 if device == "desk" else 844})
            if (scheme, device) in AUDITED:
                for rule, what in axe().items():
                    wrong.append(f"{name}, {scheme}, {device}: {rule} {what}")
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if overflow > 1:
                wrong.append(f"{name} is wider than a {device} by {overflow}")
            if SHOTS:
                Path(SHOTS).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=f"{SHOTS}/{name}-{scheme}-{device}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


def test_a_supervisor_goes_from_what_burns_to_a_ticket_and_changes_many(desk, busy, page: Page):
    log_in(page, "ingrid")
    page.goto("/admin/")
    page.get_by_role("link", name="Overdue").click()
    expect(page.locator("#result_list tbody tr").first).to_contain_text("Overdue by")

    page.goto("/admin/tickets/ticket/?status__exact=Open")
    page.locator("summary", has_text="By customer").click()
    customer = page.get_by_label("Customer", exact=True)
    customer.press_sequentially("Giul")
    suggested = page.locator("#suggestions-customer_id option")
    expect(suggested).to_have_count(1)
    customer.fill(suggested.get_attribute("value") or "")
    customer.press("Enter")
    expect(page).to_have_url(re.compile(f"customer_id={desk.customer.customer_id}"))
    expect(page.locator("summary", has_text="By customer")).to_contain_text("Giulia Bianchi")
    page.get_by_role("link", name="Created", exact=True).click()
    expect(page.locator("th.sorted")).to_contain_text("Created")
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option(label="Reassign…")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Assign to").select_option(label="Tomasz Nowak")
    page.get_by_role("button", name="Reassign").click()
    expect(page.get_by_text("tickets changed")).to_be_visible()
    assert Bulk.objects.get().finished_at
    changed = Bulk.objects.get().ticket_ids
    assert {stored(number).assigned_to for number in changed} == {desk.rep2.user_id}

    page.goto(f"/admin/tickets/ticket/{busy[0]}/change/")
    expect(page.get_by_text("Thank you, but **when** will it be here?")).to_be_visible()
    edit(busy[0], category="Billing", by=desk.rep)
    page.get_by_label("Priority:").select_option("High")
    page.get_by_label("New note:").fill("I take this to the broker.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else updated this")
    expect(page.get_by_label("Category:")).to_have_value("Billing")
    expect(page.get_by_label("New note:")).to_have_value("I take this to the broker.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    ticket = stored(busy[0])
    assert (ticket.priority, ticket.category) == ("High", "Billing")


def test_light_or_dark_holds_in_the_desk_and_in_the_admin(desk, page: Page):
    def colours() -> list[str]:
        found = []
        for address in ("/team/", "/admin/"):
            page.goto(address)
            found.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        return found

    page.emulate_media(color_scheme="dark")
    log_in(page, "ingrid")
    dark = colours()
    assert colours() == dark, "the admin remembers that nothing was chosen"
    page.goto("/team/")
    page.get_by_role("button", name="Theme").click()

    light = colours()

    assert not set(light) & set(dark), "light was chosen"
    assert colours() == light


def test_every_page_of_the_admin_is_fit_for_everybody(desk, busy, page: Page, axe):
    log_in(page, "ingrid")
    pages = {
        "front": "/admin/",
        "tickets": "/admin/tickets/ticket/",
        "tickets-search": "/admin/tickets/ticket/?q=customs&status__exact=Open",
        "ticket": f"/admin/tickets/ticket/{busy[0]}/change/",
        "ticket-closed": f"/admin/tickets/ticket/{busy[4]}/change/",
        "ticket-history": f"/admin/tickets/ticket/{busy[0]}/history/",
        "customers": "/admin/customers/customer/",
        "customer": f"/admin/customers/customer/{desk.customer.customer_id}/change/",
        "vehicles": "/admin/customers/vehicle/",
        "communications": "/admin/tickets/communication/",
        "escalations": "/admin/tickets/escalation/",
        "policy": "/admin/tickets/policy/1/change/",
        "team": "/admin/accounts/team/1/change/",
        "calendar": "/admin/tickets/calendar/1/change/",
        "rule": "/admin/tickets/escalationrule/1/change/",
        "webhook": "/admin/tickets/webhook/add/",
        "tokens": "/admin/accounts/apitoken/",
        "second-factor": "/accounts/second-factor/",
    }
    wrong = []
    for name, address in pages.items():
        page.goto(address)
        wrong += look(page, name, axe)

    page.goto("/admin/tickets/ticket/")
    page.locator("#result_list tbody input").first.check()
    page.get_by_label("Action:").select_option(label="Escalate…")
    page.get_by_role("button", name="Go").click()
    wrong += look(page, "many", axe)
    assert not wrong, "\n".join(wrong)
