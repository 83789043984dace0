"""Recipients' numbers: what is taken as it is meant, and what would reach a stranger."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsc_async._number_checks import digits_of, number, split_fraction
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import HlrQuery, Ping, Sms

SECRET = "Код входа 4821"


def refusal(value: object) -> str:
    """Return the text of the error for a number, which shows neither it nor a text."""
    with pytest.raises(InvalidMessageError) as caught:
        Sms(to=value, text=SECRET)  # type: ignore[arg-type]
    error = caught.value
    assert "to" == error.field
    assert SECRET not in f"{error} {error!r} {vars(error)}"
    assert not str(error).endswith(".")
    assert not isinstance(value, str) or len(value) < 2 or value not in str(error)
    return str(error)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("79991234567", "79991234567"),
        ("+79991234567", "79991234567"),
        ("+7 (999) 123-45-67", "79991234567"),
        ("8 999 123-45-67", "79991234567"),
        ("89991234567", "79991234567"),
        ("+84912345678", "84912345678"),
        ("+8613912345678", "8613912345678"),
        ("8613912345678", "8613912345678"),
        ("8 (495) 123-45-67", "74951234567"),
        ("8 343 123-45-67", "73431234567"),
        ("8 800 123-45-67", "78001234567"),
        ("85212345678", "85212345678"),
        ("82 2 1234 5678", "82212345678"),
        ("86123456789", "86123456789"),
        ("+84951234567", "84951234567"),
        ("+49.151.23456789", "4915123456789"),
        ("7\u00a0999\u20111234567", "79991234567"),
        ("123456789012345", "123456789012345"),
        ("1234567890", "1234567890"),
    ],
)
def test_number_is_taken_however_it_is_written(written: str, kept: str) -> None:
    """Punctuation is dropped; without a plus the 8 of a Russian number is +7, and of no other."""
    assert kept == Ping(to=written).to == number(written)


@pytest.mark.parametrize(
    ("wrong", "size"),
    [
        ("7916123456", 10),
        ("791612345678", 12),
        ("+7 916 123-45-6", 10),
        ("7 (495) 123-45-67-89", 13),
        ("7701123456", 10),
        ("700000000000000", 15),
    ],
)
def test_number_of_country_7_has_11_digits(wrong: str, size: int) -> None:
    """With a digit too few or too many it may be a stranger's."""
    assert f"country 7 has 11 digits, got {size}; correct it" in refusal(wrong)


@pytest.mark.parametrize("typed", ["87011234567", "8 701 123-45-67", "8(701)1234567"])
def test_8_of_kazakhstan_becomes_7(typed: str) -> None:
    """Its networks have codes that begin with 7, and people dial an 8 before them."""
    assert "77011234567" == number(typed)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "+",
        "123456789",
        "1234567890123456",
        "7999123456x",
        "٧٩٩٩١٢٣٤٥٦٧",
        "++79991234567",
        SECRET,
        f"{SECRET}, 79123456789.0",
    ],
)
def test_what_is_no_number_is_refused(wrong: str) -> None:
    """It would be charged, or refused by the gateway later."""
    assert "10 to 15 digits" in refusal(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "79123456789.0",
        "+79123456789.0",
        "79123456789,0",
        "79123456789.00",
        "79123456789.5",
        "9123456789.0",
        "7 912 345-67-89.0",
        "+49.30.1234567.0",
        "89123456789.0",
    ],
)
def test_number_with_decimals_is_refused(wrong: str) -> None:
    """Without the dot the digit behind it would make another number, which may exist."""
    reason = refusal(wrong)

    assert "no decimals" in reason
    assert "79991234567" in reason


@pytest.mark.parametrize("value", [79123456789, 79123456789.0, True])
def test_number_of_another_type_is_refused(value: object) -> None:
    """A spreadsheet's float has digits that aren't the number's."""
    assert "a str is needed" in refusal(value)


@pytest.mark.parametrize(
    "wrong", ["810491701234567", "8 10 49 170 1234567", "8-10-380-44-123-45-67", "81012345678"]
)
def test_number_as_it_is_dialled_abroad_is_refused(wrong: str) -> None:
    """810 is no country code, and +81 0… is none of Japan's numbers."""
    assert "write '+' for the 810" in refusal(wrong)


@pytest.mark.parametrize(
    "wrong", ["09123456789", "+09123456789", "0 912 345 67 89", "0079123456789"]
)
def test_country_code_never_begins_with_0(wrong: str) -> None:
    """ITU-T E.164: no zone of the world is 0."""
    assert "never begins with 0" in refusal(wrong)
    with pytest.raises(InvalidMessageError, match="never begins with 0"):
        HlrQuery(to=wrong)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+7.912.345.67.89", "79123456789"),
        ("7.912.345.67.00", "79123456700"),
        ("+380.44.123.45.67", "380441234567"),
        ("+81 0901234567", "810901234567"),
        ("+8109012345678", "8109012345678"),
    ],
)
def test_groups_of_digits_are_no_decimals(written: str, kept: str) -> None:
    """A dot between groups is punctuation, and with a plus no digit is changed."""
    assert kept == number(written)


@given(
    st.integers(10**9, 10**15 - 1),
    st.sampled_from(".,"),
    st.from_regex("[0-9]{1,3}", fullmatch=True),
)
@example(79123456789, ".", "0")
def test_number_and_its_decimals_are_found(whole: int, dot: str, decimals: str) -> None:
    """However many digits either has; and no number with decimals is taken."""
    text = f"{whole}{dot}{decimals}"

    assert (str(whole), decimals) == split_fraction(text)
    assert None is split_fraction(str(whole))
    with pytest.raises(InvalidMessageError):
        number(text)


@given(st.text())
def test_any_text_is_a_number_or_refused(text: str) -> None:
    """Digits only come out, 10 to 15 of them, all from the text, the first of them not 0."""
    try:
        digits = number(text)
    except InvalidMessageError:
        return

    assert 10 <= len(digits) <= 15
    assert digits.isascii()
    assert digits.isdigit()
    assert "0" != digits[0]
    assert digits[1:] == digits_of(text).removeprefix("+")[1:]
    assert "7" != digits[0] or 11 == len(digits)
