"""VINs and chassis numbers: their canonical form, and what can be told from one."""

import re
import unicodedata

from vininfo import Vin

from customers.domain.contact import ContactRefused
from customers.domain.wording import gettext_noop as _

LENGTH = 17
SHORTEST, LONGEST = 3, 25
"""Signs of a chassis number, whatever its age."""

_BETWEEN = re.compile(r"[\s\u2010-\u2015\u2212*./-]")
_SIGNS = re.compile(r"[A-Z0-9]+")
_NO_VIN = re.compile("[IOQ]")
_CHECKED = "12345L"
"""Makers whose VIN begins so put a check digit into it: North America, and China."""

_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
"""The signs of model years from 1980 on, and once more from 2010 on."""

_LIGHT = frozenset(
    """
    19U 19X 1A4 1A8 1B3 1B4 1C3 1C4 1C8 1D4 1D8 1FA 1FM 1G1 1G2 1G3 1G4 1G6 1G8 1GK 1GN 1GY 1HG
    1J4 1J8 1LN 1ME 1N4 1NX 1P3 1P4 1V2 1VW 1Y1 1YV 1ZV
    2A4 2A8 2B3 2C3 2C4 2C8 2CK 2CN 2CT 2D4 2D8 2FA 2FM 2G1 2G2 2G3 2G4 2GN 2HG 2HH 2HK 2HM 2HN
    2LM 2LN 2ME 2MR 2P3 2P4 2S3 2T1 2T2 2T3
    3A4 3A8 3C3 3C4 3C8 3CZ 3D4 3FA 3FM 3G1 3G2 3G5 3G7 3GK 3GN 3GY 3HG 3KP 3LN 3ME 3MW 3MY 3MZ
    3N1 3N8 3P3 3PC 3VV 3VW
    4A3 4A4 4B3 4C3 4E3 4F2 4JG 4M2 4N2 4P3 4S3 4S4 4S6 4T1 4T3 4US
    55S 58A 5FN 5GA 5GZ 5J6 5J8 5LM 5N1 5N3 5NM 5NP 5TD 5UM 5UX 5XX 5XY 5Y2 5YF 5YJ 5YM
    7FA 7MM 7MU 7SA
    """.split()  # noqa: SIM905 (one a line would be a long page)
)
"""Manufacturers' codes of North America that only cars and multi-purpose vehicles have. Others,
such as 1FT, heavy vehicles have, too, to which the rule of the seventh character does not apply."""


class VinDoubted(ContactRefused):
    """The number is no VIN of today's form; a user who has it in writing may confirm it."""


def as_kept(text: str) -> str:
    """Return a VIN or chassis number in capitals, without separators."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()


def checked(text: str, *, confirmed: bool = False) -> str:
    """Return a VIN (ISO 3779) in the form of `as_kept`; if `confirmed`, any chassis number.

    Raises VinDoubted for what is no VIN of today; ContactRefused for what is no number at all.
    """
    number = as_kept(text)
    if not _SIGNS.fullmatch(number) or not SHORTEST <= len(number) <= LONGEST:
        raise ContactRefused(
            _("Enter %(shortest)s to %(longest)s letters and digits."),
            shortest=SHORTEST,
            longest=LONGEST,
        )
    if confirmed:
        return number
    if len(number) != LENGTH:
        raise VinDoubted(
            _("A VIN has %(length)s characters. This has %(count)s."),
            length=LENGTH,
            count=len(number),
        )
    if _NO_VIN.search(number):
        raise VinDoubted(_("A VIN has only letters and digits, without I, O and Q."))
    if number[0] in _CHECKED and not Vin(number).verify_checksum():
        raise VinDoubted(
            _("The check digit (9th character) doesn’t match. Check the VIN for typing errors.")
        )
    return number


def maker(number: str) -> str:
    """Return the manufacturer; empty if unknown, as of chassis numbers before 1981."""
    if not _is_vin(number):
        return ""
    name = str(Vin(number).manufacturer or "")
    return "" if name.startswith("Unknown") else name


def model_year(number: str, *, latest: int) -> int | None:
    """Return the model year in this VIN, None if that is not certain.

    It is certain for cars and multi-purpose vehicles of North America (49 CFR 565.15): the tenth
    character is the year within a span of thirty, and the seventh, a digit before 2010 and a letter
    since, is the span. Others use the tenth character ambiguously, or for something else. A year
    after `latest` is not plausible.
    """
    known = _is_vin(number) and number[:3] in _LIGHT and Vin(number).verify_checksum()
    if not known or number[9] not in _YEARS:
        return None
    year = 1980 + _YEARS.index(number[9]) + (0 if number[6].isdigit() else 30)
    return year if year <= latest else None


def _is_vin(number: str) -> bool:
    return len(number) == LENGTH and not _NO_VIN.search(number)
