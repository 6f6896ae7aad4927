"""Programs write to third parties, and read the texts that the desk has for that."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.problems import is_problem
from tests.email.conftest import SUPPORT, send
from tests.world import after, log_of, stored, team
from tickets.models import CannedReply, Mailbox
from tickets.services.conversation.communicate import note
from tickets.services.email.participation.forwarded import opening

CARRIER = "desk@carrier.example"


@pytest.fixture
def number(desk):
    Mailbox.objects.create(name="support", address=SUPPORT)
    files = [SimpleUploadedFile(name, b"%PDF " + name.encode()) for name in ("a.pdf", "b.pdf")]
    made = desk.ticket(files=files)
    note(made.ticket_id, content="SECRET", by=desk.rep2, now=after(minutes=1))
    return made.ticket_id


def test_a_program_forwards_the_opening_and_goes_on_in_the_conversation(
    desk, program, number, mailoutbox
):
    path, quote = f"/tickets/{number}/forward", opening(number, by=desk.rep)[1].quote
    body = {"to": [CARRIER], "content": "Where is it?", "forwards": "opening", "withFiles": [1]}
    key = {"Idempotency-Key": "k"}

    first, repeat = program.post(path, body, **key), program.post(path, body, **key)
    line = first.json()
    assert (first.status_code, repeat.json()) == (201, line)
    assert (line["sideThread"], line["content"]) == ("1", f"Where is it?\n\n{quote}")
    assert [one["name"] for one in line["attachments"]] == ["b.pdf"]
    assert [one["address"] for one in line["deliveries"]] == [CARRIER]
    more = {"to": [CARRIER], "content": "And when?", "sideThread": "1"}
    again = {"forwards": line["communicationId"], "quote": False, "withFiles": [0]}
    following = program.post(path, more | again).json()
    assert (following["sideThread"], following["content"]) == ("1", "And when?")
    assert [one["name"] for one in following["attachments"]] == ["b.pdf"]

    [secret] = [one.communication_id for one in log_of(number) if one.content == "SECRET"]
    wrong = (
        ("to", {"to": ["giulia@posta.example"]}),
        ("to", {"to": []}),
        ("content", {"content": " "}),
        ("sideThread", {"sideThread": "2"}),
        ("forwards", {"forwards": secret}),
        ("withFiles", {"withFiles": [2]}),
    )
    for field, given in wrong:
        is_problem(program.post(path, body | given), 422, field)
    assert stored(number).side_threads == 1
    assert program.get(f"/tickets/{number}").json()["communications"][-1] == following
    mails = [one for one in send(mailoutbox, after(days=900)) if one.to == [CARRIER]]
    assert len(mails) == 2, "a repeat sends nothing"


def test_a_program_reads_canned_replies_of_its_user(program, desk, number):
    ours = team("Customs", desk.rep_user)
    texts = {"a": None, "b": ours, "c": team("Money", desk.rep2_user)}
    made = {
        name: CannedReply.objects.create(name=name, text="{vehicle} {first_name}", team=of)
        for name, of in texts.items()
    }
    made["b"].audience = CannedReply.Audience.THIRD_PARTY
    made["b"].save()

    listed = program.get("/canned-replies").json()["items"]
    assert [(one["name"], one["team"]) for one in listed] == [("a", None), ("b", "Customs")]
    [outside] = program.get("/canned-replies?audience=third-party").json()["items"]
    assert (outside["name"], outside["text"]) == ("b", "{vehicle} {first_name}")
    path = f"/canned-replies/{outside['cannedReplyId']}"
    assert program.get(path).json() == outside
    assert program.get(f"{path}?ticketId={number}").json()["text"] == " Giulia"
    for nowhere in (f"/canned-replies/{made['c'].pk}", "/canned-replies/x", f"{path}?ticketId=9"):
        is_problem(program.get(nowhere), 404)
    is_problem(program.get("/canned-replies?audience=nobody"), 422, "audience")
