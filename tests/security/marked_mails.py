"""The mail of the customer with the mark: one of each kind that a store keeps."""

from datetime import timedelta

from django.core import mail

from helpdesk.mail import delivery
from tests.email.conftest import GIULIA, SUPPORT, raw
from tests.world import settle, waiting_events
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.email.incoming.receive import receive
from tickets.services.email.participation import participants
from tickets.services.email.participation.side_threads import forward
from tickets.store.events import OutboxEvent

CARRIER = "desk@carrier.example"


class Letters:
    """Receives mail of a customer, and remembers what happened."""

    def __init__(self, desk, mark, email, now):
        self.desk, self.mark, self.email, self.now = desk, mark, email, now
        self.customer = f"Ann {mark} <{email}>"
        self.events: list[OutboxEvent] = []
        Mailbox.objects.create(
            name="support", address=SUPPORT, sender_name="Desk", acknowledges=True
        )
        self.own_ticket = self._a_message_with_a_file()
        self._a_suspended_one()
        self._a_conversation_with_a_third_party()
        self._a_bounce()
        self.others_ticket = self._a_part_in_anothers_ticket()

    def _take(self, **fields):
        self._later()
        return receive(raw(**{"sender": self.customer, **fields}), now=self.now)

    def _send(self):
        """Let out what waits; the mails that went."""
        self._later()
        self.events += waiting_events()
        settle()
        before = len(mail.outbox)
        delivery.send_due(now=self.now)
        return mail.outbox[before:]

    def _later(self):
        self.now += timedelta(minutes=1)

    def _respond(self, number, content):
        self._later()
        respond(number, content=content, by=self.desk.rep, now=self.now)
        return self._send()

    def _a_message_with_a_file(self):
        mark = self.mark
        body = (
            f"--b\r\nContent-Type: text/plain\r\n\r\n{mark} asks: where is it?\r\n"
            f"--b\r\nContent-Type: text/html\r\n\r\n<p>{mark} asks: where is it?</p>\r\n"
            f'--b\r\nContent-Type: text/plain; name="{mark}.txt"\r\n'
            f"Content-Disposition: attachment\r\n\r\n{mark} in a file\r\n--b--"
        )
        first = self._take(
            subject=f"{mark} by mail",
            body=body,
            content_type='multipart/mixed; boundary="b"',
            cc=f"Carl {mark} <carl@{mark}.example>",
            message_id=f"first@{mark}.example",
            references=f"<older@{mark}.example>",
        )
        self.first = first
        return first.ticket_id

    def _a_suspended_one(self):
        auto = self._take(
            subject=f"{self.mark} is away",
            body=f"{self.mark} is back on Monday.",
            message_id=f"auto@{self.mark}.example",
            auto_submitted="auto-replied",
        )
        assert auto.outcome == "suspended"

    def _a_conversation_with_a_third_party(self):
        forward(
            self.own_ticket,
            to=[CARRIER],
            content=f"Where is the car of {self.mark}?",
            forwarded_line=self.first.communication_id,
            with_files=(0,),
            by=self.desk.rep,
            now=self.now,
        )
        [sent] = [one for one in self._send() if one.to == [CARRIER]]
        answer = self._take(
            sender=f"Carrier <{CARRIER}>",
            to=sent.extra_headers["Reply-To"],
            message_id="answer@carrier.example",
            body=f"{self.mark}'s car is in Antwerp.",
            in_reply_to=sent.extra_headers["Message-ID"],
            cc=self.customer,
        )
        assert answer.ticket_id == self.own_ticket

    def _a_bounce(self):
        sent = self._respond(self.own_ticket, f"Dear {self.mark}, soon.")
        [own] = [one for one in sent if one.to == [self.email]]
        body = (
            "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.posta.example\r\n\r\n"
            f"Final-Recipient: rfc822; {self.email}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            f"Diagnostic-Code: smtp; 550 no {self.email} here\r\n\r\n--b--"
        )
        report = self._take(
            sender="Mail Delivery System <mailer-daemon@posta.example>",
            to=own.extra_headers["Return-Path"],
            subject="Undelivered Mail Returned to Sender",
            body=body,
            content_type='multipart/report; report-type=delivery-status; boundary="b"',
            message_id="report@mx.posta.example",
            return_path="<>",
            auto_submitted="auto-replied",
        )
        assert (report.outcome, report.ticket_id) == ("bounce", self.own_ticket)

    def _a_part_in_anothers_ticket(self):
        """Ann is in copy of Giulia's mail, writes into her ticket, is taken out and put back."""
        number = self._take(
            sender=f"Giulia <{GIULIA}>",
            cc=self.customer,
            message_id="giulia@posta.example",
            body="Please read this.",
        ).ticket_id
        sent = self._respond(number, "Dear both.")
        [to_them] = [one for one in sent if one.to == [self.email]]
        self._take(
            to=to_them.extra_headers["Reply-To"],
            message_id=f"part@{self.mark}.example",
            body=f"{self.mark} has read it.",
            in_reply_to="<giulia@posta.example>",
        )
        participants.remove(number, address=self.email, by=self.desk.rep, now=self.now)
        participants.add(number, address=self.email, by=self.desk.rep, now=self.now)
        self._send()
        return number
