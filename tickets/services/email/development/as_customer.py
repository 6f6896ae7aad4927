"""Write to the desk as a customer, in development.

The result is an ordinary email, which is received like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr, make_msgid

from django.core.files.uploadedfile import UploadedFile
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail.address import AddressRefused, as_kept, mailable
from helpdesk.mail.development import SentEmail, is_on
from helpdesk.mail.smtp import as_sent
from helpdesk.short_text import one_line
from tickets.services.email.incoming.receive import NoMailbox, Received, receive
from tickets.services.email.mailboxes import mailboxes


@dataclass(frozen=True)
class CustomerEmail:
    """What a customer types into their mail program."""

    name: str = ""
    address: str = ""
    to: str = ""
    subject: str = ""
    text: str = ""


def new_email() -> CustomerEmail:
    """Return an empty email to the first mailbox. One SQL query."""
    known = mailboxes()
    return CustomerEmail(to=known[0].address if known else "")


def reply_to(sent: SentEmail) -> CustomerEmail:
    """Return the reply to a mail, as its recipient's mail program begins it."""
    message, recipient = sent.message, sent.envelope_to[0]
    to = [*message.reply_to, *message.sender]
    named = {one.address: one.name for one in message.to}
    subject = message.subject
    return CustomerEmail(
        name=named.get(recipient, ""),
        address=recipient,
        to=to[0].address if to else "",
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
    )


def write(
    email: CustomerEmail,
    *,
    files: Sequence[UploadedFile] = (),
    replies_to: SentEmail | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Received:
    """Send it to the desk, and return its outcome.

    A reply names the message that it answers, as mail programs do. Raises Invalid for an invalid
    address, or if the desk has no mailbox; NotFound outside development; NotAllowed.
    """
    if not is_on():
        raise NotFound(_("Page not found."))
    require_ticket_work(by)
    sender, to = _addresses(email)
    at = now or this_second()
    headers = {"Message-ID": make_msgid(domain=sender.rpartition("@")[2])}
    headers["Date"] = format_datetime(at)
    if replies_to and (answered := replies_to.message.message_id):
        headers["In-Reply-To"] = f"<{answered}>"
        chain = [*replies_to.message.references, answered]
        headers["References"] = " ".join(f"<{one}>" for one in chain)
    message = EmailMessage(
        subject=one_line(email.subject),
        body=email.text,
        from_email=formataddr((one_line(email.name), sender)),
        to=[to],
        headers=headers,
    )
    for file in files:
        message.attach(one_line(file.name or "") or "file", file.read(), _type_of(file))
    try:
        return receive(as_sent(message), envelope_from=sender, envelope_to=to, now=at)
    except NoMailbox as missing:
        raise Invalid({"to": _("There is no mailbox. Add one in the admin.")}) from missing


def _addresses(email: CustomerEmail) -> tuple[str, str]:
    """Return the sender and the recipient. Raises Invalid."""
    errors: dict[str, str] = {}
    found: list[str] = []
    for field, written in (("address", email.address), ("to", email.to)):
        try:
            found.append(mailable(as_kept(written)))
        except AddressRefused as refused:
            errors[field] = _(refused.message)
    if errors:
        raise Invalid(errors)
    return found[0], found[1]


def _type_of(file: UploadedFile) -> str:
    """Return the content type of a file.

    Texts and messages are sent as application/octet-stream: Django would decode them first, and
    fails on bytes that are not UTF-8.
    """
    main = (file.content_type or "").partition("/")[0]
    known = main in ("application", "audio", "font", "image", "video")
    return str(file.content_type) if known else "application/octet-stream"
