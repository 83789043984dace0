"""Numbers as spreadsheets write them: cleaned if all digits are there, else refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async._number_checks import number
from smsc_async.cli.tables.numbers import Change, clean_number
from smsc_async.errors import InvalidMessageError

DIGITS = st.integers(10**8, 10**13 - 1).map(lambda rest: f"49{rest}")


@pytest.mark.parametrize(
    ("cell", "kept", "changes"),
    [
        ("79123456789", "79123456789", ()),
        (" +7 (912) 345-67-89 ", "+7 (912) 345-67-89", ()),
        ("89123456789", "89123456789", ()),
        ("79123456789.0", "79123456789", (Change.DECIMALS,)),
        ("79123456789,00", "79123456789", (Change.DECIMALS,)),
        ("7 912 345 67 89,0", "7 912 345 67 89", (Change.DECIMALS,)),
        ("79\u00a0123\u00a0456\u00a0789,00", "79\u00a0123\u00a0456\u00a0789", (Change.DECIMALS,)),
        ("7,9123456789E+10", "79123456789", (Change.EXPONENT,)),
        ("7.9123456789e10", "79123456789", (Change.EXPONENT,)),
        ("7,91234567890Е+10", "79123456789", (Change.EXPONENT,)),
        ("'79123456789", "79123456789", (Change.APOSTROPHE,)),
        ("’+79123456789", "+79123456789", (Change.APOSTROPHE,)),
        ("'79123456789.0", "79123456789", (Change.APOSTROPHE, Change.DECIMALS)),
        ("\u202a+79123456789\u202c", "+79123456789", ()),
        ("810 49 170 1234567", "+491701234567", (Change.ABROAD,)),
        ("8-10-380-44-123-45-67", "+380441234567", (Change.ABROAD,)),
        ("810491701234567.0", "+491701234567", (Change.DECIMALS, Change.ABROAD)),
        ("8,10491701234567E+14", "+491701234567", (Change.EXPONENT, Change.ABROAD)),
    ],
)
def test_what_a_spreadsheet_has_added_is_dropped(
    cell: str, kept: str, changes: tuple[Change, ...]
) -> None:
    """And counted; the message reads the rest."""
    assert (kept, changes) == clean_number(cell)
    assert number(kept)


@pytest.mark.parametrize(
    "cell", ["7,91235E+10", "7.9E+10", "8E+10", "7,912345678E+10", "7,91234567891E+10"]
)
def test_number_with_lost_digits_is_refused(cell: str) -> None:
    """It would be another subscriber's number."""
    with pytest.raises(InvalidMessageError, match="digits are left") as caught:
        clean_number(cell)

    assert "to" == caught.value.field
    assert cell not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("7912345678", "country 7 has 11 digits, got 10"),
        ("+7912345678", "country 7 has 11 digits, got 10"),
        ("791234567890", "country 7 has 11 digits, got 12"),
        ("+7 495 123-45-67 (12)", "country 7 has 11 digits, got 13"),
        ("810 7 912 345 67 8", "country 7 has 11 digits, got 10"),
        ("7,912345678E+9", "country 7 has 11 digits, got 10"),
        ("+8 (912) 345-67-89", "no country code begins with 89"),
        ("8912345678", "no country code begins with 89"),
        ("891234567890.0", "no country code begins with 89"),
        ("9123456789", "country code is missing"),
        ("(912) 345-67-89", "country code is missing"),
        ("85291234567", "no code begins with 5"),
        ("8 213 456 78 90", "no code begins with 2"),
        ("86123456789", "no code begins with 6"),
        ("-79123456789", "isn't negative"),
        ("–79123456789", "isn't negative"),
        ("791234567.89", "no decimals"),
        ("+7912345.6789", "no decimals"),
        ("79123456789, 79123456780", "several numbers"),
        ("79123456789;89123456780", "several numbers"),
        ("8 (912) 345-67-89 / 8 (912) 345-67-80", "several numbers"),
        ("79123456789\n79123456780", "several numbers"),
    ],
)
def test_number_that_can_only_be_mistyped_is_refused(cell: str, reason: str) -> None:
    """With a digit too few or too many it may be another subscriber's."""
    with pytest.raises(InvalidMessageError, match=re.escape(reason)) as caught:
        clean_number(cell)

    assert "to" == caught.value.field
    assert cell not in str(caught.value)


@pytest.mark.parametrize(
    "cell",
    ["+9607712345", "+84901234567", "84951234567", "+85291234567", "8613800138000", "77011234567",
     "4930123456", "+1 202 555 0123", "7.912.345.67.89", "+49.30.1234567",
     "79123456789."],
)  # fmt: skip
def test_number_of_a_country_is_taken(cell: str) -> None:
    """Its plan of numbers allows it."""
    assert (cell, ()) == clean_number(cell)
    assert number(cell)


@pytest.mark.parametrize(
    "cell",
    ["", "'", "Анна", "79123456789.5", "81012345678", "8100912345678", "0E+1", "+8109012345678"],
)
def test_everything_else_is_left_to_the_message(cell: str) -> None:
    """It refuses what is no number, with its own reason."""
    text = clean_number(cell).text if cell != "0E+1" else ""

    assert text in {cell, ""}


@given(DIGITS, st.sampled_from([".0", ",0", ",00", ".000"]))
def test_decimals_never_change_the_digits(digits: str, decimals: str) -> None:
    """A float of a spreadsheet is the number that it was."""
    assert (digits, (Change.DECIMALS,)) == clean_number(digits + decimals)


@given(DIGITS, st.sampled_from(".,"), st.sampled_from(["E+", "e+", "E", "Е+"]))
def test_exponent_has_all_digits_or_is_refused(digits: str, dot: str, sign: str) -> None:
    """However many of them a spreadsheet has cut."""
    exponent = f"{sign}{len(digits) - 1}"

    assert digits == clean_number(f"{digits[0]}{dot}{digits[1:]}{exponent}").text
    for kept in range(1, len(digits) - 1):
        with pytest.raises(InvalidMessageError):
            clean_number(f"{digits[0]}{dot}{digits[1 : 1 + kept]}{exponent}")


@given(st.text())
def test_cleaning_adds_no_digits_and_is_done_once(cell: str) -> None:
    """Whatever is in a cell; what is clean stays as it is."""
    try:
        text, changes = clean_number(cell)
    except InvalidMessageError:
        return

    assert Change.EXPONENT in changes or len(text) <= len(cell)
    assert Change.APOSTROPHE in changes or (text, ()) == clean_number(text)
