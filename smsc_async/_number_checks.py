"""The check of a recipient's number.

Rule: a number is never guessed. What a spreadsheet adds to it (".0"), what is dialled before a
country code (810) and a number of country 7 with a digit too few or too many are refused with the
remedy; an error masks the number. The 8 that people dial within country 7 is the one digit that
is changed.
"""

from __future__ import annotations

import re
from typing import Final

from pdu.masking import mask_address
from smsc_async._base_errors import InvalidMessageError
from smsc_async._message_checks import as_str

ABROAD: Final = "810"
"""What Russian phones dial before a country code: no country code begins like that."""

PUNCTUATION: Final = " -()./\t\u00a0\u2009\u2010\u2011\u2012\u2013"
"""Signs between the digits of a number."""
RUSSIAN_LENGTH: Final = 11
"""Digits of a number of country 7, with the 7 or the 8 in front."""
_NATIONAL_CODES: Final = "34789"
"""Digits with which the codes of regions and networks begin in country 7: 7 in Kazakhstan, where
people dial an 8 in front as in Russia, the others in Russia."""

_NO_PUNCTUATION: Final = str.maketrans("", "", PUNCTUATION)
_FRACTION: Final = re.compile(r"(.+)[.,]([0-9]+)", re.DOTALL)


def digits_of(text: str) -> str:
    """Return a number without spaces and signs between its digits; a plus stays."""
    return text.translate(_NO_PUNCTUATION)


def international(digits: str) -> str:
    """Return a number of `digits_of` without its plus, and with a 7 for the 8 of country 7."""
    if digits.startswith("+"):
        return digits[1:]
    if len(digits) == RUSSIAN_LENGTH and digits[0] == "8" and digits[1] in _NATIONAL_CODES:
        return f"7{digits[1:]}"
    return digits


def split_fraction(text: str) -> tuple[str, str] | None:
    """Return a number and its decimals ("79123456789.0" of a spreadsheet); None for any other text.

    A dot also separates groups of digits ("+7.912.345.67.89"), so decimals follow the only dot, or
    are a single zero, behind at least 10 digits.
    """
    found = _FRACTION.fullmatch(text.strip())
    if found is None:
        return None
    whole, decimals = found.groups()
    digits = digits_of(whole).removeprefix("+")
    is_number = digits.isascii() and digits.isdigit() and len(digits) >= 10
    is_grouped = "." in whole
    return (whole, decimals) if is_number and (decimals == "0" or not is_grouped) else None


def number(value: object) -> str:
    """Return the digits of a recipient's number.

    Raises:
        InvalidMessageError: It is none, or a spreadsheet or a Russian phone has changed it.
    """
    text = as_str("to", value)
    digits = digits_of(text)
    if split_fraction(text):
        raise _wrong_number(text, "a number has no decimals", "write it like '79991234567'")
    if digits.startswith(ABROAD) and digits.isdigit():
        raise _wrong_number(text, f"{ABROAD} isn't a country code", f"write '+' for the {ABROAD}")
    digits = international(digits)
    if digits.isascii() and digits.isdigit() and 10 <= len(digits) <= 15:
        if digits[0] == "0":
            fault, remedy = "a country code never begins with 0", "write it like '79991234567'"
            raise _wrong_number(text, fault, remedy)
        if digits[0] == "7" and len(digits) != RUSSIAN_LENGTH:
            raise InvalidMessageError(
                "to",
                mask_address(text),
                f"a number of country 7 has {RUSSIAN_LENGTH} digits, got {len(digits)}; correct it",
            )
        return digits
    length = f"{len(digits)} characters"
    # Of anything but a number even the ends stay hidden: a text may end in a code.
    masked = mask_address(text) if digits.isdigit() else ""
    got = f"{length} ({masked!r})" if masked else length
    raise InvalidMessageError(
        "to",
        masked or length,
        f"a number is 10 to 15 digits with country code, got {got}; write it like '79991234567'",
    )


def _wrong_number(text: str, fault: str, remedy: str) -> InvalidMessageError:
    """Return the error for a number, masked, with what is wrong."""
    masked = mask_address(text)
    return InvalidMessageError("to", masked, f"{fault}, got {masked!r}; {remedy}")
