"""Email addresses in their canonical form, in which they are stored and compared. No I/O."""

import re
import unicodedata
from collections.abc import Mapping

import idna

LONGEST = 254
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_LOCAL = 64
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_COMMENT = re.compile(r"\([^()]*\)")
_UNSEEN = re.compile("[\u034f\ufe00-\ufe0f]")
_AROUND = " ;,"


def _(message: str) -> str:
    """Mark a message for translation. The settings import this module, so Django's own function,
    which reads the settings, cannot be used here."""
    return message


class AddressRefused(ValueError):
    """The text is no email address; the message says what would be right."""

    message = _("Enter a valid email address, such as giulia@example.com.")
    values: Mapping[str, object] = {}

    def __init__(self) -> None:
        super().__init__(self.message)


def as_kept(text: str) -> str:
    """Return an email address in its canonical form, in which a mailbox is stored and compared.

    Lower case, without invisible characters, comments, `mailto:`, angle brackets or separators
    around it; an international domain in its Unicode form, however it was written. The part before
    the @ has to be ASCII: few mail servers accept anything else. Raises AddressRefused.
    """
    seen = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc"))
    address = unicodedata.normalize("NFKC", _UNSEEN.sub("", seen)).lower()
    wrapped = None
    while wrapped != address:
        wrapped = address
        address = _COMMENT.sub("", address).strip(_AROUND).removeprefix("mailto:")
        if address.startswith("<") and address.endswith(">"):
            address = address[1:-1]
    local, _at, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL or len(address) > LONGEST:
        raise AddressRefused
    return f"{local}@{_readable(domain)}"


def mailable(address: str) -> str:
    """Return an address of `as_kept` in the form for mail servers, with its domain in ASCII."""
    local, _at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{_ascii(domain)}"


def _readable(domain: str) -> str:
    """Return an international domain in Unicode, others as they are. Raises AddressRefused."""
    try:
        ascii_form = _ascii(domain)
        readable = idna.decode(ascii_form)
    except (idna.IDNAError, UnicodeError):
        ascii_form = readable = domain.removesuffix(".")
    labels = ascii_form.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise AddressRefused
    return readable


def _ascii(domain: str) -> str:
    return idna.encode(domain, uts46=True).decode().removesuffix(".")
