"""VINs: what is certain is said of them, and nothing else."""

import pytest

from customers.domain import vin
from customers.domain.contact import ContactRefused
from customers.domain.vin import VinDoubted


@pytest.mark.parametrize(
    ("number", "year"),
    [
        ("1HGCM82633A004352", 2003),
        ("1HGCM8269TA000001", 1996),  # the seventh is a digit
        ("5YJ3E1EA2KF317000", 2019),  # the seventh is a letter
        ("3VWDX7AJ8BM000001", 2011),
    ],
)
def test_a_light_vehicle_of_north_america_tells_its_year(number, year):
    assert vin.model_year(number, latest=2027) == year


@pytest.mark.parametrize(
    "number",
    [
        "JH4KA7561PC008269",  # of 1993 or 2023
        "WP0ZZZ99ZTS392124",  # of 1996 or 2026
        "WVWZZZ1K0AW000001",
        "JTMHX05J4DA003001",
        "1M8GDM9AXKP042788",  # a bus
        "1FTFW1ET9DFC10312",  # the code of light trucks and of heavy ones
        "3VWZZZ1KZ5P000001",  # a Mexican car for Europe
        "1HGCM82623A004352",  # the check digit is wrong
        "1HGCV1F34YA000001",  # of 2030
        "11533512345678",
        "1HGCM82633A00435O",
    ],
)
def test_what_is_not_certain_is_not_said(number):
    assert vin.model_year(number, latest=2027) is None


@pytest.mark.parametrize(
    ("number", "doubt"),
    [
        ("3VWZZZ1KZ5P000001", "check digit"),
        ("115-335 12345678", "has 14"),
        ("1HGCM82633A00435O", "without I, O and Q"),
    ],
)
def test_what_is_doubted_is_taken_if_somebody_insists(number, doubt):
    with pytest.raises(VinDoubted, match=doubt):
        vin.checked(number)

    assert vin.checked(number, confirmed=True) == number.replace("-", "").replace(" ", "")


@pytest.mark.parametrize("number", ["", "-", "12", "1M8GDM9AXKP04278Ö", "A" * 26, "1HG'"])
def test_what_is_no_number_is_refused_whoever_insists(number):
    for confirmed in (False, True):
        with pytest.raises(ContactRefused) as refused:
            vin.checked(number, confirmed=confirmed)
        assert not isinstance(refused.value, VinDoubted)


@pytest.mark.parametrize(
    "written",
    ["1hgcm-82633-a004352", " 1HG CM826 33A 004352 ", "*1HGCM82633A004352*", "１HGCM82633A004352"],
)
def test_what_people_set_between_the_signs_is_left_out(written):
    assert vin.checked(written) == "1HGCM82633A004352"


def test_a_check_digit_is_asked_for_where_one_is_due():
    assert vin.checked(" 1m8gdm9a-xkp042788") == "1M8GDM9AXKP042788"
    assert vin.checked("WBA8K3109GK123456") == "WBA8K3109GK123456"  # Europe puts none in
    for wrong in ("1M8GDM9AXKP04278", "1M8GDM9A1KP042788", "IM8GDM9AXKP042788"):
        with pytest.raises(VinDoubted):
            vin.checked(wrong)
