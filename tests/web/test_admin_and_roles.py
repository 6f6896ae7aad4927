"""What surrounds the tickets: health, the admin, roles, times."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.models import ProtectedError

from helpdesk.accounts.demo import make_demo_accounts, refuse_demo_accounts
from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from theme.templatetags.desk import fixed


def test_the_process_says_that_it_is_up_without_a_login(client, db):
    assert client.get("/healthz").status_code == 200


def test_readiness_names_the_engine_that_is_away(client, tables, db):
    answer = client.get("/readyz")

    assert answer.status_code == 503  # no Redis runs beside the tests
    assert answer.json() == {
        "ready": False,
        "engines": {"database": "ok", "dynamodb": "ok", "redis": "unavailable"},
        "static_files": "ok",
    }


def test_supervisors_see_a_list_of_tickets_in_the_admin(client, desk):
    number = desk.ticket(subject="Where is my car?").ticket_id
    client.force_login(desk.supervisor_user)

    front = client.get("/admin/")
    page = client.get("/admin/tickets/ticket/")

    assert "/admin/tickets/ticket/" in front.content.decode()
    assert "Where is my car?" in page.content.decode()
    assert f"/admin/tickets/ticket/{number}/change/" in page.content.decode()


def test_representatives_have_no_admin(client, desk):
    client.force_login(desk.rep_user)

    assert client.get("/admin/").status_code == 302


def test_supervisors_do_not_manage_accounts(client, desk):
    client.force_login(desk.supervisor_user)

    assert client.get("/admin/accounts/user/").status_code == 403


def test_nobody_is_ever_deleted(desk):
    with pytest.raises(ProtectedError):
        desk.rep_user.delete()


def test_demo_accounts_stop_the_start_outside_development(db, settings):
    make_demo_accounts()
    settings.DEBUG = False

    with pytest.raises(ImproperlyConfigured, match="rep, rep2, supervisor"):
        refuse_demo_accounts()
    User.objects.update(is_active=False)
    refuse_demo_accounts()


def test_a_missing_secret_stops_the_start(monkeypatch, tmp_path):
    import importlib

    import helpdesk.settings

    monkeypatch.setenv("SECRET_KEY", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        importlib.reload(helpdesk.settings)


def test_times_are_shown_in_the_persons_own_zone(rep_client, desk):
    desk.rep_user.time_zone = "Asia/Tokyo"
    desk.rep_user.save()
    number = desk.ticket().ticket_id

    page = rep_client.get(f"/tickets/{number}/").content.decode()

    assert "2 Nov 2026, 21:00" in page  # 12:00 UTC


def test_demo_data_tells_stories_with_met_and_missed_promises(tables, db):
    make_demo_accounts()

    call_command("seed_demo", tickets=24)
    call_command("seed_demo", tickets=24)  # again: nothing more

    from tests.world import settle
    from tickets.services.maintenance.verify import verify
    from tickets.store import queries, ticket_numbers

    assert ticket_numbers.last_ticket_number() == 24
    settle()
    assert list(verify()) == []
    tickets = [queries.ticket(str(number)) for number in range(1, 25)]
    assert len({ticket.status for ticket in tickets}) >= 3
    assert all(ticket.updated_at <= this_second() + timedelta(seconds=1) for ticket in tickets)


def test_metrics_tell_of_pages_and_of_the_desk(rep_client, desk):
    desk.ticket(now=this_second())
    rep_client.get("/tickets/?view=active")

    told = rep_client.get("/metrics").content.decode()

    assert 'helpdesk_request_seconds_count{method="GET",page="ticket_list",status="200"}' in told
    assert 'helpdesk_tickets{standing="active"} 1.0' in told
    assert "helpdesk_outbox_oldest_seconds" in told
    assert 'helpdesk_engine_up{engine="dynamodb"} 1.0' in told
    assert 'helpdesk_engine_up{engine="redis"} 0.0' in told  # no Redis runs beside the tests


def test_metrics_are_for_loopback_or_a_token(client, desk, settings):
    assert client.get("/metrics", REMOTE_ADDR="198.51.100.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 404
    settings.METRICS_TOKEN = "scrape"
    assert client.get("/metrics").status_code == 404
    answer = client.get(
        "/metrics", REMOTE_ADDR="198.51.100.7", headers={"Authorization": "Bearer scrape"}
    )
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")


def test_a_component_that_is_rendered_once_is_sent_without_its_indentation(db):
    mark = fixed("components/status.html", status="In Progress")

    assert "\n " not in mark
    assert "In Progress" in mark
