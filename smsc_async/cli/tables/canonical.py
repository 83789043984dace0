"""What a cell says, however the file is saved.

Rule: used for the keys of rows only, never for what is sent. The same sheet shows a number, a date
or a truth value in another way in each format; its rows stay the same rows.
"""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(
    r"(-?(?:[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3})+|[0-9]+))(?:[.,]([0-9]+))?"
)
_DATE: Final = re.compile(
    r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})(?: +([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?))?"
)
_ISO_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?))?"
)
_TRUTH: Final = {"true": "true", "истина": "true", "false": "false", "ложь": "false"}


def canonical(cell: str) -> str:
    """Return one spelling of a cell's number, date or truth value; of a text the text."""
    text = cell.strip()
    if number := _NUMBER.fullmatch(text):
        whole = re.sub(r"\s", "", number[1])
        decimals = (number[2] or "").rstrip("0")
        return f"{whole}.{decimals}" if decimals else whole
    if date := _DATE.fullmatch(text):
        day, month, year, time = date.groups()
        return _date(year, month, day, time)
    if date := _ISO_DATE.fullmatch(text):
        return _date(*date.groups())
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _date(year: str, month: str, day: str, time: str | None) -> str:
    """Return a date, and its time unless that is midnight."""
    clock = (time or "0:00").zfill(len("00:00"))
    if clock.count(":") > 1:
        clock = clock.zfill(len("00:00:00")).removesuffix(":00")
    return f"{year}-{month}-{day} {clock}".removesuffix(" 00:00")
