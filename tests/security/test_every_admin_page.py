"""Every page of the admin, every action and every method, with every role.

Models, pages and actions are those that are registered: a new model fails here until the desk of
this file has one to show.
"""

import re
from datetime import timedelta
from html import unescape
from itertools import product

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from customers.services.create import create_customer, create_vehicle
from helpdesk.accounts import throttle
from helpdesk.accounts.models import SUPERVISORS, Absence, User
from helpdesk.accounts.tokens import make_token
from helpdesk.audit.deliver import deliver
from helpdesk.clock import this_second
from tests.custom_fields.definitions import define
from tests.security.hostile import SHORT, harmless
from tests.test_words import LIST, banned, found
from tests.world import settle, stored, team
from tickets.models import (
    BlockedSender,
    CannedReply,
    EscalationRule,
    Mailbox,
    Policy,
    Recalculation,
    RetentionRule,
    RetentionRun,
    RoutingRule,
    TicketTemplate,
    Webhook,
)
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import note
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lists.saved_views import save_view

SUPERUSERS_ALONE = {
    *("accounts.User", "auth.Group", "accounts.Tries"),
    *("tickets.RetentionRule", "tickets.RetentionRun"),
}
SECRET = "Ilyushin"  # stands in everything that only colleagues may read
PAGES = ("changelist", "add", "change", "history", "delete")
ROLES = (None, "outsider_user", "rep_user")
"""They have no business in the admin."""


def registered():
    return {model._meta.label: options for model, options in admin.site._registry.items()}


@pytest.fixture
def written():
    return SECRET


@pytest.fixture
def filled(desk, written):
    """A desk that has one of everything that the admin shows; people wrote `written` into it."""
    desk.rep_user.first_name = written
    desk.rep_user.save()
    User.objects.create_superuser("root", "root@helpdesk.example", "demo")
    now = this_second()
    crew = team(written, desk.rep_user)
    Absence.objects.create(user=desk.rep_user, first_day=now.date(), last_day=now.date())
    RoutingRule.objects.create(position=1, category="Customs", team=crew)
    CannedReply.objects.create(name=written, text=written)
    define("ticket", "written", "text", label=written[:40])
    TicketTemplate.objects.create(name=written, subject=written, text=written, tags=written)
    Webhook.objects.create(name=written, url="https://hooks.example/")
    Recalculation.objects.create(reason=written)
    RetentionRule.objects.create(action="archive", days=90)
    RetentionRun.objects.create()
    Mailbox.objects.create(name="support", address="support@desk.example", sender_name=written)
    BlockedSender.objects.create(address="spam@altro.example", blocked_by=written)
    throttle.count([throttle.PAIR.of("x", address=written)])
    EscalationRule.objects.get(key="response-breached")
    make_token(desk.rep_user, name=written, scope="read", days=1)
    save_view(name=written, query="view=all", share_with=str(crew.pk), by=desk.rep)
    customer = create_customer(name=written, by=desk.rep, now=now)
    vehicle = create_vehicle(customer_id=customer.customer_id, make=written, by=desk.rep)
    ticket = desk.ticket(
        customer_id=customer.customer_id,
        vehicle_id=vehicle.vehicle_id,
        subject=written,
        tags=["ilyushin"],
        assigned_to=desk.rep.user_id,
        now=now - timedelta(minutes=5),
    )
    with kept(ticket.ticket_id, [SimpleUploadedFile("a.pdf", b"%PDF")]) as files:
        note(ticket.ticket_id, content=written, attachments=files, by=desk.rep)
    escalate(ticket.ticket_id, reason=written, by=desk.rep)
    settle()
    deliver()
    desk.number = ticket.ticket_id
    return desk


@pytest.fixture
def addresses(filled, client):
    """Each page of each model, about something that is there: {(label, page): address}."""
    client.force_login(User.objects.get(username="root"))
    found = {}
    for label, options in registered().items():
        name = f"admin:{options.opts.app_label}_{options.opts.model_name}_"
        listed = client.get(reverse(f"{name}changelist"))
        assert listed.status_code == 200, f"{label}: {listed.status_code}"
        shown = list(listed.context["cl"].result_list)
        assert shown, f"there is no {label} on this desk"
        key = quote(shown[0].pk)
        for page in PAGES:
            given = [] if page in ("changelist", "add") else [key]
            found[label, page] = reverse(f"{name}{page}", args=given)
        for pattern in options.get_urls():
            page = str(pattern.name or "").removeprefix(name.removeprefix("admin:"))
            if pattern.name and page not in PAGES:
                given = (
                    [key]
                    if "object_id" in str(pattern.pattern) or "<id>" in str(pattern.pattern)
                    else []
                )
                found[label, page] = reverse(f"admin:{pattern.name}", args=given)
    client.logout()
    found["admin", "index"] = reverse("admin:index")
    return found


def browser_of(desk, role):
    """A browser of its own, without a screen, in which this role is signed in."""
    client = Client()
    if role:
        client.force_login(getattr(desk, role))
    return client


def configuration():
    """What the admin could have changed, counted."""
    models = (User, Group, CannedReply, Webhook, Policy, RoutingRule, EscalationRule, LogEntry)
    return {model.__name__: model.objects.count() for model in models}


def turned_away(answer):
    """Refused, or led to the form of a login and nowhere else."""
    if answer.status_code == 302:
        return "/login/?next=" in answer["Location"]
    return answer.status_code in (403, 405)


def test_nobody_else_reads_or_writes_by_any_page_or_method(filled, addresses, subtests):
    for role, method in product(ROLES, ("get", "post", "put", "patch", "delete")):
        with subtests.test(f"{role} {method}"):
            client = browser_of(filled, role)
            before = stored(filled.number).version, configuration()

            for (label, page), address in addresses.items():
                answer = getattr(client, method)(address)
                assert turned_away(answer), f"{label} {page}: {answer.status_code}"
                assert SECRET not in answer.content.decode(), f"{label} {page}"

            assert (stored(filled.number).version, configuration()) == before


def test_nobody_else_runs_an_action(filled, addresses, subtests):
    for role in ROLES:
        with subtests.test(f"{role}"):
            client = browser_of(filled, role)
            before = stored(filled.number).version, configuration()

            for label, options in registered().items():
                for action in options.actions or ():
                    name = action if isinstance(action, str) else action.__name__
                    answer = client.post(
                        addresses[label, "changelist"],
                        {"action": name, "_selected_action": [filled.number, "1"], "index": "0"},
                    )
                    assert turned_away(answer), f"{name} on {label}: {answer.status_code}"

            assert (stored(filled.number).version, configuration()) == before


def expected(label, page, user):
    """What a page that somebody may read answers: the form to add or delete only where the model
    can be added or deleted; a page of our own is shown, or takes forms alone."""
    if (label, page) in {("tickets.Ticket", "delete"), ("auth.Group", "delete")}:
        return {403}  # a ticket that is open is not archived, a role is no group like others
    if page in ("add", "delete"):
        options = registered()[label]
        request = RequestFactory().get("/")
        request.user = user
        allowed = getattr(options, f"has_{page}_permission")(request)
        return {200} if allowed else {403}
    if page in ("changelist", "change", "history", "index"):
        return {200}
    return {200, 302, 403, 405}


def test_supervisors_read_every_page_but_those_of_accounts(filled, addresses, client):
    client.force_login(filled.supervisor_user)

    for (label, page), address in addresses.items():
        status = client.get(address).status_code
        if label in SUPERUSERS_ALONE:
            assert status == 403, f"{label} {page}: {status}"
        else:
            assert status in expected(label, page, filled.supervisor_user), f"{label} {page}"


def test_superusers_read_every_page(filled, addresses, client):
    client.force_login(User.objects.get(username="root"))

    for (label, page), address in addresses.items():
        status = client.get(address).status_code
        root = User.objects.get(username="root")
        assert status in expected(label, page, root), f"{label} {page}: {status}"


def test_a_supervisor_without_staff_status_and_one_who_left_are_no_supervisors(
    filled, addresses, client
):
    for change in ({"is_staff": False}, {"is_active": False}):
        user = User.objects.create_user(
            f"gone{len(change)}{next(iter(change))}", "g@helpdesk.example", "demo",
            **{"is_staff": True, **change},
        )  # fmt: skip
        user.groups.add(Group.objects.get(name=SUPERVISORS))
        client.force_login(user)
        for (label, page), address in addresses.items():
            answer = client.get(address)
            assert turned_away(answer), f"{change} {label} {page}: {answer.status_code}"


def test_other_methods_change_nothing_for_supervisors_either(filled, addresses, client, subtests):
    client.force_login(filled.supervisor_user)

    for method in ("put", "patch", "delete"):
        with subtests.test(method):
            before = stored(filled.number).version, configuration()

            for (label, page), address in addresses.items():
                status = getattr(client, method)(address).status_code
                assert status < 500, f"{label} {page}: {status}"

            assert (stored(filled.number).version, configuration()) == before


def test_every_form_and_action_wants_a_token(filled, addresses):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))

    for (label, page), address in addresses.items():
        assert strict.post(address, {"action": "delete_selected"}).status_code == 403, (
            f"{label} {page} takes a form from anywhere"
        )


def test_an_object_that_is_not_there_is_no_error_on_any_page(filled, addresses, client):
    client.force_login(User.objects.get(username="root"))

    for label, options in registered().items():
        name = f"admin:{options.opts.app_label}_{options.opts.model_name}_"
        for page in ("change", "history", "delete"):
            for key in ("999999", "x", "_2F_2E", "é\x01", "0" * 300):
                status = client.get(reverse(f"{name}{page}", args=[key])).status_code
                assert status in (302, 403, 404, 405), f"{label} {page} {key!r}: {status}"


@pytest.mark.parametrize("written", [SHORT])
def test_whatever_people_wrote_is_text_on_every_page(filled, addresses, client):
    client.force_login(User.objects.get(username="root"))
    shown = set()
    for (label, page), address in addresses.items():
        answer = client.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            text = answer.content.decode()
            assert harmless(text), f"{label} {page}"
            assert "unsafe" not in answer["Content-Security-Policy"]
            if "alert(1)" in text:
                shown.add(label)
    assert {"tickets.Ticket", "tickets.CannedReply", "accounts.Team", "accounts.User"} <= shown


def test_a_form_that_repeats_what_was_typed_runs_nothing(filled, addresses, client):
    client.force_login(User.objects.get(username="root"))
    repeated = set()
    for (label, page), address in addresses.items():
        if page not in ("add", "change"):
            continue
        form = client.get(address)
        if form.status_code != 200 or "adminform" not in form.context:
            continue
        typed = dict.fromkeys(form.context["adminform"].form.fields, SHORT)
        answer = client.post(address, typed)
        assert answer.status_code in (200, 302, 403, 405, 409, 422), f"{label} {page}"
        text = answer.content.decode()
        assert harmless(text), f"{label} {page}"
        if "alert(1)" in text:
            repeated.add(label)
    assert len(repeated) > 5, f"hardly a form repeats what was typed: {repeated}"


BY = {"en": re.compile(r"By (\S.*)"), "de": re.compile(r"Nach (\S.*)")}
"""How Django heads a filter. What follows names what is filtered by: a noun."""

NO_NOUNS = {
    "en": {"by", "created", "due", "escalated", "expires", "last used", "recorded by", "updated"},
    "de": {"von", "erstellt", "fällig", "eskaliert", "läuft ab", "erfasst von", "aktualisiert"},
}


@pytest.mark.parametrize("language", ["en", "de"])
def test_lists_and_their_filters_speak_plainly(filled, addresses, language):
    """The words of a filter's heading meet only on the page, where no search of files sees them."""
    phrases = [
        one
        for one in banned(LIST.read_text().splitlines())
        if "templates" in one.where and not one.excepted
    ]
    root = User.objects.get(username="root")
    root.language = language
    root.save()
    browser = Client()
    browser.force_login(root)

    headings, wrong = 0, []
    for (label, page), address in addresses.items():
        if page != "changelist":
            continue
        html = browser.get(address).content.decode()
        text = unescape(re.sub(r"\s*<[^>]+>\s*", "\n", html))
        for heading in filter(None, map(BY[language].fullmatch, map(str.strip, text.split("\n")))):
            headings += 1
            if heading[1].lower() in NO_NOUNS[language]:
                wrong.append(f"{label}: “{heading[0]}”")
        wrong += [f"{label}: “{phrase}”" for _at, phrase in found(text, phrases)]
    assert headings > 10
    assert not wrong, "\n".join(wrong)
