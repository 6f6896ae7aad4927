"""The controls of a filter form for custom fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.services.custom_filters import FIRST, LAST, NAMED, written
from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import Definition, Kind, RecordKind

_CONTROL = {
    Kind.TEXT: "text",
    Kind.NUMBER: "text",
    Kind.DATE: "date",
    Kind.CHOICE: "select",
    Kind.YES_NO: "select",
}


@dataclass(frozen=True)
class CustomControl:
    """A control: its kind is that of the templates in components/filters."""

    control: str
    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...] = ()
    value: str = ""

    @property
    def template(self) -> str:
        return f"components/filters/{self.control}.html"


def custom_controls(of: RecordKind, given: Mapping[str, Sequence[str]]) -> list[CustomControl]:
    """Return a control for each field, two for numbers and dates, with what `given` asks."""
    asked: dict[str, str] = {}
    for text in written(given):
        key, _colon, value = text.partition(":")
        first, dots, last = value.partition("..")
        if dots:
            asked |= {f"{key}{FIRST}": first} if first else {}
            asked |= {f"{key}{LAST}": last} if last else {}
        else:
            asked[key] = value
    return [one for field in active_fields(of) for one in _controls(field, asked)]


def _controls(field: Definition, asked: Mapping[str, str]) -> Iterator[CustomControl]:
    control = _CONTROL[field.kind]
    if field.kind.in_order:
        ends = ((FIRST, _("%(label)s from")), (LAST, _("%(label)s to")))
        for end, words in ends:
            key = f"{field.key}{end}"
            value = asked.get(key, asked.get(field.key, ""))
            label = words % {"label": field.label}
            yield CustomControl(control, f"{NAMED}{key}", label, value=value)
        return
    value = asked.get(field.key, "")
    offered = [(one, one) for one in field.choices]
    if field.kind is Kind.YES_NO:
        offered = [("yes", _("Yes")), ("no", _("No"))]
    options = tuple((one, words, one == value) for one, words in offered)
    yield CustomControl(control, f"{NAMED}{field.key}", field.label, options, value)
