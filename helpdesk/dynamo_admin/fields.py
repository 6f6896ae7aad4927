"""Fields that models elsewhere need, and Django lacks."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.lookups import Lookup
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _


class WordsField(models.TextField):
    """`…__search` asks for the rows that a text finds; the order by it is the best match first.
    Has no value."""


@WordsField.register_lookup
class Search(Lookup):
    """Served by a listing that searches; cannot be decided on single rows."""

    lookup_name = "search"


class InstantField(models.DateTimeField):
    """A moment in UTC. A date or time without a zone, as people write into addresses, is taken in
    the reader's own."""

    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        if not isinstance(moment, datetime):
            return moment
        try:
            return (make_aware(moment) if is_naive(moment) else moment).astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError(_("This time does not exist in the time zone.")) from error
