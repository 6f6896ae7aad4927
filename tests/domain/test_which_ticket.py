"""Where a message goes: each way to name a ticket, with each thing a check can say of its sender.

EMAIL.md, "Which ticket".
"""

import pytest

from tickets.domain.mail.matching import Authentication, Match, Reference, Trust, match
from tickets.domain.mail.outcome import Cause

PASSED, FAILED = Authentication.PASSED, Authentication.FAILED
UNKNOWN, NOT_CONFIGURED = Authentication.UNKNOWN, Authentication.NOT_CONFIGURED
NOT_THEIRS, NOT_SHOWN = Cause.NOT_ITS_RECIPIENT, Cause.NOT_AUTHENTICATED

FOR_PARTICIPANTS = {
    Trust.SIGNED: {PASSED: True, FAILED: NOT_SHOWN, UNKNOWN: True, NOT_CONFIGURED: True},
    Trust.SIGNED_FOR_ANOTHER: {
        PASSED: True,
        FAILED: NOT_SHOWN,
        UNKNOWN: NOT_SHOWN,
        NOT_CONFIGURED: True,
    },
    Trust.KNOWN: {PASSED: True, FAILED: NOT_SHOWN, UNKNOWN: NOT_SHOWN, NOT_CONFIGURED: True},
    Trust.NUMBER: {PASSED: True, FAILED: NOT_SHOWN, UNKNOWN: NOT_SHOWN, NOT_CONFIGURED: False},
}
"""True leads to the ticket, a cause to a person, False to a ticket of its own."""
FOR_OTHERS = {
    Trust.SIGNED: {
        PASSED: NOT_THEIRS,
        FAILED: NOT_SHOWN,
        UNKNOWN: NOT_THEIRS,
        NOT_CONFIGURED: NOT_THEIRS,
    },
    Trust.SIGNED_FOR_ANOTHER: dict.fromkeys(Authentication, NOT_THEIRS),
    Trust.KNOWN: dict.fromkeys(Authentication, False),
    Trust.NUMBER: dict.fromkeys(Authentication, False),
}
CASES = [
    pytest.param(trust, part, said, expected, id=f"{trust.name}-{part}-{said.name}")
    for part, table in ((True, FOR_PARTICIPANTS), (False, FOR_OTHERS))
    for trust, row in table.items()
    for said, expected in row.items()
]


@pytest.mark.parametrize(("trust", "part", "said", "expected"), CASES)
def test_one_reference(trust, part, said, expected):
    found = match([Reference("7", trust, part)], said)

    if expected is True:
        assert found == Match("7")
    elif expected is False:
        assert found == Match(refused="7")
    else:
        assert found == Match("7", cause=expected)


@pytest.mark.parametrize("said", Authentication)
@pytest.mark.parametrize("part", [True, False])
def test_what_is_forged_leads_nobody_to_a_ticket_without_a_pass(part, said):
    found = match([Reference("7", Trust.FORGED, part)], said)

    assert found == (Match("7") if part and said is PASSED else Match("7", cause=NOT_THEIRS))


@pytest.mark.parametrize(("said", "leads"), [(PASSED, True), (UNKNOWN, True), (FAILED, False)])
def test_a_third_party_is_led_by_what_was_signed_for_them(said, leads):
    found = match([Reference("7", Trust.SIGNED, takes_part=False, side_thread="2")], said)

    assert found == (Match("7", side_thread="2") if leads else Match("7", cause=NOT_SHOWN))


def test_the_first_reference_that_leads_wins_and_the_first_refused_is_told():
    theirs = [Reference(number, Trust.KNOWN, takes_part=True) for number in ("3", "4")]
    others = [Reference(number, Trust.KNOWN, takes_part=False) for number in ("1", "2")]

    assert match([*others, *theirs], PASSED) == Match("3")
    assert match(others, PASSED) == Match(refused="1")
    assert match([], PASSED) == Match()


def test_a_doubt_about_one_ends_the_search():
    doubtful = Reference("1", Trust.SIGNED_FOR_ANOTHER, takes_part=False)
    good = Reference("2", Trust.KNOWN, takes_part=True)

    assert match([doubtful, good], PASSED) == Match("1", cause=NOT_THEIRS)
