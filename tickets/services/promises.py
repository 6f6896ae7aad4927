"""Which SLA terms and escalation rules a ticket runs under."""

from collections.abc import Mapping
from dataclasses import dataclass

from tickets.domain.sla.milestones import DEFAULT_RULES, Rule
from tickets.domain.sla.terms import DEFAULT_TERMS, Terms
from tickets.domain.ticket import Category, Priority


def terms_for(*, category: Category, segment: str) -> Terms:
    """The terms that apply to a new ticket of this category and customer segment."""
    return DEFAULT_TERMS


def known_terms() -> Mapping[str, Terms]:
    """Every version of terms that a ticket may have been under, by its key."""
    return {DEFAULT_TERMS.key: DEFAULT_TERMS}


def rules() -> tuple[Rule, ...]:
    """The escalation rules in force."""
    return DEFAULT_RULES


@dataclass(frozen=True)
class Promise:
    """What a new ticket of a priority is promised, in seconds of working time."""

    priority: Priority
    response: int
    resolution: int


def promises_of_new_tickets() -> list[Promise]:
    """What the default policy promises, the most urgent priority first."""
    return [
        Promise(priority, allowed.response, allowed.resolution)
        for priority in reversed(Priority)
        if (allowed := DEFAULT_TERMS.of(priority))
    ]
