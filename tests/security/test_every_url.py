"""Every address, with every role: nobody sees, finds, downloads or changes what no page shows them.

The addresses are those that Django knows: a new one fails here until its row says who may.
"""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from customers.services.create import create_customer
from customers.services.imports import upload
from customers.store import queries
from helpdesk.clock import this_second
from reporting.services import simulation, televisions
from reporting.services.saved_reports import save_report
from tests.schedules import scheduled_report
from tests.security.two_mails import mails
from tests.world import settle, stored, team
from tickets.models import CannedReply, Policy
from tickets.services.conversation.communicate import note, respond
from tickets.services.customer_records import merge_and_erase
from tickets.services.customer_records.notes import add_note
from tickets.services.email import suspended
from tickets.services.lists import bulk
from tickets.services.lists.saved_views import save_view

EVERYBODY = {
    *("login_code", "login", "sso_start", "sso_callback", "sso_back_channel_logout"),
    *("password_reset", "password_reset_done"),
    *("password_reset_confirm", "password_reset_complete"),
    "api_unknown",
    "wall",
}
SIGNED_IN = {
    "second_factor",
    "recovery_codes",
    "user_sessions",
    "end_session",
    "end_other_sessions",
    "confirm",
    "confirmed",
    "logout",
    "password_change",
    "preferences",
    "api_tokens",
    "token_revoke",
}
"""No ticket is in them."""

GET = {
    "my_work",
    "ticket_list",
    "view_delete",
    "team",
    "nav",
    "palette",
    "views",
    "search_records",
    "live",
    "mentions",
    "bulk",
    "bulk_matching",
    "notifications",
    "notifications_bell",
    "mail_suspended",
    "mail_suspended_message",
    "mail_suspended_original",
    "mail_undelivered",
    "ticket_new",
    "ticket_customers",
    "ticket_vehicles",
    "ticket_detail",
    "ticket_merge",
    "ticket_forward_opening",
    "ticket_parts",
    "ticket_seen",
    "ticket_why",
    *("ticket_log", "ticket_canned", "ticket_file", "ticket_picture"),
    "ticket_original",
    "ticket_html",
    "ticket_html_with_pictures",
    "customer_list",
    "customer_new",
    "customer_detail",
    "sla",
    "reports",
    *("report_tickets", "report_csv", "report_table", "report_delete"),
    "customer_merge",
    "customer_job",
    "customer_upload",
    "customer_file",
    "customer_file_report",
    "customer_edit",
    "customer_export",
    "customer_timeline",
    *("customer_notes", "customer_note", "customer_note_delete", "customer_note_file"),
    "vehicle_new",
    "vehicle_detail",
    "vehicle_edit",
}
DEVELOPMENT = {"mailbox", "mailbox_message", "mailbox_new", "mailbox_original"}
"""Only of `make run`: who may do what is in tests/email/test_development.py."""
FORMS = {
    *("simulation", "report_delete", "report_schedule_new", "report_schedule", "wall_screens"),
    "view_delete",
    "customer_merge",
    *("customer_notes", "customer_note", "customer_note_delete"),
    "ticket_merge",
    "ticket_forward_opening",
    "customer_upload",
    "ticket_new",
    "customer_new",
    "customer_edit",
    "vehicle_new",
    "vehicle_edit",
}
"""Pages whose own address takes what is typed."""
POST = {
    "view_save": {"name": "x", "query": ""},
    "report_save": {"name": "x"},
    "list_display": {"column": "status"},
    "list_seen": {"seen": "x", "asked": "view=active"},
    "view_rename": {"name": "x"},
    "view_order": {},
    "bulk_start": {"action": "tag", "tag_value": "x"},
    "bulk_step": {},
    "notifications_read": {},
    "notification_kinds": {"kind": "replied"},
    "mail_again": {"mail": "x"},
    "customer_recalculate": {},
    "mail_dismiss": {"mail": "x"},
    "ticket_live": {},
    "ticket_alike": {"customer": "new", "new_customer-name": "Giulia Bianchi"},
    "ticket_likely": {"subject": "secret"},
    "ticket_reply": {"content": "x"},
    "ticket_note": {"content": "x"},
    "ticket_heard": {"content": "x", "channel": "phone"},
    "ticket_assign": {"assigned_to": ""},
    "ticket_status": {"status": "Closed"},
    "ticket_priority": {"priority": "High"},
    "ticket_change": {"subject": "x"},
    "ticket_fields": {},
    "ticket_wait": {},
    "ticket_follow": {"follow": "1"},
    "ticket_snooze": {"until": "reply"},
    "ticket_remind": {"never": "1"},
    "ticket_escalate": {"reason": "x"},
    "ticket_unmerge": {},
    "ticket_undo_close": {},
    "ticket_link": {"other": "2"},
    "ticket_split": {"subject": "x"},
    "ticket_redact": {},
    "ticket_mail": {},
    "ticket_participant_add": {"participant": "new@posta.example"},
    "ticket_participant_remove": {"participant": "bea@posta.example"},
    "ticket_forward": {"to": "carrier@carrier.example", "content": "x"},
    "mail_suspended_act": {"action": "open"},
    "customer_job_step": {},
    "customer_file_step": {},
    "simulation_step": {},
    "wall_revoke": {},
    **{key: {} for key in ("report_schedule_delete", "report_schedule_send")},
}
QUERIES = {"report_tickets": {"figure": "created"}}
MOVED = {"what_if", "what_if_answer"}
"""Addresses of earlier releases, of pages for supervisors alone."""
ALSO_MOVED = {"notices", "admin_replan"}
"""Those of pages that everybody has, or that ask for the right themselves."""
SUPERVISORS = {
    "customer_report",
    "ticket_list_export",
    "customer_list_export",
    "vehicle_list_export",
}
SUPERVISORS |= {"customer_erase", "simulation", "simulation_result", "simulation_step", *MOVED}
SUPERVISORS |= {"wall_screens", "wall_revoke", "report_schedules", "report_schedule_new"}
SUPERVISORS |= {"report_schedule", "report_schedule_delete", "report_schedule_send"}
PRIVATE = {
    "bulk",
    "bulk_step",
    *("view_delete", "view_rename", "report_delete"),
    "customer_file",
    "customer_file_step",
    "customer_file_report",
}
"""Its maker's alone: to another representative it is not there."""


def walk(patterns, prefix="") -> Iterator[tuple[str, str]]:
    for found in patterns:
        if isinstance(found, URLResolver):
            if found.namespace not in ("admin", "api"):
                yield from walk(found.url_patterns, prefix + str(found.pattern))
        elif isinstance(found, URLPattern):
            yield str(found.name), prefix + str(found.pattern)


NAMES = sorted(name for name, _pattern in walk(get_resolver().url_patterns))


@pytest.fixture
def addresses(desk):
    """The address of every name, about things that are there."""
    team("Money", desk.rep_user)
    number, line_id, key = mails(desk)
    desk.ticket(now=this_second())
    note(number, content="secret", by=desk.rep)
    respond(number, content="secret", by=desk.rep)
    view = save_view(name="secret", query="", by=desk.rep)
    kept = save_report(name="secret", query="range=today", by=desk.rep)
    reply = CannedReply.objects.create(name="secret", text="secret")
    change = bulk.start(action="tag", value="secret", ticket_ids=[number], by=desk.rep)
    settle()
    other = create_customer(name="Other", by=desk.rep, now=this_second())
    job = merge_and_erase.start_merge(
        other.customer_id, into=desk.customer.customer_id, by=desk.rep
    )
    file = upload(kind="customers", name="a.csv", content=b"name\nsecret", by=desk.rep)
    policy = Policy.objects.get(is_default=True)
    question = simulation.start(
        policy.pk,
        calendar_id=policy.calendar_id,
        targets=dict.fromkeys(simulation.fields(), "1h"),
        by=desk.supervisor,
        today=this_second().date(),
    )
    shown = televisions.code_for("", address="192.0.2.1", now=this_second())
    television = televisions.pair(
        code=shown.code, name="secret", by=desk.supervisor, now=this_second()
    )
    scheduled = scheduled_report(desk, name="secret")
    paper = SimpleUploadedFile("secret.txt", b"secret")
    about = add_note(desk.customer.customer_id, content="secret", files=[paper], by=desk.rep)
    given = {
        "note_id": about.note_id,
        "simulation_id": question.pk,
        "television_id": television.pk,
        "job_id": job.pk,
        "file_id": file.pk,
        "ticket_id": number,
        "line_id": line_id,
        "place": 0,
        "view_id": view.pk,
        "report_id": kept.pk,
        "schedule_id": scheduled.pk,
        "bulk_id": change.pk,
        "reply_id": reply.pk,
        "customer_id": desk.customer.customer_id,
        "vehicle_id": desk.vehicle.vehicle_id,
    }

    patterns = dict(walk(get_resolver().url_patterns))

    def address(name: str) -> str:
        kwargs = {key: value for key, value in given.items() if key in patterns[name]}
        return reverse(name, kwargs=kwargs)

    address.ticket_id = number
    address.about = given
    address.mail = key
    return address


def ask(client, name, address):
    if name in POST:
        about = {"ticket": address.about["ticket_id"]}
        return client.post(address(name), {"mail": address.mail, **POST[name], **about})
    about = {"mail": address.mail} if name.startswith("mail_suspended_") else {}
    return client.get(address(name), QUERIES.get(name, about))


def test_every_address_has_a_row_here():
    for_colleagues = GET | set(POST) | SUPERVISORS
    assert set(NAMES) == EVERYBODY | SIGNED_IN | for_colleagues | DEVELOPMENT | ALSO_MOVED


def test_strangers_are_asked_to_log_in(client, desk, addresses, subtests):
    for name in sorted(GET | set(POST) | SUPERVISORS):
        with subtests.test(name):
            before = stored(addresses.ticket_id).version

            answer = ask(client, name, addresses)

            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/?next=")
            assert stored(addresses.ticket_id).version == before

    assert suspended.suspended(by=desk.rep).mails, "nobody has decided on it"


def test_whoever_works_no_tickets_sees_and_changes_nothing(client, desk, addresses, subtests):
    client.force_login(desk.outsider_user)
    shows_own = {"notifications", "notifications_bell", "notifications_read", "nav"}

    for name in sorted(GET | set(POST) | SUPERVISORS):
        with subtests.test(name):
            before = stored(addresses.ticket_id).version

            answer = ask(client, name, addresses)

            assert answer.status_code in ({200, 302} if name in shows_own else {403, 404})
            assert answer.streaming is False
            assert "secret" not in answer.content.decode()
            assert stored(addresses.ticket_id).version == before

    assert suspended.suspended(by=desk.rep).mails, "nobody has decided on it"


def test_what_is_private_is_not_there_for_colleagues(client, desk, addresses, subtests):
    client.force_login(desk.rep2_user)

    for name in sorted(PRIVATE):
        with subtests.test(name):
            assert ask(client, name, addresses).status_code == 404


ROLES = ["rep_user", "supervisor_user"]


@pytest.mark.parametrize("role", ROLES)
def test_whoever_works_tickets_reads_every_page(client, desk, addresses, role, subtests):
    client.force_login(getattr(desk, role))

    for name in sorted(GET - PRIVATE - SUPERVISORS):
        with subtests.test(name):
            assert ask(client, name, addresses).status_code in {200, 204, 302}


@pytest.mark.parametrize("role", ROLES)
def test_whoever_works_tickets_does_everything(client, desk, addresses, role, subtests):
    client.force_login(getattr(desk, role))
    # These name a line or a merge that is not there: let in, and told so.
    unknown = {"ticket_split", "ticket_mail", "ticket_unmerge", "mail_again", "mail_dismiss"}
    unknown |= {"ticket_undo_close"}

    for name in sorted(set(POST) - PRIVATE - SUPERVISORS):
        # What was done to another ticket is in nobody's way.
        addresses.about["ticket_id"] = desk.ticket(now=this_second()).ticket_id
        with subtests.test(name):
            expected = {404, 409} if name in unknown else {200, 204, 302}
            if name == "ticket_redact":
                expected = {422}  # there is no card number
            assert ask(client, name, addresses).status_code in expected


@pytest.mark.parametrize("name", sorted(SUPERVISORS))
def test_some_pages_are_for_supervisors_alone(client, desk, addresses, name):
    client.force_login(desk.rep_user)
    assert ask(client, name, addresses).status_code == 403
    assert client.post(addresses(name), {"sure": desk.customer.name}).status_code in (403, 405)
    client.force_login(desk.supervisor_user)
    assert ask(client, name, addresses).status_code in ({301} if name in MOVED else {200, 302})


@pytest.mark.parametrize("role", [None, "outsider_user", "rep_user", "supervisor_user"])
def test_no_page_takes_another_method_from_anybody(client, desk, addresses, role):
    if role:
        client.force_login(getattr(desk, role))
    before = stored(addresses.ticket_id).version

    for method in ("put", "patch", "delete"):
        for name in sorted(GET | set(POST) | SUPERVISORS):
            status = getattr(client, method)(addresses(name)).status_code
            expected = {403, 405} if role else {302, 405}
            assert status in expected, f"{role} {method} {name}: {status}"

    assert stored(addresses.ticket_id).version == before
    assert queries.customer(stored(addresses.ticket_id).customer_id).name == desk.customer.name


def test_what_supervisors_start_wants_a_post_with_a_token(desk, addresses, subtests):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.supervisor_user)

    for name in sorted(SUPERVISORS):
        with subtests.test(name):
            answer = strict.post(addresses(name), {"sure": desk.customer.name})
            assert answer.status_code in (403, 405)


def test_reading_never_changes_and_writing_is_never_a_get(client, desk, addresses, subtests):
    client.force_login(desk.rep_user)

    for name in sorted(GET):
        with subtests.test(name):
            before = stored(addresses.ticket_id).version

            ask(client, name, addresses)

            assert stored(addresses.ticket_id).version == before


def test_what_writes_wants_a_post_with_a_token(desk, addresses, subtests):
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.rep_user)

    for name in sorted(POST):
        with subtests.test(name):
            assert client.get(addresses(name)).status_code == 405
            assert client.post(addresses(name), POST[name]).status_code == 403


def test_forms_want_a_token_and_the_right(client, desk, addresses, subtests):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.rep_user)
    client.force_login(desk.outsider_user)

    for name in sorted(FORMS):
        with subtests.test(name):
            assert strict.post(addresses(name), {"name": "x"}).status_code == 403
            assert client.post(addresses(name), {"name": "x"}).status_code == 403


def admin_addresses():
    from django.contrib import admin

    for model, options in admin.site._registry.items():
        for action in ("changelist", "add"):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"
            yield reverse(name), options
    yield reverse("admin:index"), None


@pytest.mark.parametrize("role", [None, "outsider_user", "rep_user"])
def test_the_admin_is_for_supervisors_and_superusers(client, desk, role):
    if role:
        client.force_login(getattr(desk, role))
    for address, _options in admin_addresses():
        answer = client.get(address)
        assert answer.status_code in (302, 403), address


OF_ADMINISTRATORS = ("accounts/user", "auth/group", "accounts/tries", "tickets/retention")


def test_accounts_and_retention_are_for_superusers_alone(client, desk):
    client.force_login(desk.supervisor_user)

    for address, options in admin_addresses():
        allowed = not any(part in address for part in OF_ADMINISTRATORS)
        answer = client.get(address)
        if not allowed:
            assert answer.status_code == 403, address
        elif options and not address.endswith("/add/"):
            assert answer.status_code == 200, address
