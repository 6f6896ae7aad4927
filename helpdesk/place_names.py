"""Names of countries and time zones in a reader's language, from Unicode's CLDR."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import get_timezone_location, get_timezone_name


def country_name(code: str, language: str) -> str:
    """Return what a country is called; its code if that is unknown."""
    return str(Locale.parse(language).territories.get(code, code))


def offset(zone: str, at: datetime) -> str:
    """Return a zone's distance from UTC at an instant, such as UTC+05:30."""
    ahead = at.astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(ahead.total_seconds() // 60) if ahead else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours:02}:{rest:02}"


@lru_cache(maxsize=4)
def zone_names(language: str, day: date) -> tuple[tuple[str, str], ...]:
    """Return every time zone with its place, its name and its distance from UTC on a day.

    Half a second, once a process for each language and day.
    """
    locale, noon = Locale.parse(language), datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return tuple(
        (zone, f"{_in_words(zone, locale)} ({offset(zone, noon)})")
        for zone in sorted(available_timezones())
    )


def zone_called(text: str) -> str:
    """Return the time zone that `text` names, if it is one's name in other letters or its last
    part alone, such as Berlin; else the text."""
    wanted = "_".join(text.split()).casefold()
    zones = available_timezones()
    same = [zone for zone in zones if zone.casefold() == wanted]
    found = same or [zone for zone in zones if zone.rpartition("/")[2].casefold() == wanted]
    return found[0] if len(found) == 1 else text


def _in_words(zone: str, locale: Locale) -> str:
    place = get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)
    if "/" not in zone or zone.startswith("Etc/"):
        return place
    name = get_timezone_name(ZoneInfo(zone), locale=locale, zone_variant="generic")
    return place if place in name else f"{place}, {name}"
