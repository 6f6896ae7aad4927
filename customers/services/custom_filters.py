"""Filters by custom fields, as people and programs write them.

`key:value`, or `key:5..10` for numbers and dates, one of whose bounds may be absent. In addresses
also `field.key=value`, `field.key.from=5` and `field.key.to=10`, as forms send them.
"""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from customers.store.custom_values import equals
from helpdesk.custom_fields.defined import active_fields, every_field
from helpdesk.custom_fields.definition import Kind, RecordKind, as_text
from helpdesk.custom_fields.shown import shown
from helpdesk.parsing import BadValue

NAMED = "field."
FIRST, LAST = ".from", ".to"
MOST = 30
_CONDITION = re.compile(r"([a-z][a-z0-9_]*)(:|=|>=|<=)(.*)", re.DOTALL | re.IGNORECASE)
_IN_BOX = re.compile(r'(?<!\S)([a-z][a-z0-9_]*):(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_RANGE = ".."


def written(given: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a query string asks of custom fields, each as `key:value`."""
    found = [text for text in given.get("field", ()) if text.strip()]
    for name, texts in given.items():
        if not name.startswith(NAMED):
            continue
        key = name.removeprefix(NAMED)
        for text in filter(None, map(str.strip, texts)):
            if key.endswith(FIRST):
                found.append(f"{key.removesuffix(FIRST)}:{text}{_RANGE}")
            elif key.endswith(LAST):
                found.append(f"{key.removesuffix(LAST)}:{_RANGE}{text}")
            else:
                found.append(f"{key}:{text}")
    return found


def conditions(of: RecordKind, texts: Sequence[str]) -> frozenset[str]:
    """Return what these texts ask, as conditions of customers/store/custom_values.py.

    Raises BadValue. One SQL query.
    """
    if len(texts) > MOST:
        raise BadValue(_("Use at most %(most)s values of custom fields.") % {"most": MOST})
    return frozenset(one for text in texts for one in _conditions(of, text))


def in_words(of: RecordKind, text: str) -> tuple[str, str]:
    """Return the label of the field that a text asks of, and the value in words."""
    match = _CONDITION.fullmatch(text)
    field = every_field(of).get(match[1].lower()) if match else None
    if match is None or field is None:
        return _("Custom field"), text
    if field.kind is not Kind.YES_NO and match[2] == ":":
        return field.label, match[3].replace(_RANGE, " – ").strip()
    return field.label, shown(field, match[3])


def _conditions(of: RecordKind, text: str) -> list[str]:
    known = {one.key: one for one in active_fields(of)}
    match = _CONDITION.fullmatch(text.strip())
    field = known.get(match[1].lower()) if match else None
    if match is None or field is None:
        raise BadValue(
            _("“%(value)s” is no custom field and value such as port:Antwerp. Fields: %(keys)s.")
            % {"value": text[:40], "keys": ", ".join(known) or _("none")}
        )
    sign, value = match[2], match[3].strip()
    if field.kind in (Kind.TEXT, Kind.CHOICE):
        if sign not in (":", "="):
            raise BadValue(_("“%(label)s” has no order.") % {"label": field.label})
        return [equals(field.key, value)] if value else []
    if sign == ":" and field.kind.in_order and _RANGE in value:
        first, _range, last = value.partition(_RANGE)
        pairs = [(">=", first.strip()), ("<=", last.strip())]
    else:
        pairs = [("=" if sign == ":" else sign, value)]
    found = []
    for each, end in pairs:
        bound = field.value_of(end)
        if bound is not None:
            found.append(f"{field.key}{each}{as_text(bound)}")
    return found


def in_box(of: RecordKind, text: str) -> tuple[frozenset[str], str]:
    """Return the conditions in a search box, and the remaining text.

    `key:value` or `key:"two words"`. What is no field, or no value of it, stays in the text. One
    SQL query if there is a colon in the text.
    """
    found: set[str] = set()

    def take(match: re.Match[str]) -> str:
        try:
            said = _conditions(of, f"{match[1]}:{match[2] if match[2] is not None else match[3]}")
        except BadValue:
            return match[0]
        found.update(said)
        return ""

    rest = _IN_BOX.sub(take, text) if ":" in text else text
    return frozenset(found), " ".join(rest.split()) if found else text
