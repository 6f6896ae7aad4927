"""The front page says what burns, how the desk itself is, and who changed what."""

from datetime import timedelta

from django.contrib import admin
from django.urls import reverse

from helpdesk.clock import this_second
from helpdesk.supervision.menu import GROUPS
from tests.world import after, settle
from tickets.models import CannedReply
from tickets.services.maintenance.health import pulse, swept


def tiles(page):
    return {tile.label: (tile.number, tile.url) for tile in page.context["tiles"]}


def signs(page):
    return {sign.label: sign for sign in page.context["signs"]}


def test_numbers_lead_to_the_lists_that_they_count(supervisor, desk):
    desk.ticket()
    desk.ticket(now=this_second(), assigned_to=desk.rep.user_id)
    settle()

    page = supervisor.get("/admin/")

    numbers = tiles(page)
    assert numbers["Overdue"][0] == 1
    assert numbers["Active"][0] == 2
    assert numbers["Unassigned"][0] == 1
    for number, url in numbers.values():
        assert supervisor.get(url).context["cl"].result_count == number, url


def test_engines_queue_outbox_and_sweep_are_told(supervisor, desk):
    desk.ticket(now=this_second() - timedelta(minutes=10))

    before = signs(supervisor.get("/admin/"))

    assert before["DynamoDB"].well
    assert not before["Redis"].well  # tests run without it, and the page goes on
    assert not before["Event backlog"].well
    assert not before["Last escalation check"].well
    settle()
    swept()
    later = signs(supervisor.get("/admin/"))
    assert later["Event backlog"].value == "none"
    assert later["Last escalation check"].well


def test_the_pulse_knows_how_old_the_oldest_event_is(desk):
    desk.ticket()
    desk.ticket(now=after(minutes=5))

    assert pulse(by=desk.supervisor, now=after(minutes=7)).oldest_event_age == timedelta(minutes=7)


def test_changes_of_configuration_are_told_with_who_made_them(supervisor, desk):
    supervisor.post(
        reverse("admin:tickets_cannedreply_add"),
        {"name": "Customs papers", "text": "Send them.", "audience": "customer"},
    )

    page = supervisor.get("/admin/").content.decode()

    assert CannedReply.objects.exists()
    assert "Customs papers" in page
    assert "Ingrid Halvorsen" in page


def test_tickets_are_no_configuration(supervisor, desk):
    number = desk.ticket(now=this_second()).ticket_id
    supervisor.post(f"/admin/tickets/ticket/{number}/change/", {"priority": "High", "version": "1"})

    assert supervisor.get("/admin/").context["changes"] == []


def test_the_menu_has_every_model_once_in_a_group_and_the_pages_of_sla_and_reports(
    supervisor, administrator
):
    def menu(client):
        return {
            group["app_label"]: [one["admin_url"] for one in group["models"]]
            for group in client.get("/admin/").context["app_list"]
        }

    everything = menu(administrator)
    assert list(everything) == [group.key for group in GROUPS], "a model is in no group of the menu"
    changelists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    shown = [url for urls in everything.values() for url in urls]
    assert len(shown) == len(set(shown))
    assert set(changelists) <= set(shown)
    assert {"/sla/", "/reports/"} <= set(everything["sla"])
    for url in set(shown) - set(changelists):
        assert supervisor.get(url, follow=True).status_code == 200, url
    assert reverse("admin:accounts_user_changelist") not in menu(supervisor)["people"]
