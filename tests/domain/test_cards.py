"""Card numbers are told from other numbers by their form and check digit."""

import time

import pytest

from tickets.domain.cards import has_card_number, without_card_numbers

CARDS = {
    "4111 1111 1111 1111": "•••• 1111",
    "4111111111111111": "•••• 1111",
    "5500-0000-0000-0004": "•••• 0004",
    "2223 0031 2200 3222": "•••• 3222",
    "3782 822463 10005": "•••• 0005",
    "4222222222222": "•••• 2222",
    "6304000000000000000": "•••• 0000",
    "4111.1111.1111.1111": "•••• 1111",
    "4111\u00a01111\u00a01111\u00a01111": "•••• 1111",
    "4111  1111  1111  1111": "•••• 1111",
    "4111 1111 1111 1111 12/29": "•••• 1111 12/29",
    "4111 1111 1111 1111 1229": "•••• 1111 1229",
    "4111 1111 1111 1111 123": "•••• 1111 123",
    "4111111111111111 123": "•••• 1111 123",
    "12345 4111 1111 1111 1111": "12345 •••• 1111",
    "+49 4111 1111 1111 1111": "+49 •••• 1111",
    "4111 1111 1111 1111 5500 0000 0000 0004": "•••• 1111 •••• 0004",
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
    "4111   1111   1111   1111",  # columns of a table
    "4111, 1111, 1111, 1111",
    "28.11.2026 10:30",
)


@pytest.mark.parametrize(("written", "left"), CARDS.items())
def test_a_card_number_leaves_its_last_four_digits(written, left):
    text = f"My card is {written}, valid till 12/29."
    assert has_card_number(text)
    assert without_card_numbers(text) == f"My card is {left}, valid till 12/29."
    assert not has_card_number(without_card_numbers(text))


@pytest.mark.parametrize("written", OTHERS)
def test_other_numbers_stay(written):
    text = f"About {written}."
    assert not has_card_number(text)
    assert without_card_numbers(text) == text


@pytest.mark.parametrize("piece", ["2 ", "2222 ", "2", "2-."])
def test_a_long_text_of_digits_takes_no_longer_than_in_proportion(piece):
    begun = time.thread_time()
    without_card_numbers(piece * 20_000)
    assert time.thread_time() - begun < 2
