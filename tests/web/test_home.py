"""The home page says what to do next, and costs no request more than a list."""

from functools import partial

from helpdesk.dynamo import capacity
from tests.world import after, settle, team
from tickets.services.assignment.assign import assign_team
from tickets.services.conversation.communicate import note, respond
from tickets.services.lists.find import find
from tickets.web import lists


def asked(client, address):
    """The page, and what it asked of DynamoDB."""
    with capacity.counting() as usage:
        answer = client.get(address)
    assert answer.status_code == 200
    return answer, sorted(usage.operations)


def test_home_names_what_waits_for_a_reply_and_what_is_due(desk, rep_client):
    waits = desk.ticket(assigned_to=desk.rep.user_id, subject="It waits").ticket_id
    answered = desk.ticket(assigned_to=desk.rep.user_id, subject="It is answered").ticket_id
    respond(answered, content="On Monday.", by=desk.rep, now=after(minutes=1))
    settle()

    home, operations = asked(rep_client, "/")
    assert [line.ticket_id for line in home.context["home"].needs_reply] == [waits]
    assert {line.ticket_id for line in home.context["home"].due} == {waits, answered}
    listed, of_list = asked(rep_client, "/tickets/?view=mine&priority=Medium&sort=-createdAt")
    assert operations == ["BatchGetItem", "Query"]
    assert len(operations) <= len(of_list)
    assert "home" not in listed.context

    bell, alone = asked(rep_client, "/notifications/bell/?home=1")
    assert alone == ["Query"], "without a mention the bell costs what it did"
    assert "No unread mentions." in bell.content.decode()
    note(answered, content="@rosa is it on board?", by=desk.rep2, now=after(minutes=2))
    settle()
    bell, _operations = asked(rep_client, "/notifications/bell/?home=1")
    assert "is it on board?" in bell.content.decode()


def test_home_names_those_who_wait_on_later_pages_and_stays_without_tickets(
    desk, rep_client, monkeypatch
):
    empty, _operations = asked(rep_client, "/")
    assert "No customers are waiting for your reply." in empty.content.decode()
    assert "No unread mentions." in empty.content.decode()
    assert "home" not in rep_client.get("/?page=nonsense").context

    desk.ticket(assigned_to=desk.rep.user_id, priority="Low", now=after(days=30))
    answered = desk.ticket(assigned_to=desk.rep.user_id, priority="Critical").ticket_id
    respond(answered, content="On Monday.", by=desk.rep, now=after(minutes=1))
    settle()
    monkeypatch.setattr(lists, "find", partial(find, limit=1))
    home, operations = asked(rep_client, "/")
    assert [line.ticket_id for line in home.context["lines"]] == [answered]
    assert "1 ticket needs your reply." in home.content.decode()
    assert "Nobody waits" not in home.content.decode()
    assert operations == ["BatchGetItem", "Query"], "counted in SQL"


def test_home_and_the_title_count_what_nobody_of_my_teams_has_taken(desk, rep_client):
    ours = str(team("Customs", desk.rep_user).pk)
    theirs = str(team("Billing", desk.supervisor_user).pk)
    desk.ticket(assigned_to=desk.rep.user_id)
    for of in (ours, ours, theirs):
        assign_team(desk.ticket().ticket_id, team_id=of, by=desk.supervisor)
    settle()

    home = rep_client.get("/").content.decode()
    assert "2 unassigned tickets of your teams need a reply." in home
    assert 'data-next="3"' in home, "the title counts one of mine and two of my teams"
    listed = rep_client.get("/tickets/?view=needs-reply&assignedTo=none&team=mine")
    assert len(listed.context["lines"]) == 2
