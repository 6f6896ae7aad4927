"""Attachments, canned replies, mentions, changes to many, and what came between."""

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from helpdesk import jobs
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.death import at_call, dies_of_9
from tests.world import AWAY, NOON, after, escalations_of, log_of, settle, stored, team
from tickets.domain.filters import Filters
from tickets.domain.mentions import mentions
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Bulk, CannedReply
from tickets.services.assignment.assign import assign
from tickets.services.conversation import attachments
from tickets.services.conversation.canned_replies import canned_replies, filled_in
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.delivery import notifications, presence
from tickets.services.lifecycle.change import UnseenChanges
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import bulk
from tickets.services.lists.find import every_number


def file(name="papers.pdf", content=b"%PDF"):
    return SimpleUploadedFile(name, content)


def stored_files(ticket_id):
    storage = storages["attachments"]
    folder = f"tickets/{ticket_id}"
    return storage.listdir(folder)[1] if storage.exists(folder) else []


def fresh(desk, **fields):
    """A ticket of this moment: for what takes its time from the machine."""
    return desk.ticket(now=this_second(), **fields)


# --- attachments


def test_files_are_kept_with_their_message(desk):
    number = desk.ticket().ticket_id
    with attachments.kept(number, [file(), file("car.JPG", b"\xff\xd8\xff\xe0")]) as given:
        note(number, content="Two files", attachments=given, by=desk.rep)

    line = log_of(number)[-1]
    names = [(attached.name, int(attached.size)) for attached in line.attachments]
    assert names == [("papers.pdf", 4), ("car.JPG", 4)]
    found = attachments.attachment(number, line.communication_id, 1, by=desk.rep2)
    with attachments.opened(found) as opened:
        assert opened.read() == b"\xff\xd8\xff\xe0"


def test_a_message_that_fails_leaves_no_file(desk):
    number = desk.ticket().ticket_id
    stored_while_writing = []

    def write():
        with attachments.kept(number, [file()]) as given:
            stored_while_writing.extend(attachments.opened(attached).read() for attached in given)
            note(number, content="  ", attachments=given, by=desk.rep)

    before = stored_files(number)
    with pytest.raises(Invalid):
        write()

    assert stored_while_writing == [b"%PDF"]
    assert stored_files(number) == before


@pytest.mark.parametrize(
    "files",
    [
        [("page.html", b"<script>")],
        [("picture.svg", b"<svg/>")],
        [("program.exe", b"MZ")],
        [("nothing", b"?")],
        [("a.pdf", b"x")] * 11,
        [("big.pdf", b"x" * (attachments.LARGEST + 1))],
    ],
)
def test_other_files_are_refused_with_what_can_be_taken(desk, files):
    with pytest.raises(Invalid) as refused, attachments.kept("1", [file(*one) for one in files]):
        pass
    assert list(refused.value.errors) == ["files"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\papers.pdf", "papers.pdf"),
        ("in\u202efdp.txt", "infdp.txt"),
        ("x" * 300 + ".pdf", "x" * 117 + ".pdf"),
    ],
)
def test_names_of_files_are_made_harmless(desk, given, kept):
    uploaded = file()
    uploaded._name = given
    with attachments.kept("1", [uploaded]) as found:
        assert found[0].name == kept


def test_whoever_works_no_tickets_gets_no_file(desk):
    number = desk.ticket().ticket_id
    with attachments.kept(number, [file()]) as given:
        note(number, content="x", attachments=given, by=desk.rep)
    line = log_of(number)[-1].communication_id

    with pytest.raises(NotAllowed):
        attachments.attachment(number, line, 0, by=desk.outsider)
    with pytest.raises(NotFound):
        attachments.attachment(number, line, 1, by=desk.rep)


# --- canned replies


def test_a_canned_reply_is_filled_in_and_unknown_words_stay(desk):
    reply = CannedReply.objects.create(
        name="Hello", text="Dear {first_name} ({customer}), {vehicle} {vin} {ticket} {other} {me}"
    )
    number = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id

    assert filled_in(reply.pk, number, by=desk.rep) == (
        f"Dear Giulia (Giulia Bianchi), 2019 Volkswagen Golf WVWZZZ1K0AW000001 #{number} "
        "{other} Rosa Marin"
    )


def test_a_teams_replies_are_the_teams(desk):
    money = team("Money", desk.rep2_user)
    reply = CannedReply.objects.create(name="Pay", text="Pay.", team=money)
    CannedReply.objects.create(name="All", text="All.")

    assert [found.name for found in canned_replies(by=desk.rep)] == ["All"]
    assert [found.name for found in canned_replies(by=desk.rep2)] == ["All", "Pay"]
    with pytest.raises(NotFound):
        filled_in(reply.pk, desk.ticket().ticket_id, by=desk.rep)


# --- mentions


def test_mentions_are_names_after_an_at():
    text = "@rosa please, and @tomasz. Not mail@example.com, not http://x/@y; @rosa again"
    assert mentions(text) == ["rosa", "tomasz"]


def test_a_colleague_who_is_called_is_told_and_nobody_else(desk):
    number = desk.ticket().ticket_id
    note(number, content="@Tomasz, @nobody and @rosa: look", by=desk.rep, now=NOON)
    settle()

    [told] = notifications.newest(by=desk.rep2)
    assert (told.kind, told.ticket_id, told.told_by) == ("mentioned", number, desk.rep.user_id)
    assert notifications.newest(by=desk.rep) == []


def test_the_assignee_is_told_when_the_customer_writes(desk):
    number = fresh(desk, assigned_to=desk.rep2.user_id, by=desk.rep2).ticket_id
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Hello?",
        by=desk.rep,
    )
    settle()

    assert [told.kind for told in notifications.newest(by=desk.rep2)] == ["replied"]


def test_a_team_is_told_of_what_is_at_risk_and_others_are_not(desk):
    from tickets.services.assignment.assign import assign_team

    money = team("Money", desk.rep2_user)
    ticket = desk.ticket()
    assign_team(ticket.ticket_id, team_id=str(money.pk), by=desk.rep, now=NOON)
    sweep(now=ticket.sla.response_at_risk_at + (after(seconds=1) - NOON))
    settle()

    assert [told.rules for told in notifications.newest(by=desk.rep2)] == ["response-at-risk"]
    assert notifications.newest(by=desk.rep) == []


# --- what came between


def test_an_answer_waits_while_a_colleague_was_quicker(desk):
    number = desk.ticket().ticket_id
    seen = stored(number).last_id
    respond(number, content="I am on it.", by=desk.rep2)

    with pytest.raises(UnseenChanges) as between:
        respond(number, content="Me too.", seen=seen, by=desk.rep)

    assert between.value.lines[0].content == "I am on it."
    assert len([line for line in log_of(number) if line.type == "Customer Response"]) == 1
    respond(number, content="Me too.", seen=stored(number).last_id, by=desk.rep)


def test_what_the_desk_or_oneself_did_does_not_hold_an_answer_up(desk):
    ticket = desk.ticket(priority="Critical", now=NOON)
    seen = stored(ticket.ticket_id).last_id
    sweep(now=after(days=3))
    assign(ticket.ticket_id, to=desk.rep.user_id, by=desk.rep)

    respond(ticket.ticket_id, content="Here.", seen=seen, by=desk.rep)


def test_a_customer_who_wrote_meanwhile_is_always_shown(desk):
    number = desk.ticket().ticket_id
    seen = stored(number).last_id
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="It has arrived!",
        by=desk.rep,
    )

    with pytest.raises(UnseenChanges):
        respond(number, content="It is late.", seen=seen, by=desk.rep)


def test_an_answer_resolves_or_waits_in_one_step(desk):
    first, second = desk.ticket().ticket_id, desk.ticket().ticket_id
    respond(first, content="Done.", resolve=True, by=desk.rep)
    respond(second, content="Which?", waiting=True, by=desk.rep)

    assert stored(first).status == "Resolved"
    assert stored(second).waiting
    with pytest.raises(Invalid):
        respond(second, content="x", waiting=True, resolve=True, by=desk.rep)


# --- changes to many


def worked(**asked):
    started = bulk.start(**asked)
    for _ in range(100):
        done = bulk.step(started.pk)
        if done.finished_at:
            return {found["ticket"]: found["refused"] for found in done.results}
    raise AssertionError("never finished")


def test_each_ticket_is_done_or_refused_with_its_reason(desk):
    good, closed = fresh(desk).ticket_id, fresh(desk).ticket_id
    change_status(closed, to="Closed", by=desk.rep)

    results = worked(
        action="status", value="Resolved", ticket_ids=[good, closed, "4711"], by=desk.rep
    )

    assert results[good] == ""
    assert "Can’t change the status" in results[closed]
    assert "4711 not found" in results["4711"]
    assert stored(good).status == "Resolved"


@pytest.mark.parametrize(
    ("action", "value", "field", "expected"),
    [
        ("priority", "High", "priority", "High"),
        ("tag", "broker, Late", "tags", ["broker", "late"]),
        ("escalate", "Storm", "escalation_level", 1),
    ],
)
def test_what_can_be_changed_of_many(desk, action, value, field, expected):
    numbers = [fresh(desk).ticket_id for _ in range(3)]

    assert set(worked(action=action, value=value, ticket_ids=numbers, by=desk.rep).values()) == {""}

    assert [getattr(stored(number), field) for number in numbers] == [expected] * 3


def test_many_are_assigned_to_a_person_a_team_or_nobody(desk):
    money = team("Money", desk.rep2_user)
    numbers = [fresh(desk).ticket_id for _ in range(30)]

    worked(action="assign", value=desk.rep2.user_id, ticket_ids=numbers, by=desk.rep)
    assert {stored(number).assigned_to for number in numbers} == {desk.rep2.user_id}
    worked(action="assign", value=f"team-{money.pk}", ticket_ids=numbers[:2], by=desk.rep)
    assert stored(numbers[0]).team_id == str(money.pk)
    worked(action="assign", value="", ticket_ids=numbers[:2], by=desk.rep)
    assert stored(numbers[0]).assigned_to is None


@pytest.mark.django_db(transaction=True)
def test_a_step_that_is_done_again_after_a_death_doubles_nothing(desk):
    numbers = [fresh(desk).ticket_id for _ in range(3)]
    started = bulk.start(action="escalate", value="Storm", ticket_ids=numbers, by=desk.rep)

    def changes_all_and_dies():
        at_call(Bulk, "save")
        bulk.step(started.pk)

    assert dies_of_9(changes_all_and_dies)
    assert bulk.step(started.pk).finished_at is None  # the lease of the dead one
    Bulk.objects.update(leased_until=timezone.now() - jobs.LEASE)
    assert list(jobs.abandoned(Bulk)) == [started]

    assert bulk.step(started.pk).finished_at

    assert [len(escalations_of(number)) for number in numbers] == [1, 1, 1]


def test_bulk_changes_are_their_askers(desk):
    started = bulk.start(action="tag", value="x", ticket_ids=[fresh(desk).ticket_id], by=desk.rep)
    with pytest.raises(NotFound):
        bulk.bulk_of(started.pk, by=desk.rep2)
    with pytest.raises(NotAllowed):
        bulk.start(action="tag", value="x", ticket_ids=["1"], by=desk.outsider)
    for wrong in (
        {"action": "delete", "value": "", "ticket_ids": ["1"]},
        {"action": "tag", "value": "", "ticket_ids": ["1"]},
        {"action": "tag", "value": "x", "ticket_ids": []},
        {"action": "tag", "value": "x" * 41, "ticket_ids": ["1"]},
        {"action": "status", "value": "Lost", "ticket_ids": ["1"]},
        {"action": "priority", "value": "", "ticket_ids": ["1"]},
        {"action": "assign", "value": desk.outsider.user_id, "ticket_ids": ["1"]},
        {"action": "assign", "value": "team-4711", "ticket_ids": ["1"]},
        {"action": "tag", "value": "x", "ticket_ids": [str(n) for n in range(bulk.MOST + 1)]},
    ):
        with pytest.raises(Invalid):
            bulk.start(**wrong, by=desk.rep)
    assert list(Bulk.objects.all()) == [started]


def test_a_change_that_is_asked_for_twice_is_made_once(desk):
    number = fresh(desk).ticket_id
    asked = {"action": "escalate", "value": "Storm", "ticket_ids": [number], "by": desk.rep}

    first, again = (bulk.start(**asked, key="list 1 pressed-twice") for _ in range(2))
    other = bulk.start(**asked, key="list 1 another-page")

    assert first.pk == again.pk
    assert other.pk != first.pk
    for one in (first, again):
        bulk.step(one.pk)
    assert len(escalations_of(number)) == 1


def test_all_of_a_list_are_its_tickets_or_are_refused_where_they_are_too_many(desk, monkeypatch):
    made = [desk.ticket(subject="Zebra crossing").ticket_id for _ in range(3)]
    desk.ticket(subject="Something else")
    settle()
    zebras = Filters(text="zebra")

    monkeypatch.setattr(bulk, "MOST", 3)
    assert sorted(bulk.all_of(zebras, by=desk.rep)) == sorted(made)
    monkeypatch.setattr(bulk, "MOST", 2)
    with pytest.raises(Invalid, match="More than 2 tickets match"):
        bulk.all_of(zebras, by=desk.rep)
    with pytest.raises(NotAllowed):
        bulk.all_of(zebras, by=desk.outsider)


@pytest.mark.parametrize("text", ["4711", "NUMBER"])
def test_a_number_that_is_searched_for_counts_if_there_is_such_a_ticket(desk, text):
    number = desk.ticket(subject="Zebra crossing").ticket_id
    settle()

    found = every_number(Filters(text=text.replace("NUMBER", number)), most=9, by=desk.rep)

    assert found == ([number] if text == "NUMBER" else [])


# --- live


def test_stamps_change_with_what_they_stand_for(desk):
    one, other = fresh(desk).ticket_id, fresh(desk).ticket_id
    settle()
    before = [presence.ticket_stamp(number, by=desk.rep) for number in (one, other)]
    desk_before = presence.desk_stamp(by=desk.rep)
    note(one, content="x", by=desk.rep)
    settle()

    assert presence.ticket_stamp(one, by=desk.rep) != before[0]
    assert presence.ticket_stamp(other, by=desk.rep) == before[1]
    assert presence.desk_stamp(by=desk.rep) != desk_before


def test_people_see_each_other_and_whether_they_type(desk):
    number = fresh(desk).ticket_id

    assert presence.be_here(number, typing=False, by=desk.rep) == {}
    assert presence.be_here(number, typing=True, by=desk.rep2) == {"Rosa Marin": False}
    assert presence.be_here(number, typing=False, by=desk.rep) == {"Tomasz Nowak": True}


def test_without_a_cache_pages_go_on(desk, settings):
    settings.CACHES = {"default": AWAY}
    number = fresh(desk).ticket_id
    settle()

    assert presence.desk_stamp(by=desk.rep) == ""
    assert presence.be_here(number, typing=True, by=desk.rep) == {}
