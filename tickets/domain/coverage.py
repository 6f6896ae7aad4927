"""Which rules of an ordered list never apply, because earlier ones match everything they match."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import product

Case = tuple[str, ...]
"""A value for each condition, such as a category, a segment and a priority."""


@dataclass(frozen=True)
class Conditions:
    """A rule of the list: its values for each condition. An empty set matches every value."""

    name: str
    wanted: tuple[frozenset[str], ...]

    def fits(self, case: Case) -> bool:
        """Return whether every condition that is set has the case's value among its own."""
        return all(
            not values or value in values for values, value in zip(self.wanted, case, strict=True)
        )


def never_applies(
    rules: Sequence[Conditions], possible: Sequence[Set[str]]
) -> dict[int, list[str]]:
    """Return the index of each rule that never applies, with the names of those that hide it.

    The first rule that matches decides. `possible` has all values of each condition; they are few,
    so every combination is checked. A rule that matches no combination at all is hidden by nobody,
    and has no names.
    """
    left = set(product(*possible))
    hidden: dict[int, list[str]] = {}
    taken: dict[Case, str] = {}
    for place, rule in enumerate(rules):
        own = {case for case in left if rule.fits(case)}
        if not own:
            hidden[place] = _names(taken, rule)
        taken |= dict.fromkeys(own, rule.name)
        left -= own
    return hidden


def _names(taken: dict[Case, str], rule: Conditions) -> list[str]:
    found: Iterable[str] = (name for case, name in taken.items() if rule.fits(case))
    return sorted(set(found))
