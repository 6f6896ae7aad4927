"""The desk's mailboxes, and the signer of its reply addresses."""

from collections.abc import Iterable
from email.utils import parseaddr

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from helpdesk.errors import NotFound
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.request_cache import once_a_page
from tickets.domain.mail.signed import Signer, without_detail
from tickets.models import Mailbox


def signer() -> Signer:
    """Return the signer of the desk's addresses and Message-IDs."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return Signer(
        [
            salted_hmac("tickets.email", b"", secret=one, algorithm="sha256").digest()
            for one in secrets
        ]
    )


@once_a_page
def mailboxes() -> list[Mailbox]:
    """Return the active mailboxes, oldest first. One SQL query."""
    return list(Mailbox.objects.filter(active=True).select_related("team"))


def any_fetched() -> bool:
    """Return whether any mailbox is fetched by IMAP, so that a mailroom is needed. One
    SQL query."""
    return Mailbox.objects.filter(active=True).exclude(imap_host="").exists()


def mailbox_named(name: str) -> Mailbox:
    """Return an active mailbox. Raises NotFound."""
    found = next((one for one in mailboxes() if one.name == name), None)
    if found is None:
        raise NotFound(_("There is no mailbox %(name)s.") % {"name": name[:40]})
    return found


def mailbox_of_record(name: str) -> Mailbox:
    """Return the mailbox that a message came to, active or not; the first one if it is gone.

    Raises NotFound if the desk has no mailbox at all. One SQL query.
    """
    found = Mailbox.objects.filter(name=name).select_related("team").first()
    found = found or Mailbox.objects.select_related("team").first()
    if found is None:
        raise NotFound(_("There is no mailbox %(name)s.") % {"name": name[:40]})
    return found


def mailbox_of(addresses: Iterable[str]) -> Mailbox | None:
    """Return the mailbox of the first of these addresses that is one of the desk, or None."""
    by_address = {one.address: one for one in mailboxes()}
    for address in addresses:
        if found := by_address.get(base_of(address)):
            return found
    return None


def sending_mailbox(mailbox_name: str | None) -> Mailbox | None:
    """Return the mailbox that a ticket's mail is sent from: its own, else the first, else None."""
    known = mailboxes()
    return next((one for one in known if one.name == mailbox_name), known[0] if known else None)


def own_addresses() -> frozenset[str]:
    """Return every address that the desk sends from."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return frozenset({*(one.address for one in mailboxes()), base_of(sender)})


def base_of(address: str) -> str:
    """Return an address in its canonical form, without what follows a plus sign."""
    try:
        return without_detail(as_kept(address))
    except AddressRefused:
        return without_detail(address.strip().lower())
