"""A desk as a program of its own, with its own tables, database and secret, for tests with several.

Each line on standard input is a JSON object: a message to take, or somebody to write to. The answer
is a line with what the desk then sends.
"""

import json
import os
import sys
from datetime import datetime

import django

django.setup()

from django.core import mail  # noqa: E402

from customers.services.create import create_customer  # noqa: E402
from customers.services.read import customer_with_email  # noqa: E402
from helpdesk.dynamo.table import create_missing_tables  # noqa: E402
from helpdesk.mail import delivery  # noqa: E402
from helpdesk.mail.smtp import as_sent, envelope_of  # noqa: E402
from tests.world import Desk, settle  # noqa: E402
from tickets.models import Mailbox  # noqa: E402
from tickets.services.conversation.communicate import respond  # noqa: E402
from tickets.services.email.incoming.receive import receive  # noqa: E402

mail.outbox = []


def act(desk: Desk, line: dict[str, str]) -> str | None:
    """Take a message, or write to somebody; return the outcome of what was taken."""
    now = datetime.fromisoformat(line["now"])
    if "write to" in line:
        customer = customer_with_email(line["write to"]) or create_customer(
            name="They", email=line["write to"], by=desk.rep, now=now
        )
        ticket = desk.ticket(customer_id=customer.customer_id, now=now)
        respond(ticket.ticket_id, content="Where is it?", by=desk.rep, now=now)
        return None
    taken = receive(
        line["raw"].encode("latin-1"),
        envelope_from=line["from"],
        envelope_to=line["to"],
        now=now,
    )
    return taken.outcome.value if taken.outcome else None


def sent(now: datetime) -> list[dict[str, str]]:
    """Let everything go out that is due."""
    settle()
    mail.outbox.clear()
    delivery.send_due(now=now)
    found = []
    for message in mail.outbox:
        sender, recipients = envelope_of(message)
        text = as_sent(message).decode("latin-1")
        found += [{"raw": text, "from": sender, "to": one} for one in recipients]
    return found


def main() -> None:
    create_missing_tables()
    desk = Desk()
    address = os.environ["DESK_ADDRESS"]
    Mailbox.objects.create(name="support", address=address, acknowledges=True)
    for written in sys.stdin:
        line = json.loads(written)
        outcome = act(desk, line)
        going = sent(datetime.fromisoformat(line["now"]))
        sys.stdout.write(json.dumps({"outcome": outcome, "sent": going}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
