"""Durations as people type them, in English or German: `1 business day`, `8 h`, `90 min`,
`2 d 4 h`. As in a target, one `d` is 24 h of working time; a business day is an ordinary day of
the calendar.
"""

import re
from collections import Counter
from fractions import Fraction

from customers.domain.wording import gettext_noop as _
from tickets.domain import target
from tickets.domain.calendar import Calendar
from tickets.domain.errors import TargetRefused

_BUSINESS_DAY = 0
_UNITS = {
    _BUSINESS_DAY: "business days,business day,arbeitstagen,arbeitstage,arbeitstag",
    86_400: "days,day,tagen,tage,tag,d",
    3_600: "hours,hour,hrs,hr,stunden,stunde,std.,std,h",
    60: "minutes,minute,mins,min.,min,minuten,m",
    1: "seconds,second,secs,sec,sekunden,sekunde,sek.,sek,s",
}
_SIZES = {word: size for size, words in _UNITS.items() for word in words.split(",")}
_WORDS = "|".join(re.escape(word) for word in sorted(_SIZES, key=len, reverse=True))
# Spaces come singly here, and a text is short: no text makes this slow.
_NUMBER, _AND = r"(\d{1,7}(?:[.,]\d{1,2})?)", "(?:,? (?:and |und )?)?"
_PART = re.compile(rf"{_NUMBER} ?({_WORDS})(?![a-z.]){_AND}", re.ASCII)


def seconds_of(text: str, calendar: Calendar) -> int:
    """Return the seconds of working time that `text` names under a calendar.

    Raises TargetRefused: unknown or repeated units, units from small to large, nothing at all, no
    whole seconds, or more than a target may have.
    """
    plain = " ".join(text[: target.LONGEST_TEXT + 1].lower().split())
    # 1d4h, as it is stored, has no spaces.
    plain = re.sub(r"(?<=[a-z])(\.?)(?=\d)", r"\1 ", plain)
    at, total, before = 0, Fraction(0), None
    while found := _PART.match(plain, at):
        size = _SIZES[found[2]]
        if before is not None and not _is_smaller(size, before):
            break
        total += Fraction(found[1].replace(",", ".")) * (size or business_day(calendar))
        at, before = found.end(), size
    if not plain or at < len(plain) or total.denominator != 1:
        raise TargetRefused(
            _("“%(text)s” is not a duration such as 1 business day, 8 h, 90 min or 2 d 4 h."),
            text=text[:40],
        )
    if not 0 < total <= target.LONGEST:
        raise TargetRefused(
            _("“%(text)s” is not between 1s and %(longest)s."),
            text=text[:40],
            longest=target.format(target.LONGEST),
        )
    return int(total)


def business_day(calendar: Calendar) -> int:
    """Return the working seconds of an ordinary day: as long as most open days of a week are, of
    several such lengths the longest. 24 h around the clock."""
    if calendar.zone is None:
        return 86_400
    open_days = (windows for windows in calendar.week if windows)
    lengths = Counter(60 * sum(ends - begins for begins, ends in day) for day in open_days)
    return max(lengths, key=lambda length: (lengths[length], length))


def _is_smaller(size: int, than: int) -> bool:
    """Return whether a unit may follow another; business days come first."""
    return size != _BUSINESS_DAY and (than == _BUSINESS_DAY or size < than)
