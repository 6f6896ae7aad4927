"""People are told of escalations: each person once for each event, by one mail for many tickets."""

from django.core import mail

from helpdesk.accounts.actors import actor_of
from helpdesk.mail import delivery
from tests.world import after, waiting_events
from tickets.services.delivery import notifications, outbox
from tickets.services.lifecycle.escalate import escalate, sweep


def told(actor):
    return [(notice.ticket_id, notice.rules) for notice in notifications.newest(by=actor)]


def test_a_breach_is_told_to_the_assignee_and_to_supervisors(desk):
    ticket = desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=8, seconds=1))

    outbox.dispatch()

    both = [(ticket.ticket_id, "response-at-risk response-breached")]
    assert told(desk.rep) == both
    assert told(desk.supervisor) == [(ticket.ticket_id, "response-breached")]
    assert told(desk.rep2) == []


def test_a_ticket_of_nobody_is_told_to_everybody_who_could_take_it(desk):
    ticket = desk.ticket()
    sweep(now=after(hours=6, seconds=1))

    outbox.dispatch()

    assert told(desk.rep) == told(desk.rep2) == [(ticket.ticket_id, "response-at-risk")]


def test_after_an_outage_a_person_gets_one_notice_a_ticket_and_one_mail(desk):
    for _ in range(3):
        desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(days=30))

    outbox.dispatch()
    delivery.send_due(now=after(days=30))

    assert len(told(desk.supervisor)) == 3
    [to_supervisor] = [sent for sent in mail.outbox if "ingrid" in sent.to[0]]
    for number in (1, 2, 3):
        assert f"/tickets/{number}/" in to_supervisor.body or f"#{number}" in to_supervisor.body


def test_an_event_that_arrives_twice_tells_nobody_twice(desk):
    desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    events = waiting_events()
    for event in [*events, *events]:
        notifications.handle_events([event])

    delivery.send_due()
    delivery.send_due()

    assert len(told(desk.rep)) == 1
    assert len([sent for sent in mail.outbox if "rosa" in sent.to[0]]) == 1


def test_a_repeat_after_reading_and_mailing_stays_silent(desk):
    desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    events = waiting_events()
    outbox.dispatch()
    delivery.send_due()
    notifications.mark_read(by=desk.rep)
    sent = len(mail.outbox)

    for event in events:
        notifications.handle_events([event])
    delivery.send_due()

    assert notifications.unread_count(by=desk.rep) == 0
    assert len(mail.outbox) == sent


def test_reading_one_leaves_the_others_unread(desk):
    for _ in range(2):
        desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    outbox.dispatch()
    newest = notifications.newest(by=desk.rep)[0]

    notifications.mark_read(by=desk.rep, event_ids=[newest.event_id])

    assert notifications.unread_count(by=desk.rep) == 1


def test_an_escalation_by_hand_is_told_with_its_reason(desk):
    ticket = desk.ticket()
    escalate(ticket.ticket_id, reason="The lawyer wrote.", by=desk.rep, now=after(minutes=1))

    outbox.dispatch()

    [notice] = notifications.newest(by=desk.supervisor)
    assert notifications.reasons_of([notice]) == {notice.event_id: "The lawyer wrote."}
    assert "lawyer" not in str(notice.serialize()), "the reason stands in one place"
    delivery.send_due(now=after(minutes=2))
    assert any("The lawyer wrote." in str(sent.body) for sent in mail.outbox)


def test_somebody_who_left_gets_no_mail(desk):
    desk.ticket(assigned_to=desk.rep.user_id)
    sweep(now=after(hours=9))
    outbox.dispatch()
    desk.rep_user.is_active = False
    desk.rep_user.save()

    delivery.send_due()

    assert not [sent for sent in mail.outbox if "rosa" in sent.to[0]]
    assert actor_of(desk.rep_user).user_id == desk.rep.user_id
