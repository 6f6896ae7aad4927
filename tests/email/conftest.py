"""A desk with a mailbox, and mails as programs write them."""

import pytest

from helpdesk.mail import delivery as sending
from tests.world import NOON, after, settle
from tickets.models import Mailbox
from tickets.services.email.incoming.receive import receive

GIULIA = "giulia@posta.example"
SUPPORT = "support@desk.example"


def raw(
    *,
    sender=f"Giulia Bianchi <{GIULIA}>",
    to=SUPPORT,
    subject="Where is my car?",
    body="It should be here by now.",
    message_id="first@posta.example",
    **headers,
):
    """A mail, with more headers as in `in_reply_to="<a@b>"`; None leaves one out. `sender` is From,
    `sender_` is Sender."""
    fields = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{message_id}>" if message_id is not None else None,
        "Date": "Mon, 2 Nov 2026 11:59:00 +0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-").strip("-").title(): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n" + body + "\r\n").encode()


def take(now=NOON, mailbox=None, envelope_to=None, **fields):
    """Receive a mail, and say what became of it."""
    return receive(raw(**fields), mailbox=mailbox, envelope_to=envelope_to, now=now)


def send(mailoutbox, now):
    """Let what is queued go out; the mails that went."""
    settle()
    before = len(mailoutbox)
    sending.send_due(now=now)
    return mailoutbox[before:]


@pytest.fixture
def mailbox(desk):
    """The mailbox of most tests: no server checks senders."""
    return Mailbox.objects.create(name="support", address=SUPPORT, sender_name="ACME Shipping")


@pytest.fixture
def checked(mailbox):
    """The same, with a server that checks senders."""
    mailbox.authentication_hosts = "mx.desk.example"
    mailbox.save()
    return mailbox


def passed(domain="posta.example"):
    """The header that says that a sender is who they say."""
    return f"mx.desk.example; dmarc=pass header.from={domain}"


@pytest.fixture
def files_in_a_folder(settings, tmp_path):
    """Files outlive the process that stored them."""
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}


__all__ = ["GIULIA", "NOON", "SUPPORT", "after", "passed", "raw", "send", "take"]


@pytest.fixture
def at_home(settings, tmp_path):
    """Development, with a folder of its own."""
    settings.DEBUG = True
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "helpdesk.mail.development.FileBackend"
    return tmp_path
