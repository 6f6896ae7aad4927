"""Fields that models without a table need, and Django lacks."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.lookups import Lookup
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _


class WordsField(models.TextField):
    """`…__search` selects rows by a full-text search; ordering by it puts the best match first.

    The field has no value.
    """


@WordsField.register_lookup
class Search(Lookup):
    """The search lookup. A listing serves it; it cannot be checked on single rows."""

    lookup_name = "search"


class InstantField(models.DateTimeField):
    """An instant in UTC. A date or time without a time zone, as people type it into URLs, is in the
    reader's zone."""

    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        if not isinstance(moment, datetime):
            return moment
        try:
            return (make_aware(moment) if is_naive(moment) else moment).astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError(_("This time does not exist in the time zone.")) from error
