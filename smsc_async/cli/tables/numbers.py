"""Recipients' numbers as spreadsheets and people write them: in a cell, and on the command line.

Rule: what a program has added is dropped if all digits of the number are there, and counted; a
number with lost digits is refused, and so is one that can only be mistyped: it would be another
subscriber's. Everything else is left to the message.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from pdu.masking import mask_address
from smsc_async._number_checks import ABROAD, PUNCTUATION, digits_of, split_fraction
from smsc_async.cli.i18n import _
from smsc_async.errors import InvalidMessageError

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_APOSTROPHES: Final = "'\u2018\u2019`\u02bc"
_EXPONENT: Final = re.compile(r"\+?([0-9])(?:[.,]([0-9]+))?[eEеЕ]\+?([0-9]{1,2})")
_ZEROS: Final = re.compile("0+")
_DECIMAL: Final = re.compile(r"\+?[0-9]{7,}\.[0-9]+")
_NUMBERS: Final = re.compile(r"(?:[0-9][^0-9,;/\n]*){10,}")
_DIGIT: Final = re.compile("[0-9]")
_SIGNS: Final = re.compile(r"[0-9+,]|" + f"[{re.escape(PUNCTUATION)}]|\\s")
"""Signs between the digits of a number; the message says what is wrong with a comma."""
_LEAST_DIGITS: Final = 7
"""Digits of what is meant as a number."""
_MINUS: Final = ("-", "\u2010", "\u2011", "\u2012", "\u2013")
_SHORTEST: Final = 10
_LONGEST: Final = 15
_RUSSIAN: Final = 11
"""Digits of a number of country 7, with the 7 or the 8 in front."""
_RUSSIAN_CODES: Final = "34789"
"""Digits with which the codes of regions and networks of country 7 begin."""


class Change(Enum):
    """What was changed in a number, with the text for the summary."""

    DECIMALS = _('".0" or ",0" dropped at the end')
    EXPONENT = _("7.9E+10 written out")
    ABROAD = _("810 replaced by +")
    APOSTROPHE = _("apostrophe dropped")


class CleanNumber(NamedTuple):
    """A number as it was meant, and what was changed in it."""

    text: str
    changes: tuple[Change, ...]


def clean_number(cell: str) -> CleanNumber:
    """Return the number of a cell without what a spreadsheet has made of it.

    Raises:
        InvalidMessageError: Digits are lost, or there are too many for one number.
    """
    text = _INVISIBLE.sub("", cell).strip()
    changes: list[Change] = []
    if text[:1] and text[0] in _APOSTROPHES:
        text = text[1:].strip()
        changes.append(Change.APOSTROPHE)
    if exponent := _EXPONENT.fullmatch(text):
        text = _written_out(*exponent.groups(default=""))
        changes.append(Change.EXPONENT)
    fraction = split_fraction(text)
    if fraction and _ZEROS.fullmatch(fraction[1]):
        text = fraction[0].rstrip()
        changes.append(Change.DECIMALS)
    rest = digits_of(text).removeprefix(ABROAD)
    if digits_of(text) != rest and _SHORTEST <= len(rest) <= _LONGEST and rest[0] != "0":
        text = f"+{rest}"
        changes.append(Change.ABROAD)
    if fault := _fault_of(text):
        raise InvalidMessageError("to", mask_address(digits_of(text)), fault)
    return CleanNumber(text, tuple(changes))


def typed_number(to: str) -> str:
    """Return a recipient that a command line names; an e-mail address stays.

    Raises:
        InvalidMessageError: As `clean_number`.
    """
    return to if "@" in to else clean_number(to).text


def is_local(number: str) -> bool:
    """Whether a number is written as within Russia: without its country code, or with 8."""
    digits = digits_of(number)
    return len(digits) == 10 + digits.startswith("8") and digits[0] in "89" and digits.isdigit()


def _fault_of(text: str) -> str:
    """Return why a text with the digits of a number is none, and what to do; else nothing."""
    if fault := _fault_of_signs(text):
        return fault
    if split_fraction(text):
        return ""  # the message says so
    if _DECIMAL.fullmatch(text):
        return "a number has no decimals; write it like '79991234567'"
    digits = digits_of(text)
    is_international = digits.startswith("+")
    digits = digits.removeprefix("+")
    size = len(digits)
    if not (digits.isascii() and digits.isdigit() and _SHORTEST <= size <= _LONGEST):
        return ""
    if text.startswith(_MINUS):
        return "a number isn't negative; write it like '79991234567'"
    return _country_fault(digits, size, is_international=is_international)


def _fault_of_signs(text: str) -> str:
    """Return why a text isn't written as one number; else nothing."""
    if _has_several(text):
        return "several numbers, and a message goes to one; in a table each has a row of its own"
    if foreign := _foreign_sign(text):
        return (
            "a number is written in digits 0 to 9, '+', spaces, brackets and hyphens, got"
            f" {foreign}; correct it"
        )
    return ""


def _has_several(text: str) -> bool:
    """Whether a text has the digits of several numbers, with any separator."""
    words = [word for word in text.split() if len(_DIGIT.findall(word)) >= _SHORTEST]
    return len(_NUMBERS.findall(text)) > 1 or len(words) > 1


def _foreign_sign(text: str) -> str:
    """Return the first sign that no number has, and its place from 1; nothing without one.

    One sign shows nothing of a text that is there by mistake.
    """
    if sum(map(str.isdecimal, text)) < _LEAST_DIGITS:
        return ""
    odd = (one for one in enumerate(text, 1) if not _SIGNS.fullmatch(one[1]))
    return next((f"{sign!r} (U+{ord(sign):04X}) as character {at}" for at, sign in odd), "")


def _country_fault(digits: str, size: int, *, is_international: bool) -> str:
    """Return why a number is in no country, and what to do; else nothing."""
    if digits.startswith("8") and size == _RUSSIAN and not is_international:
        if digits[1] in _RUSSIAN_CODES or digits.startswith(ABROAD):
            return ""
        return (
            f"8 stands for +7, where no code begins with {digits[1]}; write '+' in front of a"
            " number of another country"
        )
    if digits.startswith("89"):
        return "no country code begins with 89; write a Russian number as 7 and 10 digits"
    if digits.startswith("7") and size != _RUSSIAN:
        return f"a number of country 7 has {_RUSSIAN} digits, got {size}; correct it"
    if digits.startswith("9") and size == _SHORTEST and not is_international:
        return "the country code is missing; write 7 in front, or '+' if it begins with the code"
    return ""


def _written_out(first: str, decimals: str, exponent: str) -> str:
    """Return the digits of a number like 7.9123456789E+10, if it has all of them."""
    shift = int(exponent)
    digits = decimals[:shift]
    if len(digits) < shift or decimals[shift:].strip("0"):
        raise InvalidMessageError(
            "to",
            "an exponent",
            f"a spreadsheet has cut the number: {1 + len(digits)} of its {1 + shift} digits are"
            " left; format the column as text or number, and save the file again",
        )
    return first + digits
