"""A message's original: its bytes, and its HTML, sanitised."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import NotFound
from helpdesk.mail.reading import Unreadable, read_safely
from helpdesk.mail.reading.html import Sanitised, sanitised
from tickets.services.email.storage import raw_messages
from tickets.store import queries
from tickets.store.items import Communication


@dataclass(frozen=True)
class ShownHtml:
    """The HTML of a message, sanitised, and how many remote pictures were removed."""

    line: Communication
    html: Sanitised


def original(ticket_id: str, communication_id: str, *, by: Actor) -> bytes:
    """Return the original of a message. Raises NotFound if there is none, NotAllowed."""
    require_ticket_work(by)
    return _raw(_line(ticket_id, communication_id))


def html_of(
    ticket_id: str,
    communication_id: str,
    *,
    picture_url: Callable[[int], str],
    remote_pictures: bool,
    by: Actor,
) -> ShownHtml:
    """Return the HTML of a message.

    `picture_url` returns the URL of a file of the message by its position; remote pictures are
    removed unless `remote_pictures`. Raises NotFound if the message has no HTML, NotAllowed. Cost:
    the message is read anew.
    """
    require_ticket_work(by)
    line = _line(ticket_id, communication_id)
    places = {
        str(file.content_id): place
        for place, file in enumerate(line.attachments or ())
        if file.content_id
    }
    try:
        message = read_safely(_raw(line))
    except Unreadable as reason:
        raise NotFound(str(reason)) from reason
    if not message.html:
        raise NotFound(_("This message has no HTML."))

    def own_picture(content_id: str) -> str | None:
        place = places.get(content_id)
        return None if place is None else picture_url(place)

    shown = sanitised(message.html, picture_url=own_picture, remote_pictures=remote_pictures)
    return ShownHtml(line, shown)


def _line(ticket_id: str, communication_id: str) -> Communication:
    line = queries.communication(ticket_id, communication_id)
    if line is None or line.email is None or not line.email.sha256:
        raise NotFound(_("This message did not come by email."))
    return line


def _raw(line: Communication) -> bytes:
    try:
        return raw_messages.read(str(line.email.sha256))
    except FileNotFoundError as erased:
        raise NotFound(_("The original is no longer available.")) from erased
