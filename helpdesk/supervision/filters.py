"""Filters that any list of the admin can have."""

from typing import Any

from django.contrib import admin


def by_date(field: str, title: Any) -> tuple[str, type[admin.DateFieldListFilter]]:
    """Return an entry of `list_filter` for a date. `title` is a noun: Django heads it “By {title}”,
    while the field's own name may be no more than "created"."""

    class ByDate(admin.DateFieldListFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

    return field, ByDate
