"""Addresses and phone numbers in the one form that they are kept and compared in."""

import re
import unicodedata

import idna
import phonenumbers

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_COMMENT = re.compile(r"\([^()]*\)")
LONGEST_ADDRESS = 254
_ABROAD = re.compile(r"^[\s(]*00")
_DIALLED = re.compile(r"[\s\d()+/.\u2010-\u2015-]+")
_WITH_EXTENSION = re.compile(r"\s*(?:;\s*ext=|ext(?:ension|\.)?|x)\s*\d{1,7}\s*$", re.IGNORECASE)
EXTENSION = " ext. "
SHORTEST_END = 4
"""Digits of a phone number that it can be found by."""


class ContactRefused(ValueError):
    """What was written is no address, number or VIN; the message says what would be."""


def email(text: str) -> str:
    """Return an e-mail address in the one form in which a mailbox is kept and compared.

    Lower case, without what cannot be seen, without comments, `mailto:`, angle brackets or a
    separator at its end; an international domain in its readable form, however it was written.
    The part before the @ has to be ASCII: few mail servers take anything else. Raises
    ContactRefused.
    """
    written = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc"))
    address = _COMMENT.sub("", unicodedata.normalize("NFC", written)).strip().lower()
    address = address.removeprefix("mailto:").rstrip(";, ")
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1].strip()
    local, _at, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) > 64 or len(address) > LONGEST_ADDRESS:
        raise ContactRefused("Enter a valid email address, such as giulia@example.com.")
    return f"{local}@{_readable(domain.removesuffix('.'))}"


def mailable(address: str) -> str:
    """Return an address of `email`'s form as mail servers want it: its domain in ASCII."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _readable(domain: str) -> str:
    """An international domain in letters, another as it is. Raises ContactRefused."""
    try:
        ascii_form = idna.encode(domain, uts46=True).decode()
        readable = idna.decode(ascii_form)
    except (idna.IDNAError, UnicodeError):
        ascii_form = readable = domain
    labels = ascii_form.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ContactRefused("Enter a valid email address, such as giulia@example.com.")
    return readable


def phone(text: str) -> str:
    """A phone number in E.164, with its extension where it has one: +390255503318 ext. 12.

    It may begin with 00 instead of +. Raises ContactRefused.
    """
    written = _ABROAD.sub("+", unicodedata.normalize("NFKC", text))
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException as error:
        raise ContactRefused("Include the country code, such as +39 02 5550 3318.") from error
    if not phonenumbers.is_possible_number(number):
        raise ContactRefused("This number is too short or too long for its country.")
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain}{EXTENSION}{number.extension}" if number.extension else plain


def phone_digits(text: str) -> str:
    """The digits of what may be a phone number or its end, as they end one; empty if it is none.

    What is written with its country begins with that; else without the zeros that people at home
    dial before it, as far as SHORTEST_END digits are left.
    """
    try:
        whole = phone(text)
    except ContactRefused:
        written = _WITH_EXTENSION.sub("", unicodedata.normalize("NFKC", text))
        digits = re.sub(r"\D", "", written) if _DIALLED.fullmatch(written) else ""
        plain = digits.lstrip("0")
        digits = plain if len(plain) >= SHORTEST_END else digits
        return digits if len(digits) >= SHORTEST_END else ""
    return re.sub(r"\D", "", whole.partition(EXTENSION)[0])
