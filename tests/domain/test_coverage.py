"""A rule is said never to apply exactly when no case is left for it."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tickets.domain.coverage import Conditions, never_applies

VALUES = ({"a", "b", "c"}, {"x", "y"})
conditions = st.tuples(*(st.frozensets(st.sampled_from(sorted(one))) for one in VALUES))
lists = st.lists(conditions, max_size=7).map(
    lambda found: [Conditions(str(place), wanted) for place, wanted in enumerate(found)]
)


@given(lists)
def test_a_rule_never_applies_exactly_if_no_case_comes_to_it(rules):
    first = {
        case: next((rule.name for rule in rules if rule.fits(case)), None)
        for case in product(*VALUES)
    }

    hidden = never_applies(rules, VALUES)

    assert {str(place) for place in hidden} == {rule.name for rule in rules} - set(first.values())
    for place, names in hidden.items():
        own = [case for case in first if rules[place].fits(case)]
        assert set(names) == {first[case] for case in own}, "those that take its cases"


@given(lists)
def test_a_rule_that_is_hidden_makes_no_difference(rules):
    hidden = never_applies(rules, VALUES)
    left = [rule for place, rule in enumerate(rules) if place not in hidden]

    for case in product(*VALUES):
        with_all = next((rule for rule in rules if rule.fits(case)), None)
        assert next((rule for rule in left if rule.fits(case)), None) == with_all
