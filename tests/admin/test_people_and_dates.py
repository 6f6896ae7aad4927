"""Who is in which group and team, rights that mean something, and dates as everywhere else."""

import re
from datetime import UTC, datetime

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import RequestFactory
from django.urls import reverse

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User
from helpdesk.audit.models import QueuedEntry
from tests.world import team
from tickets.models import Recalculation, Webhook


def change(group):
    return reverse("admin:auth_group_change", args=[group.pk])


def test_groups_show_and_change_their_members_and_no_permission(administrator, desk):
    group = Group.objects.get(name=SUPERVISORS)
    listed = administrator.get(reverse("admin:auth_group_changelist")).content.decode()
    assert desk.supervisor.name in listed
    page = administrator.get(change(group))
    text = page.content.decode()
    assert "permissions" not in page.context["adminform"].form.fields
    assert desk.rep.name in text, "everybody can be chosen"
    assert 'name="name"' not in text, "services ask for this name"
    QueuedEntry.objects.all().delete()

    administrator.post(change(group), {"members": [desk.rep_user.pk]})

    assert set(group.user_set.all()) == {desk.rep_user}
    recorded = {one.object_id for one in QueuedEntry.objects.filter(kind="user")}
    assert recorded == {f"user:{desk.rep_user.pk}", f"user:{desk.supervisor_user.pk}"}
    delete = reverse("admin:auth_group_delete", args=[group.pk])
    assert administrator.post(delete, {"post": "yes"}).status_code == 403
    assert administrator.get(reverse("admin:auth_group_add")).status_code == 403
    assert Group.objects.filter(name__in=(REPRESENTATIVES, SUPERVISORS)).count() == 2


def test_teams_are_listed_with_their_members(supervisor, desk):
    team("Money", desk.rep_user, desk.rep2_user)

    text = supervisor.get(reverse("admin:accounts_team_changelist")).content.decode()

    assert f"{desk.rep.name}, {desk.rep2.name}" in text


def test_django_s_permissions_open_nothing_so_none_is_shown(desk):
    user = User.objects.create_user("all", "all@helpdesk.example", "demo", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    request = RequestFactory().get("/admin/")
    request.user = user

    for model, options in admin.site._registry.items():
        rights = [
            options.has_module_permission(request),
            *(getattr(options, f"has_{one}_permission")(request) for one in ("view", "add")),
            *(getattr(options, f"has_{one}_permission")(request) for one in ("change", "delete")),
        ]
        assert not any(rights), f"{model.__name__} asks for Django's permissions"
        assert not {"permissions", "user_permissions"} & set(options.get_fields(request)), model


def test_responses_to_a_webhook_say_when_in_the_same_way(supervisor):
    answer = {"at": "2026-11-28T17:05:00Z", "event": "opened", "ticketId": "7", "answer": "200"}
    hook = Webhook.objects.create(name="CRM", url="https://crm.example/", answers=[answer])

    text = supervisor.get(reverse("admin:tickets_webhook_change", args=[hook.pk])).content.decode()

    assert "<td>28 Nov 2026, 17:05</td><td>opened</td><td>7</td><td>200</td>" in text


def test_every_date_is_written_as_on_the_pages_of_the_desk(supervisor, desk):
    at = datetime(2026, 11, 28, 17, 5, tzinfo=UTC)
    row = Recalculation.objects.create(reason="Policy Default was saved")
    Recalculation.objects.filter(pk=row.pk).update(asked_at=at)
    address = reverse("admin:tickets_recalculation_changelist")
    user = desk.supervisor_user
    for shown, language, twelve in (
        ("28 Nov 2026, 17:05", "en", False),
        ("28 Nov 2026, 5:05 p.m.", "en", True),
        ("28. Nov. 2026, 17:05", "de", False),
    ):
        User.objects.filter(pk=user.pk).update(
            language=language, twelve_hours=twelve, time_zone="UTC"
        )
        text = supervisor.get(address).content.decode()
        assert supervisor.get(reverse("admin:jsi18n")).status_code == 200
        assert re.search(rf"field-asked_at[^>]*>{re.escape(shown)}<", text), shown
