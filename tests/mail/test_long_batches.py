"""A batch of mails may take longer than a worker is believed to live."""

from datetime import timedelta

from helpdesk.mail import delivery, queue
from helpdesk.mail.smtp import Server
from tests.world import NOON, after, settle
from tickets.services.conversation.communicate import respond


def test_a_mail_late_in_a_long_batch_is_not_taken_for_lost(desk, mailoutbox, monkeypatch):
    """Another worker would call it unknown while it is being sent, and a person send it again."""
    for _ in range(4):
        ticket = desk.ticket(now=NOON)
        respond(ticket.ticket_id, content="Here it is.", by=desk.rep, now=NOON)
    settle()
    clock = [after(minutes=1)]
    lost = []
    give = Server.give

    def slow(self, message):
        lost.extend(mail for mail in queue.due(clock[0], limit=10) if mail.state == queue.SENDING)
        clock[0] += queue.LOST_AFTER / 2 + timedelta(seconds=1)
        return give(self, message)

    monkeypatch.setattr(Server, "give", slow)
    monkeypatch.setattr(delivery, "this_second", lambda: clock[0])

    assert delivery.send_due() == 4

    assert lost == []
    assert len(mailoutbox) == 4
