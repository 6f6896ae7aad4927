"""Addresses, numbers and VINs in the one form that they are kept and compared in."""

import re

import phonenumbers
from vininfo import Vin

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_CHECKED = "12345L"
"""Makers whose VIN begins so put a check digit into it: North America, and China."""


class ContactRefused(ValueError):
    """What was written is no address, number or VIN; the message says what would be."""


def email(text: str) -> str:
    """An e-mail address in lower case. Raises ContactRefused."""
    address = text.strip().lower()
    if not _ADDRESS.fullmatch(address) or len(address) > 254:
        raise ContactRefused("Write an address such as giulia@example.com.")
    return address


def phone(text: str) -> str:
    """A phone number in E.164: +390255503318. Raises ContactRefused."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise ContactRefused(
            "Write the number with its country, such as +39 02 5550 3318."
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise ContactRefused("This number is too short or too long for its country.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def vin(text: str) -> str:
    """A VIN in capitals without spaces or hyphens (ISO 3779). Raises ContactRefused."""
    number = re.sub(r"[\s-]", "", text).upper()
    if len(number) != 17:
        raise ContactRefused(f"A VIN has 17 characters; this has {len(number)}.")
    if not _VIN.fullmatch(number):
        raise ContactRefused("A VIN has letters and digits, but never I, O or Q.")
    if number[0] in _CHECKED and not Vin(number).verify_checksum():
        raise ContactRefused("The check digit (the ninth character) is wrong: is there a typo?")
    return number


def maker_and_year(number: str) -> tuple[str, int | None]:
    """Who made the vehicle with this VIN, and in which model year; empty and None if unknown."""
    known = Vin(number)
    years = [year for year in known.years or () if isinstance(year, int)]
    maker = str(known.manufacturer or "")
    return ("" if maker.startswith("Unknown") else maker), (years[0] if years else None)
