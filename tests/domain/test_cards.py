"""Card numbers are told from other numbers by their form and check digit."""

import pytest

from tickets.domain.cards import has_card_number, without_card_numbers

CARDS = {
    "4111 1111 1111 1111": "1111",
    "4111111111111111": "1111",
    "5500-0000-0000-0004": "0004",
    "2223 0031 2200 3222": "3222",
    "3782 822463 10005": "0005",
    "4222222222222": "2222",
    "6304000000000000000": "0000",
}
OTHERS = (
    "4111 1111 1111 1112",  # a wrong check digit
    "+49 151 1234 5678 903",
    "WVWZZZ1K0AW000001",
    "MSCU4111111111111111",
    "9111111111111111",
    "2026-11-28",
    "41111111111111111111",  # too long
    "4111 1111",
)


@pytest.mark.parametrize(("written", "last"), CARDS.items())
def test_a_card_number_leaves_its_last_four_digits(written, last):
    text = f"My card is {written}, valid till 12/29."
    assert has_card_number(text)
    assert without_card_numbers(text) == f"My card is •••• {last}, valid till 12/29."
    assert not has_card_number(without_card_numbers(text))


@pytest.mark.parametrize("written", OTHERS)
def test_other_numbers_stay(written):
    text = f"About {written}."
    assert not has_card_number(text)
    assert without_card_numbers(text) == text
