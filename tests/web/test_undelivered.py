"""The list of undelivered mail: the reason, sending again, dismissing."""

import pytest

from helpdesk.mail import delivery, queue
from tests.mail.test_delivery import server  # noqa: F401 (a fixture)
from tests.world import NOON, after, log_of, settle
from tickets.services.conversation.communicate import respond
from tickets.store.items import Communication


@pytest.fixture
def refused(desk, server):  # noqa: F811
    """A reply that the server has refused."""
    server.refused["giulia@posta.example"] = "550 no such mailbox"
    ticket = desk.ticket()
    respond(ticket.ticket_id, content="Here.", by=desk.rep, now=NOON)
    settle()
    delivery.send_due(now=after(minutes=1))
    return ticket


def listed(client):
    return [mail for _kind, mail in client.get("/mail/undelivered/").context["mails"]]


def reply_of(ticket):
    [line] = [line for line in log_of(ticket.ticket_id) if line.type == "Customer Response"]
    return line


def test_the_list_says_what_failed_and_why(rep_client, refused):
    page = rep_client.get("/mail/undelivered/").content.decode()

    assert f"#{refused.ticket_id} <bdi>Where is my car?</bdi>" in page
    assert "550 no such mailbox" in page


def test_the_problem_is_in_the_reader_s_language_and_the_server_s_words_as_they_came(
    rep_client, refused
):
    for page in ("/mail/undelivered/", f"/tickets/{refused.ticket_id}/"):
        german = rep_client.get(page, HTTP_ACCEPT_LANGUAGE="de").content.decode()
        assert "Antwort des Mailservers: 550 no such mailbox" in german, page
        assert "Response from the mail server" not in german


def test_the_api_has_the_problem_in_words_and_as_a_code(rep_client, refused):
    answer = rep_client.get(f"/api/tickets/{refused.ticket_id}")

    [delivered] = [
        one["deliveries"] for one in answer.json()["communications"] if one["deliveries"]
    ]
    assert delivered[0]["problem"] == "Response from the mail server: 550 no such mailbox"
    assert delivered[0]["problemCode"] == "response"


def test_a_problem_that_an_earlier_release_stored_as_a_sentence_is_still_shown(rep_client, refused):
    [mail] = queue.undelivered(limit=9)
    mail.update(
        actions=[
            queue.UndeliveredEmail.problem_code.remove(),
            queue.UndeliveredEmail.problem_detail.set("Invalid email address."),
        ]
    )
    line = reply_of(refused)
    line.deliveries[0].problem_code = None
    line.deliveries[0].problem_detail = "Response from the mail server: 550 gone"
    line.update(
        actions=[
            Communication.deliveries.set(line.deliveries),
            Communication.delivery_problem_code.remove(),
            Communication.delivery_problem_detail.set("The mail server is unavailable."),
        ]
    )

    page = f"/tickets/{refused.ticket_id}/"
    assert "The mail server is unavailable." in rep_client.get(page).content.decode()
    german = {"HTTP_ACCEPT_LANGUAGE": "de"}
    assert "Der Mailserver ist nicht erreichbar." in rep_client.get(page, **german).content.decode()
    assert (
        "Ungültige E-Mail-Adresse."
        in rep_client.get("/mail/undelivered/", **german).content.decode()
    )
    answer = rep_client.get(f"/api/tickets/{refused.ticket_id}")
    [delivered] = [
        one["deliveries"] for one in answer.json()["communications"] if one["deliveries"]
    ]
    assert delivered[0]["problem"] == "Response from the mail server: 550 gone"
    assert delivered[0]["problemCode"] is None


def test_it_is_sent_again_from_the_list_and_leaves_it(rep_client, refused, server):  # noqa: F811
    [mail] = listed(rep_client)
    server.refused.clear()

    answer = rep_client.post("/mail/undelivered/again/", {"mail": mail.key}, follow=True)
    assert "being sent again" in answer.content.decode()
    assert listed(rep_client) == []
    assert delivery.send_due() == 1

    assert reply_of(refused).delivery == "sent"
    assert [recipients for recipients, _message in server.taken] == [["giulia@posta.example"]]


def test_two_colleagues_who_send_it_again_send_it_once(rep_client, refused, server):  # noqa: F811
    [mail] = listed(rep_client)
    server.refused.clear()

    first = rep_client.post("/mail/undelivered/again/", {"mail": mail.key})
    second = rep_client.post("/mail/undelivered/again/", {"mail": mail.key})

    assert (first.status_code, second.status_code) == (302, 404)
    assert delivery.send_due() == 1
    assert delivery.send_due() == 0


def test_a_dismissed_mail_stays_failed_on_its_ticket(rep_client, refused):
    [mail] = listed(rep_client)

    rep_client.post("/mail/undelivered/dismiss/", {"mail": mail.key})

    assert listed(rep_client) == []
    assert reply_of(refused).delivery == "failed"
    assert delivery.send_due() == 0


def test_a_key_of_something_else_deletes_nothing(rep_client, refused):
    for key in (f"TICKET#{refused.ticket_id}|DETAILS", "", "|", "UNDELIVERED#0|x"):
        for verb in ("again", "dismiss"):
            answer = rep_client.post(f"/mail/undelivered/{verb}/", {"mail": key})
            assert answer.status_code == 404, key
    assert len(listed(rep_client)) == 1


def test_an_empty_list_says_so(rep_client):
    assert "No undelivered mail" in rep_client.get("/mail/undelivered/").content.decode()
