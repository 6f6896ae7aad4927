"""A field that is searched, and has no value."""

from django.db import models
from django.db.models.lookups import Lookup


class WordsField(models.TextField):
    """`…__search` asks for the rows that a text finds; the order by it is the best match first."""


@WordsField.register_lookup
class Search(Lookup):
    """Served by a listing that searches; cannot be decided on single rows."""

    lookup_name = "search"
