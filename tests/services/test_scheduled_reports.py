"""Reports by mail: to whom they are for, once each, about their own days, whatever dies."""

from datetime import timedelta

import pytest
from django.core import mail

from helpdesk.audit.models import QueuedEntry
from helpdesk.errors import Invalid, NotAllowed, NotFound
from helpdesk.mail import delivery, queue
from reporting.domain import schedule
from reporting.domain.days import DAY
from reporting.models import ScheduledReport
from reporting.services import scheduled, schedules, tables
from tests.death import at_call, dies_of_9
from tests.figures import busy, rolled
from tests.schedules import FORM
from tests.schedules import scheduled_report as made
from tests.spreadsheets import values_of
from tests.world import NOON, after


@pytest.fixture
def boss(desk, settings):
    settings.DESK_URL = "https://desk.example"
    settings.REPORT_TIME_ZONES = ["UTC", "Europe/Berlin"]
    return desk.supervisor


def sent(now):
    mail.outbox.clear()
    delivery.send_due(now=now)
    return [one for one in mail.outbox if "desk.example/reports" in one.body]


def test_it_has_the_figures_a_link_and_the_table_and_says_what_is_missing(desk, boss):
    busy(desk)
    rolled()
    made(desk)
    desk.ticket(now=after(hours=2))  # not counted yet
    morning = after(hours=17)

    assert scheduled.queue_due(now=morning) == 1
    [one] = sent(morning)

    assert one.subject == "Yesterday: 2 Nov 2026 to 2 Nov 2026"
    assert one.to == [desk.supervisor_user.email]
    assert "complete up to" in one.body
    found = ScheduledReport.objects.get()
    days = schedule.period(schedule.Every.DAY, NOON.date() + DAY)
    asked = scheduled.asked_by(found, days, by=boss)
    assert f"Created: {tables.totals(asked)['created']} (before: 0)" in one.body
    link = "reports/?from=2026-11-02&until=2026-11-02&tz=Europe%2FBerlin"
    assert f"https://desk.example/{link}" in one.body
    [(name, content, kind)] = one.attachments
    assert name == "report-priority-2026-11-02-2026-11-02.xlsx"
    assert "spreadsheet" in kind
    head, *rows = values_of(content)
    assert (head[0], head[1]) == ("Priority", "Created")
    assert sum(row[1] for row in rows) == tables.totals(asked)["created"] > 0

    desk.supervisor_user.language = "de"
    desk.supervisor_user.save()
    scheduled.queue_due(now=after(hours=41))
    [german] = sent(after(hours=41))
    assert "Erstellt: " in german.body
    assert values_of(german.attachments[0][1])[0][0] == "Priorität"


@pytest.mark.django_db(transaction=True)
def test_each_gets_it_once_whoever_dies_and_however_often_it_is_queued(desk, boss):
    made(desk, desk.supervisor_user, desk.rep_user)
    due = after(hours=17)

    def dies_before_the_second_mail():
        at_call(queue, "queued", place=2)
        scheduled.queue_due(now=due)

    def dies_before_it_goes_on():
        at_call(schedule, "next_due")
        scheduled.queue_due(now=due)

    assert dies_of_9(dies_before_the_second_mail)
    assert dies_of_9(dies_before_it_goes_on)
    for _again in range(2):
        assert scheduled.queue_due(now=due) == 0

    assert sorted(one.to[0] for one in sent(due)) == sorted(
        [desk.supervisor_user.email, desk.rep_user.email]
    )
    assert sent(due + timedelta(minutes=15)) == []
    made(desk, desk.supervisor_user, one=ScheduledReport.objects.get(), now=due, hour="9")
    assert scheduled.queue_due(now=after(hours=21)) == 0, "a later hour is no second report"


def test_what_was_missed_is_sent_late_once_for_its_own_days(desk, boss):
    made(desk)

    assert scheduled.queue_due(now=after(days=3)) == 3
    late = sent(after(days=3))

    assert sorted(one.subject for one in late) == [
        f"Yesterday: {day} Nov 2026 to {day} Nov 2026" for day in (2, 3, 4)
    ]
    assert scheduled.queue_due(now=after(days=3)) == 0
    assert ScheduledReport.objects.get().next_at > after(days=3)


def test_who_left_or_is_taken_off_gets_none_and_a_representative_their_own(desk, boss):
    one = made(desk, desk.supervisor_user, desk.rep_user, desk.rep2_user)
    desk.ticket(assigned_to=desk.rep.user_id)
    desk.ticket(assigned_to=desk.rep2.user_id)
    rolled()
    due = after(hours=17)
    desk.rep2_user.is_active = False
    desk.rep2_user.save()
    assert scheduled.queue_due(now=due) == 2
    one.recipients.remove(desk.supervisor_user)

    [mine] = sent(due)

    assert mine.to == [desk.rep_user.email]
    assert "These are your own figures." in mine.body
    assert "Created: 1 " in mine.body
    schedules.delete(one.pk, by=boss)
    assert scheduled.queue_due(now=after(days=9)) == 0


def test_send_now_goes_to_whoever_asks_alone(desk, boss):
    one = made(desk, desk.rep_user, every="month")
    rolled()

    schedules.send_now(one.pk, by=boss, now=NOON)
    schedules.send_now(one.pk, by=boss, now=NOON)  # pressed twice

    [mine] = sent(NOON)
    assert mine.to == [desk.supervisor_user.email]
    assert mine.subject == "Yesterday: 1 Oct 2026 to 31 Oct 2026"
    assert scheduled.queue_due(now=NOON) == 0


def test_supervisors_schedule_and_it_is_recorded_without_names(desk, boss):
    QueuedEntry.objects.all().delete()
    one = made(desk, desk.rep_user, query="priority=High&from=2026-01-01&part=sla")
    assert one.query == "priority=High", "days are its own"
    entries = "".join(entry.changes for entry in QueuedEntry.objects.all())
    assert desk.rep.user_id in entries
    assert desk.rep.name not in entries

    wrong = {
        "name": " ",
        "table": "secrets",
        "query": "priority=Urgent",
        "every": "hour",
        "hour": "24",
        "attached": "exe",
    }
    for field, value in wrong.items():
        with pytest.raises(Invalid) as refused:
            made(desk, **{field: value})
        assert field in refused.value.errors
    for given in ({"table": "team"}, {"table": "segment", "query": "category=Customs"}):
        with pytest.raises(Invalid) as refused:
            made(desk, desk.rep_user, **given)
        assert "table" in refused.value.errors
    with pytest.raises(Invalid):
        made(desk, desk.outsider_user)
    assert ScheduledReport.objects.count() == 1

    for ask in (
        lambda: schedules.save(ScheduledReport(), FORM, [], by=desk.rep, now=NOON),
        lambda: schedules.delete(one.pk, by=desk.rep),
        lambda: schedules.send_now(one.pk, by=desk.rep, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            ask()
    with pytest.raises(NotFound):
        schedules.delete(one.pk + 1, by=boss)


def test_the_pages_schedule_send_change_and_delete(desk, boss, client):
    client.force_login(desk.supervisor_user)
    page = client.get("/reports/?range=today&priority=High").content.decode()
    assert "/reports/scheduled/new/?" in page
    form = client.get("/reports/scheduled/new/?priority=High&from=2026-01-01")
    assert "High" in form.content.decode()

    typed = {**FORM, "query": "priority=High", "recipients": [desk.supervisor.user_id]}
    wrong = client.post("/reports/scheduled/new/", {**typed, "name": ""})
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.content.decode()
    assert client.post("/reports/scheduled/new/", typed).status_code == 302
    one = ScheduledReport.objects.get()
    listed = client.get("/reports/scheduled/").content.decode()
    assert "Yesterday" in listed
    assert client.get(f"/reports/scheduled/{one.pk}/").status_code == 200
    changed = {**typed, "name": "Daily"}
    assert client.post(f"/reports/scheduled/{one.pk}/", changed).status_code == 302
    assert client.post(f"/reports/scheduled/{one.pk}/send/").status_code == 302
    assert {one.kind for one in queue.due(after(days=9999), limit=9)} == {"scheduled"}
    assert client.post(f"/reports/scheduled/{one.pk}/delete/").status_code == 302
    assert not ScheduledReport.objects.exists()
