"""Phone numbers in their canonical form, in which they are stored and compared."""

import re
import unicodedata

import phonenumbers

from customers.domain.wording import Refusal
from customers.domain.wording import gettext_noop as _

_ABROAD = re.compile(r"^[\s(]*00")
_DIALLED = re.compile(r"[\s\d()+/.\u2010-\u2015-]+")
_WITH_EXTENSION = re.compile(r"\s*(?:;\s*ext=|ext(?:ension|\.)?|x)\s*\d{1,7}\s*$", re.IGNORECASE)
EXTENSION = " ext. "
SHORTEST_END = 4
"""Digits of a phone number that it can be found by."""


class ContactRefused(Refusal, ValueError):
    """The text is no phone number or VIN; the message says what would be right."""


def phone(text: str) -> str:
    """Return a phone number in E.164, with its extension if it has one: +390255503318 ext. 12.

    It may begin with 00 in place of +. Raises ContactRefused.
    """
    written = _ABROAD.sub("+", unicodedata.normalize("NFKC", text))
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException as error:
        raise ContactRefused(_("Include the country code, such as +39 02 5550 3318.")) from error
    if not phonenumbers.is_possible_number(number):
        raise ContactRefused(_("The phone number is too short or too long for its country."))
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain}{EXTENSION}{number.extension}" if number.extension else plain


def phone_digits(text: str) -> str:
    """Return the digits of what may be a phone number or its end; empty if it is none.

    With a country code they begin with it; otherwise without the zeros that are dialled before a
    national number, if SHORTEST_END digits are left.
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
