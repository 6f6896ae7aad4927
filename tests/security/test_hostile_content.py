"""Whatever people write is text: on every page, in the admin, in mails."""

from html.parser import HTMLParser

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.services.create import create_customer, create_vehicle
from helpdesk.mail import delivery
from helpdesk.moments import this_second
from tests.world import NOON, settle, stored, team
from tickets.models import CannedReply
from tickets.services.assign import assign_team
from tickets.services.attachments import kept
from tickets.services.communicate import note, respond
from tickets.services.escalate import escalate
from tickets.services.views import save_view

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
MARKDOWN = f"""{EVIL}

[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>) <javascript:alert(1)>

<svg onload=alert(1)> <iframe src=javascript:alert(1)></iframe>

`<script>` | <a href="x" onclick="alert(1)">x</a>
"""


@pytest.fixture
def evil(desk):
    customer = create_customer(
        name=EVIL, email="evil@posta.example", company=EVIL, by=desk.rep, now=NOON
    )
    vehicle = create_vehicle(
        customer_id=customer.customer_id, booking=EVIL, make=EVIL, model=EVIL, by=desk.rep
    )
    desk.rep_user.first_name = EVIL[:100]
    desk.rep_user.save()
    ours = team(EVIL[:60], desk.rep_user)
    CannedReply.objects.create(name=EVIL[:60], text=EVIL)
    save_view(name=EVIL[:60], query="view=all", team_id=None, by=desk.rep)
    ticket = desk.ticket(
        customer_id=customer.customer_id,
        vehicle_id=vehicle.vehicle_id,
        subject=EVIL,
        description=MARKDOWN,
        tags=["<script>", "'\"><b>"],
        assigned_to=desk.rep.user_id,
        now=this_second(),
    )
    number = ticket.ticket_id
    with kept(number, [SimpleUploadedFile("<script>alert(1)<b>.txt", b"x")]) as files:
        note(number, content=MARKDOWN, attachments=files, by=desk.rep)
    respond(number, content=MARKDOWN, by=desk.rep)
    escalate(number, reason=EVIL, by=desk.rep2)
    assign_team(number, team_id=str(ours.pk), by=desk.rep)
    settle()
    return number


class Found(HTMLParser):
    """What a browser would take for tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bad: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        own_script = given.get("type") == "application/json" or str(given.get("src")).startswith(
            ("/static/", "/admin/jsi18n/")
        )
        runs = any(name.startswith("on") for name in given)
        leads = any(
            str(given.get(name, "")).strip().lower().startswith(("javascript:", "data:"))
            for name in ("href", "src", "action", "formaction")
        )
        loads = tag == "img" and not str(given.get("src")).startswith("/static/")
        if (
            (tag == "script" and not own_script)
            or tag in ("iframe", "object", "embed", "base")
            or runs
            or leads
            or loads
        ):
            self.bad.append((tag, given))


def harmless(page: str) -> bool:
    """No tag and no attribute in the page but the desk's own."""
    assert Found(page).bad == []
    return True


def test_the_check_itself_can_fail():
    for bad in ("<script>1</script>", "<b onclick=x>", "<a href='javascript:x'>", "<img src=x>"):
        assert Found(bad).bad


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/tickets/?view=all",
        "/tickets/?q=alert",
        "/tickets/?q=<script>alert(1)</script>",
        "/tickets/?status=<script>alert(1)</script>",
        "/tickets/?tag=<script>&createdFrom=<b>",
        "/tickets/?view=<script>",
        "/tickets/1/",
        "/tickets/1/parts/",
        "/tickets/1/why/",
        "/tickets/1/?canned=1",
        "/tickets/<script>alert(1)</script>/",
        "/tickets/new/?customer_search=<script>",
        "/tickets/new/customers/?customer_search=<scr",
        "/notices/",
        "/nav/",
        "/team/",
        "/customers/",
        "/customers/?name=<script>",
        "/customers/new/",
        "CUSTOMER",
        "CUSTOMER edit/",
        "VEHICLE",
        "VEHICLE edit/",
    ],
)
def test_pages_show_it_and_run_nothing(rep_client, evil, address):
    ticket = stored(evil)
    address = address.replace("CUSTOMER", f"/customers/{ticket.customer_id}/").replace(" ", "")
    address = address.replace("VEHICLE", f"/vehicles/{ticket.vehicle_id}/")
    answer = rep_client.get(address)

    assert answer.status_code in (200, 404, 422)
    assert harmless(answer.content.decode())
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/tickets/ticket/",
        "/admin/tickets/cannedreply/",
        "/admin/tickets/routingrule/",
        "/admin/accounts/team/",
    ],
)
def test_the_admin_shows_it_and_runs_nothing(client, desk, evil, address):
    client.force_login(desk.supervisor_user)

    answer = client.get(address)

    assert harmless(answer.content.decode())
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_refusal_that_repeats_what_was_typed_runs_nothing(rep_client, evil):
    for action, typed in (
        ("merge", {"other": EVIL}),
        ("status", {"status": EVIL}),
        ("change", {"subject": "", "description": EVIL}),
        ("reply", {"content": EVIL, "seen": "0"}),
        ("priority", {"priority": EVIL, "version": "1"}),
    ):
        answer = rep_client.post(f"/tickets/{evil}/{action}/", typed)
        assert answer.status_code in (404, 409, 422), action
        assert harmless(answer.content.decode())


def test_mails_carry_it_as_text(desk, evil):
    delivery.send_due()

    [sent] = [sent for sent in mail.outbox if sent.subject.startswith("[#")]
    assert len(mail.outbox) > 1, "escalations are mailed too"
    for other in mail.outbox:
        assert "\n" not in other.subject
    assert harmless(str(sent.alternatives[0][0]))
    assert "\n" not in sent.subject
