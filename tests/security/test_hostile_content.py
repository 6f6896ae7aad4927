"""Whatever people write is text: on every page, in the admin, in mails."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.services.create import create_customer, create_vehicle
from customers.services.imports import upload
from helpdesk.clock import this_second
from helpdesk.mail import delivery
from reporting.services.rollups import roll_up
from tests.security.hostile import EVIL, SHORT, Found, harmless
from tests.world import NOON, settle, stored, team
from tickets.models import CannedReply
from tickets.services.assignment.assign import assign_team
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lists.saved_views import save_view
from tickets.services.maintenance.ticket_import import import_history

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
    ours = team(SHORT, desk.rep_user)
    CannedReply.objects.create(name=SHORT, text=EVIL)
    save_view(name=SHORT, query="view=all", by=desk.rep)
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


REFUSED = {
    "/tickets/?status=<script>alert(1)</script>": 422,
    "/tickets/?tag=<script>&createdFrom=<b>": 422,
    "/tickets/?view=<script>": 404,
    "/tickets/<script>alert(1)</script>/": 404,
    "/reports/?from=<script>&assignedTo=<b>&groupBy=<i>": 422,
    "/reports/tickets/?figure=<script>&category=<b>": 422,
}
OF_NOBODY = {"/tickets/1/log/", "/customers/new/", "CUSTOMER vehicles/new/", "/mail/undelivered/"}
"""Pages that show nothing of anybody here, but for the reader's own name."""


def test_the_check_itself_can_fail():
    for bad in ("<script>1</script>", "<b onclick=x>", "<a href='javascript:x'>", "<img src=x>"):
        assert Found(bad).bad


PAGES = [
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
    "/tickets/1/?canned=CANNED",
    "/tickets/<script>alert(1)</script>/",
    "/tickets/new/?customer_search=<script>",
    "/tickets/new/customers/?customer_search=<scr",
    "/notifications/",
    "/nav/",
    "/team/",
    "/customers/",
    "/customers/?name=<script>",
    "/customers/new/",
    "CUSTOMER",
    "CUSTOMER edit/",
    "VEHICLE",
    "VEHICLE edit/",
    "CUSTOMER vehicles/new/",
    "/tickets/1/log/",
    "/mail/undelivered/",
    "/reports/?from=<script>&assignedTo=<b>&groupBy=<i>",
    "/reports/tickets/?figure=<script>&category=<b>",
]


def test_pages_show_it_and_run_nothing(rep_client, evil, subtests):
    ticket = stored(evil)
    for asked in PAGES:
        with subtests.test(asked):
            address = asked.replace("CUSTOMER", f"/customers/{ticket.customer_id}/")
            address = address.replace("VEHICLE", f"/vehicles/{ticket.vehicle_id}/")
            address = address.replace("CANNED", str(CannedReply.objects.get().pk))
            shows_it(rep_client.get(address.replace(" ", "")), asked)


def test_the_preview_of_a_merge_shows_it_and_runs_nothing(rep_client, desk, evil):
    twin = create_customer(name=EVIL, company=EVIL, phone="", by=desk.rep, now=NOON)
    address = f"/customers/{stored(evil).customer_id}/merge/?with={twin.customer_id}"
    shows_it(rep_client.get(address), address)


def shows_it(answer, asked):
    text = answer.content.decode()
    assert answer.status_code == REFUSED.get(asked, 200)
    assert harmless(text)
    if asked not in REFUSED and asked not in OF_NOBODY:
        _head, main, rest = text.partition("<main")  # the name above it stands on every page
        assert "alert(1)" in (rest if main else text), "what people wrote is not shown"
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


FIGURES = [
    "/sla/",
    "/reports/?groupBy=assignedTo",
    "/reports/?groupBy=day&priority=<script>",
    "/reports/tickets/?figure=created&from=TODAY",
    "/reports/tickets/?figure=escalated&from=TODAY",
    "/reports/simulation/",
]


def test_figures_show_it_and_run_nothing(client, desk, evil, subtests):
    client.force_login(desk.supervisor_user)
    while roll_up():
        pass

    for address in FIGURES:
        with subtests.test(address):
            answer = client.get(address.replace("TODAY", str(this_second().date())))

            text = answer.content.decode()
            assert answer.status_code == (422 if "<" in address else 200)
            assert harmless(text)
            if "figure=" in address or "assignedTo" in address:
                assert "&lt;script&gt;alert(1)" in text, "what people wrote is not shown"


def test_a_file_of_customers_and_its_report_run_nothing(rep_client, desk):
    rows = f'name,email,company\n"{EVIL.replace(chr(34), chr(34) * 2)}",no address,x\n'
    file = upload(kind="customers", name=f"{EVIL}.csv", content=rows.encode(), by=desk.rep)

    page = rep_client.get(f"/customers/import/{file.pk}/")
    assert "alert(1)" in page.content.decode()
    assert harmless(page.content.decode())

    report = rep_client.get(f"/customers/import/{file.pk}/report/")
    assert report["Content-Type"].startswith("text/csv")
    assert "attachment" in report["Content-Disposition"]
    assert "<" not in report["Content-Disposition"]


def test_a_history_that_is_imported_shows_it_and_runs_nothing(rep_client, desk, tmp_path):
    told = {"ticket": "HD-1", "by": EVIL, "subject": EVIL, "description": MARKDOWN}
    told |= {"at": "2026-11-01T12:00:00Z", "event": "created", "tags": ["<b>"]}
    told |= {"customer": {"externalId": EVIL, "name": EVIL, "email": "evil@posta.example"}}
    told |= {"priority": "High", "category": "Customs"}
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(told) + "\n", encoding="utf-8")
    assert import_history(path, now=NOON + timedelta(days=60)).refused == []
    settle()

    for address in ("/tickets/1/", "/tickets/?view=all", "/tickets/?q=alert"):
        page = rep_client.get(address).content.decode()
        assert "alert(1)" in page, address
        assert harmless(page)


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
