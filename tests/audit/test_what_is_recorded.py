"""Who did what is recorded in the transaction that does it, without secrets and people's texts."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from helpdesk.accounts import confirm
from helpdesk.accounts.models import SUPERVISORS, Membership, Team, Tries, User
from helpdesk.accounts.tokens import make_token, revoke
from helpdesk.audit.audited import Audited
from helpdesk.audit.record import LONGEST_VALUE, loaded
from helpdesk.dynamo_admin.query import PlannedModel
from tests.world import settle, team
from tickets.models import CannedReply, Mailbox, Policy, RoutingRule, Webhook
from tickets.services.customer_records.data_export import export
from tickets.services.customer_records.merge_and_erase import start_erasure
from tickets.services.lifecycle.archive import archive, restore
from tickets.services.lifecycle.status import change_status

NOT_CONFIGURATION = {
    "accounts.apitoken": "made and revoked by services, which record it",
    "accounts.tries": "counted attempts; that an administrator deletes them is recorded",
    "auth.group": "recorded by its admin",
    "tickets.policyversion": "follows from a policy",
    "tickets.recalculation": "progress of work",
    "tickets.retentionrun": "progress of work; its start is recorded",
}


def lines(entries):
    return [(one.kind, one.action, one.object_id) for one in entries]


def changes(entry):
    return {one.field: one.values for one in loaded(entry.changes)}


def test_whatever_the_admin_writes_to_sql_is_audited():
    models = {
        model._meta.label_lower: model
        for model in admin.site._registry
        if not issubclass(model, PlannedModel)
    }
    unaudited = {name for name, model in models.items() if not issubclass(model, Audited)}
    assert unaudited == set(NOT_CONFIGURATION)


def test_a_policy_saved_in_the_admin_says_who_changed_what_from_what(desk, record):
    client = Client()
    client.force_login(desk.supervisor_user)
    policy = Policy.objects.get(is_default=True)
    page = client.get(f"/admin/tickets/policy/{policy.pk}/change/")
    form = page.context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value is not None}
    record()

    client.post(
        f"/admin/tickets/policy/{policy.pk}/change/",
        {**values, "medium_response": "6h", "_save": "1", "seen": "1"},
        follow=True,
    )

    policy.refresh_from_db()
    assert policy.medium_response == "6h"
    [entry] = record()
    assert lines([entry]) == [("policy", "changed", f"policy:{policy.pk}")]
    assert entry.actor == desk.supervisor.user_id
    assert changes(entry) == {"medium_response": ("8h", "6h")}


def test_secrets_and_peoples_texts_are_no_more_than_changed(desk, record):
    box = Mailbox.objects.create(name="support", address="support@desk.example")
    hook = Webhook.objects.create(name="Booking", url="https://u:secret@booking.example/")
    reply = CannedReply.objects.create(name="Thanks", text="Dear Giulia Bianchi")
    record()
    box.imap_secret, box.signature, box.imap_host = "pass-word", "Your Giulia", "imap.example"
    box.save()
    hook.url, hook.active = "https://u:other@hooks.example/hush?token=hush", False
    hook.save()
    reply.text = "Dear Giulia"
    reply.save()
    desk.rep_user.first_name, desk.rep_user.email = "Giulia", "giulia@desk.example"
    desk.rep_user.capacity = 5
    desk.rep_user.save()

    entries = record()

    assert [changes(one) for one in entries] == [
        {"imap_secret": None, "signature": None, "imap_host": ("", "imap.example")},
        {"url": ("booking.example", "hooks.example"), "active": ("true", "false")},
        {"text": None},
        {"first_name": None, "email": None, "capacity": (None, "5")},
    ]
    assert {one.actor for one in entries} == {"system"}
    stored = " ".join(str(one.serialize()) for one in entries)
    assert not any(one in stored for one in ("Giulia", "pass-word", "secret@", "other@", "hush"))


def test_what_is_created_and_deleted_says_what_it_was(desk, record):
    money = team("Money", desk.rep_user)
    rule = RoutingRule.objects.create(category="Customs", team=money)
    member = Membership.objects.create(team=money, user=desk.rep2_user)
    money.name = "M" * (LONGEST_VALUE + 1)
    Team.objects.filter(pk=money.pk).update(name="Money")  # as nothing in the desk does
    record()
    RoutingRule.objects.all().delete()
    member.delete()

    gone, left = record()

    assert lines([gone]) == [("routingrule", "deleted", f"routingrule:{rule.pk}")]
    assert changes(gone) == {
        "position": ("0", None),
        "category": ("Customs", None),
        "team": (str(money.pk), None),
    }
    assert changes(left) == {"team": (str(money.pk), None), "user": (str(desk.rep2_user.pk), None)}


def test_roles_given_and_taken_from_either_side(desk, record):
    group = Group.objects.get(name=SUPERVISORS)
    record()
    user = desk.rep_user
    user.groups.add(group)
    user.groups.add(group)  # nothing new
    group.user_set.remove(user)
    group.user_set.add(desk.rep2_user)
    desk.rep2_user.groups.clear()

    found = [(one.object_id, changes(one)["groups"]) for one in record()]

    mine, other = f"user:{user.pk}", f"user:{desk.rep2_user.pk}"
    assert found[:3] == [
        (mine, (None, SUPERVISORS)),
        (mine, (SUPERVISORS, None)),
        (other, (None, SUPERVISORS)),
    ]
    assert sorted(found[3:]) == [(other, ("Representatives", None)), (other, (SUPERVISORS, None))]


def test_nothing_is_recorded_of_what_was_rolled_back_or_did_not_change(desk, record, queued):
    record()
    with transaction.atomic():
        Team.objects.create(name="Never")
        transaction.set_rollback(True)
    desk.rep_user.save()
    desk.rep_user.save(update_fields=["last_login"])
    assert queued() == []


def test_a_save_without_a_transaction_is_one_with_its_entry(desk, monkeypatch):
    """If the entry cannot be written, nothing is."""

    def fails(*_given, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("helpdesk.audit.audited.record", fails)
    with pytest.raises(ZeroDivisionError):
        Team.objects.create(name="Half")
    assert not Team.objects.filter(name="Half").exists()


def test_who_signs_in_and_out_and_whose_tokens_and_second_factors_change(desk, record):
    user = desk.supervisor_user
    user.set_password("correct horse battery")
    user.save()
    client = Client()
    assert client.login(username=user.username, password="correct horse battery")
    client.post("/accounts/login/", {"username": user.username, "password": "wrong"})
    client.post("/accounts/logout/")
    token, _text = make_token(user, name="t")
    revoke(token.pk, by=desk.supervisor)
    made, _text = make_token(user, name="t")
    user.is_active = False
    user.save()

    pk = user.pk
    assert lines(record())[-8:] == [
        ("password", "changed", f"user:{pk}"),
        ("sign-in", "signed in", f"user:{pk}"),
        ("sign-in", "signed out", f"user:{pk}"),
        ("token", "created", f"token:{token.pk}"),
        ("token", "revoked", f"token:{token.pk}"),
        ("token", "created", f"token:{made.pk}"),
        ("user", "changed", f"user:{pk}"),
        ("token", "revoked", f"token:{made.pk}"),
    ]


def test_exports_erasures_and_archived_tickets(desk, record):
    root = User.objects.create_superuser("root", "root@helpdesk.example", "demo")
    from helpdesk.accounts.actors import actor_of

    admin_actor = actor_of(root)
    number = desk.ticket().ticket_id
    change_status(number, to="Closed", by=desk.rep)
    record()
    for piece in export(desk.customer.customer_id, by=desk.rep):
        assert isinstance(piece, bytes)
    archive(number, by=admin_actor)
    archive(number, by=admin_actor)
    restore(number, by=admin_actor)
    settle()
    settle()
    start_erasure(desk.customer.customer_id, by=desk.supervisor)
    start_erasure(desk.customer.customer_id, by=desk.supervisor)

    entries = record()

    customer = f"customer:{desk.customer.customer_id}"
    assert sorted((one.action, one.object_id, one.actor) for one in entries) == sorted(
        [
            ("exported", customer, desk.rep.user_id),
            ("archived", f"ticket:{number}", admin_actor.user_id),
            ("restored", f"ticket:{number}", admin_actor.user_id),
            ("erased", customer, desk.supervisor.user_id),
        ]
    )


def _lock(kind, user, key):
    now = timezone.now()
    times = {"changed_at": now, "forgotten_at": now, "blocked_until": now}
    return Tries.objects.create(kind=kind, user=user, key=key, address="192.0.2.7", **times)


def test_an_export_of_figures_by_person_is_recorded(desk, record):
    client = Client()
    client.force_login(desk.supervisor_user)
    client.get("/reports/")
    record()
    assert client.get("/reports/csv/?groupBy=assignedTo", follow=True).status_code == 200
    [entry] = record()
    assert lines([entry]) == [("report", "exported", "report:assignedTo")]
    assert entry.actor == desk.supervisor.user_id


def test_a_reset_second_factor_a_lifted_lock_and_a_deleted_group_name_the_administrator(
    desk, record, monkeypatch
):
    from django_otp.plugins.otp_totp.models import TOTPDevice

    root = User.objects.create_superuser("root", "root@helpdesk.example", "demo")
    TOTPDevice.objects.create(user=desk.rep_user, confirmed=True)
    group = Group.objects.create(name="Old")
    client = Client()
    client.force_login(root)
    monkeypatch.setattr(confirm, "_is_fresh", lambda _request: True)
    record()
    chosen = {"_selected_action": desk.rep_user.pk}
    client.post("/admin/accounts/user/", {"action": "forget_second_factor", **chosen})
    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "New"})
    client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    locks = [_lock("name", desk.rep_user, "one"), _lock("address", None, "two")]
    client.post(f"/admin/accounts/tries/{locks[0].pk}/delete/", {"post": "yes"})
    selected = {"action": "delete_selected", "_selected_action": locks[1].pk, "post": "yes"}
    client.post("/admin/accounts/tries/", selected)
    assert not Tries.objects.exists()

    entries = record()

    assert lines(entries) == [
        ("second factor", "deleted", f"user:{desk.rep_user.pk}"),
        ("group", "changed", f"group:{group.pk}"),
        ("group", "deleted", f"group:{group.pk}"),
        ("lock", "deleted", f"user:{desk.rep_user.pk}"),
        ("lock", "deleted", f"lock:{locks[1].pk}"),
    ]
    assert {one.actor for one in entries} == {str(root.pk)}
    assert [changes(one).get("name") for one in entries[1:3]] == [("Old", "New"), ("New", None)]
    assert [changes(one) for one in entries[3:]] == [
        {"limit": ("name", None)},
        {"limit": ("address", None)},
    ]
    assert "192.0.2.7" not in str([one.serialize() for one in entries])


def test_a_command_is_of_the_command_line(desk, record, monkeypatch):
    record()
    monkeypatch.setattr("sys.argv", ["/srv/helpdesk/manage.py", "create_api_token"])
    call_command("create_api_token", desk.rep_user.username)
    [entry] = record()
    assert (entry.actor, entry.action) == ("command", "created")
