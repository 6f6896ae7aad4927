"""Public holidays of countries and their regions, from the library `holidays`."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the codes of the countries whose holidays are known."""
    return frozenset(holidays.list_supported_countries(include_aliases=False))


@lru_cache(maxsize=64)
def regions(country: str) -> dict[str, str]:
    """Return the regions with holidays of their own by code, by the names that they have there.

    A region with names in several languages has all of them.
    """
    if country not in countries():
        return {}
    known = holidays.country_holidays(country)
    names: dict[str, list[str]] = {str(code): [] for code in known.subdivisions}
    for name, code in known.subdivisions_aliases.items():
        names.setdefault(str(code), []).append(str(name))
    named = {code: " / ".join(found) or code for code, found in names.items()}
    return dict(sorted(named.items(), key=lambda region: region[1].casefold()))


def holidays_of(
    country: str, region: str, years: Iterable[int], *, language: str | None = None
) -> dict[date, str]:
    """Return the public holidays of some years with their names, in order.

    In `language`, else in English, else in the country's own where the library has no other.
    """
    if not country:
        return {}
    known = holidays.country_holidays(country, subdiv=region or None)
    spoken = next(
        (
            one
            for wanted in (language, "en")
            if wanted
            for one in known.supported_languages
            if one == wanted or one.startswith(f"{wanted}_")
        ),
        None,
    )
    found = holidays.country_holidays(
        country, subdiv=region or None, years=years, language=spoken if language else None
    )
    return dict(sorted(found.items()))
