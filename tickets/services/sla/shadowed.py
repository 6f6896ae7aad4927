"""Policies and routing rules that never apply, since earlier ones match everything they match."""

from collections.abc import Iterable

from customers.domain.choices import Segment
from helpdesk.request_cache import once_a_page
from tickets.domain.coverage import Conditions, never_applies
from tickets.domain.ticket import Category, Priority
from tickets.models import Policy, RoutingRule

_CATEGORIES = {one.value for one in Category}
_SEGMENTS = {one.value for one in Segment}
_PRIORITIES = {one.value for one in Priority}


def hidden_policies(policies: Iterable[Policy] | None = None) -> dict[int, list[str]]:
    """Return the active policies that never apply, by primary key, with the names of those before.

    The default policy applies to whatever is left. One SQL query, or none.
    """
    known = Policy.objects.all() if policies is None else policies
    found = sorted(
        (one for one in known if one.active and not one.is_default),
        key=lambda one: (one.order, one.name),
    )
    hidden = never_applies(
        [
            Conditions(one.name, (frozenset(one.categories), frozenset(one.segments)))
            for one in found
        ],
        (_CATEGORIES, _SEGMENTS),
    )
    return {found[place].pk: names for place, names in hidden.items()}


@once_a_page
def hidden_policies_now() -> dict[int, list[str]]:
    """As `hidden_policies` of the stored policies; cached for the rows of a page."""
    return hidden_policies()


@once_a_page
def hidden_routing_rules_now() -> dict[int, list[str]]:
    """As `hidden_policies_now`, of routing rules."""
    return hidden_routing_rules()


def hidden_routing_rules(rules: Iterable[RoutingRule] | None = None) -> dict[int, list[str]]:
    """As `hidden_policies`, of routing rules. One SQL query, or none."""
    known = RoutingRule.objects.select_related("team") if rules is None else rules
    found = sorted(known, key=lambda one: (one.position, one.pk or float("inf")))
    hidden = never_applies(
        [Conditions(str(one), _wanted(one)) for one in found],
        (_CATEGORIES, _SEGMENTS, _PRIORITIES),
    )
    return {found[place].pk: names for place, names in hidden.items()}


def _wanted(rule: RoutingRule) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset([value] if value else [])
        for value in (rule.category, rule.segment, rule.priority)
    )
