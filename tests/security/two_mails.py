"""Two emails for the table of addresses: one of a ticket, with all that a page shows of one; the
other suspended."""

from tests.email.conftest import raw
from tickets.models import Mailbox
from tickets.services.email import suspended
from tickets.services.email.incoming.receive import receive

HTML = """--b
Content-Type: text/html

<p>secret</p>
--b
Content-Type: image/gif; name=a.gif

GIF89a secret
--b--
"""
"""A message with all that a page shows of one: its original, HTML, and a file."""


def mails(desk):
    """Receive two emails; return the ticket of one, its message, and the key of the other, which
    is suspended."""
    Mailbox.objects.create(name="support", address="support@desk.example")
    multipart = {"content_type": "multipart/mixed; boundary=b", "cc": "Bea <bea@posta.example>"}
    found = receive(raw(body=HTML, **multipart))
    receive(raw(subject="secret", body="secret", auto_submitted="auto-generated"))
    [waiting] = suspended.suspended(by=desk.rep).mails
    return found.ticket_id, found.communication_id, waiting.key
