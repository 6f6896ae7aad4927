"""Messages that come by a channel, not typed into the desk."""

from tests.world import after, log_of, settle, stored
from tickets.domain.ticket import Channel, CommunicationType, Direction
from tickets.services.conversation.arrival import Arrival
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.lifecycle.status import wait


def test_a_channel_without_addresses_adds_a_message_like_any_other(desk, rep_client):
    ticket_id = desk.ticket().ticket_id
    respond(ticket_id, content="Which port?", by=desk.rep, now=after(hours=1))
    wait(ticket_id, by=desk.rep, now=after(hours=1))

    communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        content="Bremerhaven.",
        direction=Direction.INBOUND,
        arrival=Arrival(channel=Channel.WEB),
        by=desk.rep,
        now=after(hours=2),
    )
    settle()

    line = next(one for one in log_of(ticket_id) if one.content == "Bremerhaven.")
    assert (line.channel, line.email, line.without_effect) == ("web", None, None)
    assert not stored(ticket_id).waiting
    assert "Bremerhaven." in rep_client.get(f"/tickets/{ticket_id}/").content.decode()
    respond(ticket_id, content="Thank you.", by=desk.rep, now=after(hours=3))
    settle()
    assert [one.delivery for one in log_of(ticket_id) if one.content == "Thank you."] == ["sending"]
