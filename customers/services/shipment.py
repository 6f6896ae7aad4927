"""What is known of a vehicle's voyage: when it arrives, and where the carrier shows it."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

# A page shows the address as a link: no other scheme than these.
_web = URLValidator(schemes=["http", "https"])


def wrong(*, eta: str | None, tracking_url: str | None) -> dict[str, str]:
    """Return what is wrong with a day of arrival and an address, by the API's names of fields."""
    errors = {}
    try:
        if eta and date.fromisoformat(eta).isoformat() != eta:
            raise ValueError(eta)
    except ValueError:
        errors["eta"] = _("Enter a date, such as 2026-11-24.")
    try:
        if tracking_url:
            _web(tracking_url)
    except ValidationError:
        errors["trackingUrl"] = _("Enter a web address that begins with https:// or http://.")
    return errors
