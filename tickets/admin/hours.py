"""The hours of a day as a row of time fields; stored as text such as 09:00-12:00, 13:00-17:00."""

from itertools import count
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

LEAST = 2
"""Ranges that a row offers, so that a day can have a break; one more than it has, if that is
more."""


class HoursWidget(forms.Widget):
    """Ranges of a day, each from and to. 00:00 as an end is the end of the day."""

    template_name = "admin/tickets/calendar/hours.html"

    def __init__(self, day: Any, *, to_copy: bool = False) -> None:
        super().__init__()
        self.day, self.to_copy = day, to_copy

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        found = [_ends(text) for text in (value or "").split(",") if text.strip()]
        rows = max(LEAST, len(found) + 1 if found else LEAST)
        ranges = [*found, *[("", "")] * (rows - len(found))]
        context = super().get_context(name, value, attrs)
        return {**context, "day": self.day, "ranges": ranges, "to_copy": self.to_copy}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Return the text of what was typed. Text that came as such is left as it is."""
        if name in data:
            return str(data[name])
        ranges: list[str] = []
        for number in count():
            begins, ends = (data.get(f"{name}_{number}_{end}") for end in ("from", "to"))
            if begins is None and ends is None:
                return ", ".join(ranges)
            if begins or ends:
                ends = "24:00" if ends == "00:00" else ends
                ranges.append(f"{begins or ''}-{ends or ''}")
        return ""  # for the type checker: count() has no end

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}_0_from" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0_from" if id_ else id_


def _ends(text: str) -> tuple[str, str]:
    begins, _dash, ends = text.replace("–", "-").partition("-")
    return begins.strip(), "00:00" if ends.strip() == "24:00" else ends.strip()
