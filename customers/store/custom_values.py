"""Custom values as indexes have them, and the conditions that lists ask for.

A condition is text: `key=value` (folded), or a bound, `key>=5` and `key<=2026-11-30`. Several
values of one key are alternatives; everything else has to hold together.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.domain.folding import folded
from helpdesk.custom_fields.definition import Value, as_text

LONGEST = 120
"""Letters of a value in an index; a longer one is found by its beginning."""
TEN_THOUSANDTHS = 10_000
LONGEST_NUMBER = 17

_CONDITION = re.compile(r"([a-z][a-z0-9_]*)(=|>=|<=)(.+)", re.DOTALL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of one key: to be one of some texts, and within bounds."""

    texts: frozenset[str]
    at_least: int | None
    at_most: int | None

    def holds(self, value: Value | None) -> bool:
        """Return whether a value meets the condition. Without one it does not."""
        if value is None:
            return False
        rank = rank_of(value)
        return (
            (not self.texts or indexed(value) in self.texts)
            and (self.at_least is None or (rank is not None and rank >= self.at_least))
            and (self.at_most is None or (rank is not None and rank <= self.at_most))
        )


def equals(key: str, text: str) -> str:
    return f"{key}={indexed(text)}"


def asked(conditions: Iterable[str]) -> Mapping[str, Condition]:
    """Return what conditions ask of each key. Raises ValueError for what is no condition."""
    found: dict[str, Condition] = {}
    for condition in sorted(conditions):
        match = _CONDITION.fullmatch(condition)
        if match is None:
            raise ValueError(condition)
        key, sign, value = match.groups()
        known = found.get(key, Condition(frozenset(), None, None))
        if sign == "=":
            found[key] = Condition(known.texts | {value}, known.at_least, known.at_most)
            continue
        rank = rank_of(value)
        if rank is None:
            raise ValueError(condition)
        if sign == ">=":
            lowest = rank if known.at_least is None else max(known.at_least, rank)
            found[key] = Condition(known.texts, lowest, known.at_most)
        else:
            highest = rank if known.at_most is None else min(known.at_most, rank)
            found[key] = Condition(known.texts, known.at_least, highest)
    return found


def hold(conditions: Iterable[str], values: Mapping[str, Value] | None) -> bool:
    """Return whether a record's values meet all conditions."""
    stored = values or {}
    return all(one.holds(stored.get(key)) for key, one in asked(conditions).items())


def indexed(value: Value) -> str:
    """Return a value as an index has it: folded, and not longer than LONGEST."""
    return folded(as_text(value))[:LONGEST]


def rank_of(value: Value) -> int | None:
    """Return where a value stands in the order of numbers or dates; None for what has no order.

    Numbers are in ten-thousandths, dates in days. A text that looks like one of them has a place,
    too, which nobody asks for.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return int(value * TEN_THOUSANDTHS)
    if _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).toordinal()
        except ValueError:
            return None
    if len(value) > LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        return None
    return int(Decimal(value) * TEN_THOUSANDTHS)


def texts_of(values: Mapping[str, Value] | None) -> list[str]:
    """Return the texts and choices of a record, by which searches find it."""
    return [
        value
        for value in (values or {}).values()
        if isinstance(value, str) and not _DATE.fullmatch(value)
    ]
