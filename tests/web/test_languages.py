"""Pages, mails and numbers are in the reader's language: their own choice, else their browser's."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.utils import translation

from helpdesk.clock import this_second
from helpdesk.mail import delivery
from reporting.services.weekly import queue_weekly
from tests.world import after
from theme.templatetags.desk import day, moment, number, span
from tickets.demo import workspace
from tickets.models import CannedReply
from tickets.services.delivery import outbox
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lists import bulk

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}


def speak(user, language):
    user.language = language
    user.save()


def test_a_page_is_in_the_language_of_the_browser(client, desk):
    client.force_login(desk.rep_user)

    english = client.get("/", HTTP_ACCEPT_LANGUAGE="fr,en;q=0.5").content.decode()
    german = client.get("/", **GERMAN).content.decode()

    assert '<html lang="en">' in english
    assert "My work" in english
    assert '<html lang="de">' in german
    assert "Meine Tickets" in german
    assert "My work" not in german


def test_the_login_page_is_in_the_language_of_the_browser(client, db):
    assert "Passwort vergessen?" in client.get("/accounts/login/", **GERMAN).content.decode()


def test_a_person_s_own_choice_wins_over_the_browser(client, desk):
    client.force_login(desk.rep_user)

    answer = client.post("/accounts/preferences/", {"language": "de"}, HTTP_ACCEPT_LANGUAGE="en")
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en")

    assert answer.status_code == 302
    assert "Einstellungen gespeichert." in page.content.decode()
    assert '<html lang="de">' in page.content.decode()
    assert page["Content-Language"] == "de"

    client.post("/accounts/preferences/", {"language": ""}, HTTP_ACCEPT_LANGUAGE="en")
    assert '<html lang="en">' in client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_one_person_s_language_is_not_the_next_one_s(client, desk):
    speak(desk.rep_user, "de")
    client.force_login(desk.rep_user)
    assert '<html lang="de">' in client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()

    client.force_login(desk.supervisor_user)
    assert '<html lang="en">' in client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_an_unknown_language_cannot_be_chosen(client, desk):
    client.force_login(desk.rep_user)

    assert client.post("/accounts/preferences/", {"language": "xx"}).status_code == 422


def test_the_admin_is_in_the_person_s_language(client, desk):
    speak(desk.supervisor_user, "de")
    client.force_login(desk.supervisor_user)

    page = client.get("/admin/").content.decode()

    assert "SLA-Richtlinien" in page
    assert "Geschäftszeiten-Kalender" in page


def test_a_refusal_is_in_the_reader_s_language(client, desk):
    speak(desk.rep_user, "de")
    client.force_login(desk.rep_user)
    number = desk.ticket(now=this_second()).ticket_id
    client.post(f"/tickets/{number}/status/", {"status": "Closed"})

    page = client.post(f"/tickets/{number}/status/", {"status": "Resolved"})
    page_of_it = client.post(f"/tickets/{number}/wait/")

    assert page.status_code == page_of_it.status_code == 409
    assert "kann nicht von „Geschlossen“ auf „Gelöst“ geändert werden" in (page.content.decode())
    assert "mit dem Status „Geschlossen“ kann nicht auf „Wartend“" in page_of_it.content.decode()


def test_a_form_says_what_is_wrong_in_the_reader_s_language(client, desk):
    speak(desk.rep_user, "de")
    client.force_login(desk.rep_user)

    page = client.post(
        "/customers/new/", {"name": "", "phone": "1", "email": "x", "segment": "VIP"}
    ).content.decode()

    assert "Pflichtfeld." in page
    assert "Mit Ländervorwahl, zum Beispiel" in page
    assert "Geben Sie eine gültige E-Mail-Adresse ein" in page
    assert "Händler" in page


def test_problems_of_the_api_follow_the_request_and_its_fields_do_not(client, desk):
    client.force_login(desk.rep_user)
    number = desk.ticket(now=this_second()).ticket_id

    missing = client.get("/api/tickets/999", **GERMAN).json()
    ticket = client.get(f"/api/tickets/{number}", **GERMAN).json()

    assert missing["detail"] == "Ticket 999 nicht gefunden."
    assert missing["status"] == 404
    assert (ticket["status"], ticket["priority"], ticket["category"]) == (
        "Open",
        "Medium",
        "Shipping",
    )


def test_a_bulk_change_says_why_in_the_language_of_whoever_asked(client, desk):
    speak(desk.rep_user, "de")
    client.force_login(desk.rep_user)
    number = desk.ticket(now=this_second()).ticket_id
    client.post(f"/tickets/{number}/status/", {"status": "Closed"})

    change = bulk.start(action="status", value="Resolved", ticket_ids=[number], by=desk.rep)
    bulk.step(change.pk)

    page = client.get(f"/bulk/{change.pk}/").content.decode()
    assert "Der Status kann nicht von „Geschlossen“" in page


def test_a_demo_has_its_canned_replies_in_every_language(desk):
    workspace.furnish()
    workspace.furnish()

    names = list(CannedReply.objects.values_list("name", flat=True))
    assert len(names) == 8
    assert {"Papers for customs", "Unterlagen für den Zoll"} <= {*names}
    german = CannedReply.objects.get(name="Unterlagen für den Zoll").text
    assert german.startswith("Guten Tag {first_name},")


def test_mails_to_colleagues_are_in_their_languages(desk, settings, client):
    settings.DESK_URL = "https://desk.example"
    boss = desk.supervisor_user
    boss.weekly_report = True
    speak(boss, "de")
    desk.ticket(assigned_to=desk.rep.user_id, priority="Critical")
    sweep(now=after(hours=9))
    outbox.dispatch()
    queue_weekly(today=date(2026, 11, 9), now=after(hours=9))
    client.post("/accounts/password/reset/", {"email": boss.email})

    delivery.send_due(now=after(days=999))

    german = {one.subject: one.body for one in mail.outbox if one.to == [boss.email]}
    assert set(german) == {
        "Ticket 1 wurde eskaliert",
        "Wochenbericht: 2. Nov. 2026 bis 8. Nov. 2026",
        "Neues Passwort festlegen",
    }
    weekly = german["Wochenbericht: 2. Nov. 2026 bis 8. Nov. 2026"]
    assert "Woche vom 2. Nov. 2026 bis 8. Nov. 2026" in weekly
    assert "Kritisch: erste Antworten" in weekly
    english = [one for one in mail.outbox if one.to == [desk.rep_user.email]]
    assert [one.subject for one in english] == ["Ticket 1 was escalated"]


@pytest.mark.parametrize(
    ("shown", "english", "german"),
    [
        (lambda: number(12_345), "12,345", "12.345"),
        (lambda: number(-1_000), "-1,000", "-1.000"),
        (lambda: number(-999), "-999", "-999"),
        (lambda: number(999), "999", "999"),
        (lambda: number(1_000), "1,000", "1.000"),
        (lambda: span(2 * 86_400 + 3 * 3_600), "2 d 3 h", "2 T 3 h"),
        (lambda: day(date(2026, 3, 5)), "5 Mar 2026", "5. März 2026"),
        (
            lambda: moment(datetime(2026, 12, 5, 14, 5, tzinfo=UTC)),
            "5 Dec 2026, 14:05",
            "5. Dez. 2026, 14:05",
        ),
    ],
)
def test_numbers_and_dates_are_written_as_the_reader_writes_them(shown, english, german):
    assert shown() == english
    with translation.override("de"):
        assert shown() == german
