"""Configuration is saved as new, and what nothing uses is deleted."""

import re
from html import unescape

import pytest
from django.urls import reverse

from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second
from tests.admin.test_sla_configuration import policy_form
from tests.world import stored, team
from tickets.models import (
    Calendar,
    EscalationRule,
    Policy,
    PolicyVersion,
    RoutingRule,
    TicketTemplate,
)
from tickets.services.lifecycle.status import change_status
from tickets.services.sla.configure import save_policy
from tickets.services.sla.explain import explain_ticket


@pytest.fixture
def vip(desk):
    """A policy for customs, with a calendar of its own and one open ticket."""
    calendar = Calendar.objects.create(name="Rome", time_zone="Europe/Rome")
    policy = Policy(name="VIP", slug="vip", order=1, categories=["Customs"], calendar=calendar)
    save_policy(policy)
    desk.number = desk.ticket(category="Customs", now=this_second()).ticket_id
    return policy


def address(row, page):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def asked(client, row):
    return unescape(client.get(address(row, "delete")).content.decode())


def test_a_policy_is_deleted_when_nothing_uses_it_and_its_tickets_keep_their_version(
    supervisor, desk, vip
):
    default = Policy.objects.get(is_default=True)
    assert "this is the default policy" in asked(supervisor, default)
    assert "New tickets: deactivate the policy first." in asked(supervisor, vip)
    Policy.objects.filter(pk=vip.pk).update(active=False)
    text = asked(supervisor, vip)
    assert "“VIP” is in use and can’t be deleted. It is used by:" in text
    assert f"Open tickets (1): #{desk.number}" in text
    supervisor.post(address(vip, "delete"), {"post": "yes"})
    assert Policy.objects.filter(pk=vip.pk).exists(), "what is refused is not done by a form"

    change_status(desk.number, to="Closed", by=desk.rep)
    now = this_second()
    before = explain_ticket(desk.number, now=now)
    done = supervisor.post(address(vip, "delete"), {"post": "yes"}, follow=True)

    assert "was deleted successfully" in done.content.decode()
    assert not Policy.objects.filter(pk=vip.pk).exists()
    assert stored(desk.number).policy_id == "vip-1"
    assert explain_ticket(desk.number, now=now) == before
    assert QueuedEntry.objects.filter(object_id=f"policy:{vip.pk}", action="deleted").exists()
    supervisor.post(address(vip.calendar, "delete"), {"post": "yes"})
    assert not Calendar.objects.filter(name="Rome").exists(), "no policy has it any more"

    again = supervisor.post(
        reverse("admin:tickets_policy_add"), policy_form(default, name="New", slug="vip")
    )
    assert "A deleted policy had this key" in again.content.decode()
    assert PolicyVersion.objects.filter(key="vip-1").count() == 1


def test_a_calendar_that_policies_have_says_which(supervisor, vip):
    text = asked(supervisor, vip.calendar)

    assert "“Rome” is in use and can’t be deleted." in text
    assert re.search(r"SLA policy: <a href=[^>]+>VIP</a>", text)
    supervisor.post(address(vip.calendar, "delete"), {"post": "yes"})
    assert Calendar.objects.filter(name="Rome").exists()


def test_nobody_else_deletes(client, desk, vip):
    client.force_login(desk.rep_user)
    Policy.objects.filter(pk=vip.pk).update(active=False)
    for row in (vip, vip.calendar):
        assert client.post(address(row, "delete"), {"post": "yes"}).status_code in (302, 403)
    assert Policy.objects.filter(pk=vip.pk).exists()


def form_of(page):
    form = page.context["adminform"].form
    values = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_configuration_is_saved_as_new_under_names_of_its_own(supervisor, desk, vip, subtests):
    crew = team("Money", desk.rep_user)
    rows = [
        Policy.objects.get(is_default=True),
        vip,
        vip.calendar,
        EscalationRule.objects.get(key="response-breached"),
        RoutingRule.objects.create(position=1, category="Customs", team=crew),
        TicketTemplate.objects.create(name="Damage", subject="Damage", text="Where?"),
    ]
    for row in rows:
        model = type(row)
        with subtests.test(model.__name__):
            before = model.objects.count()
            page = supervisor.get(address(row, "change"))
            assert 'name="_saveasnew"' in page.content.decode()
            typed = form_of(page) | {"_saveasnew": "Save as new", "_confirmed": "1"}
            done = supervisor.post(address(row, "change"), typed, follow=True)
            assert model.objects.count() == before + 1, done.context["adminform"].form.errors
            copy = model.objects.order_by("-pk").first()
            assert done.request["PATH_INFO"] == address(copy, "change"), "it opens"
            row.refresh_from_db()
            if hasattr(row, "name"):
                assert copy.name == f"Copy of {row.name}"
    assert not Policy.objects.order_by("-pk").first().is_default
    assert EscalationRule.objects.filter(key="response-breached-copy").exists()


def test_a_copy_that_comes_back_is_still_saved_as_new(supervisor, vip):
    """A preview, or an error: its next button may not save over the original."""
    page = supervisor.get(address(vip, "change"))
    typed = form_of(page) | {"name": "Gold", "_saveasnew": "1", "_preview": "1"}

    back = supervisor.post(address(vip, "change"), typed)

    assert '<input type="hidden" name="_saveasnew" value="1">' in back.content.decode()
    assert Policy.objects.filter(name="Gold").count() == 0
    again = form_of(back) | {"_saveasnew": "1", "_confirmed": "1"}
    supervisor.post(address(vip, "change"), again)
    vip.refresh_from_db()
    assert vip.name == "VIP"
    assert Policy.objects.get(name="Gold").slug == "vip-copy"
