"""Recipients' numbers as spreadsheets write them.

Rule: what a program has added is dropped if all digits of the number are there, and counted; a
number with lost digits is refused. Everything else is left to the message.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from smsc_async._number_checks import ABROAD, digits_of, split_fraction
from smsc_async.cli.i18n import _
from smsc_async.errors import InvalidMessageError

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_APOSTROPHES: Final = "'\u2018\u2019`\u02bc"
_EXPONENT: Final = re.compile(r"\+?([0-9])(?:[.,]([0-9]+))?[eEеЕ]\+?([0-9]{1,2})")
_ZEROS: Final = re.compile("0+")


class Change(Enum):
    """What was changed in a number, with the text for the summary."""

    DECIMALS = _('".0" dropped')
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
        InvalidMessageError: Digits are lost.
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
    if digits_of(text) != rest and 10 <= len(rest) <= 15 and rest[0] != "0":
        text = f"+{rest}"
        changes.append(Change.ABROAD)
    return CleanNumber(text, tuple(changes))


def is_local(number: str) -> bool:
    """Whether a number is written as within Russia: without its country code, or with 8."""
    digits = digits_of(number)
    return len(digits) == 10 + digits.startswith("8") and digits[0] in "89" and digits.isdigit()


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
