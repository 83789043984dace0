"""Cells whose value was lost or garbled before the file was read.

Rule: a row with such a cell is rejected, with what to do: better not sent than sent
like that.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from smsc_async.cli.tables.guess import CANDIDATES, usual_share
from smsc_async.errors import InvalidMessageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHEET_ERROR: Final = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!"
    r"|UNKNOWN!|EXTERNAL!|PYTHON!|TIMEOUT!|GETTING_DATA|LINK!|ERROR!"
    r"|Н/Д|ССЫЛКА!|ЗНАЧ!|ДЕЛ/0!|ИМЯ\?|ПУСТО!|ЧИСЛО!|ПЕРЕНОС!|ВЫЧИСЛ!|ПОЛЕ!|ЗАБЛОКИРОВАНО!|ЗАНЯТО!"
    r"|ПОДКЛЮЧЕНИЕ!|НЕИЗВЕСТНО!|ОЖИДАНИЕ_ДАННЫХ|#+)"
    r"|(?:Err|Ошибка|Ош):[0-9]{3}"
)
_EXPONENT: Final = re.compile(r"-?[0-9](?:[.,][0-9]+)?[eEеЕ][+-][0-9]{2,3}")
_NUMBER: Final = re.compile(r"\+?[0-9][0-9() .-]{9,}")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_READ_AS: Final = (*CANDIDATES, "windows-1252", "latin-1")
"""Encodings in which texts are read by mistake."""
_LEAST_LETTERS: Final = 3
"""Letters in UTF-8 that aren't there by chance."""
_BEGIN: Final = 80
"""Characters by which most texts are judged."""
_LEAST_PAIRS: Final = 6
_MOST_GARBLED: Final = 0.35
_LEAST_USUAL: Final = 0.6
_LEAST_LEAD: Final = 0.4
"""Share of usual pairs: of a garbled text at most, of what it was at least, and the difference."""


def check_cell(cell: str) -> None:
    """Refuse an error value of a spreadsheet, and a text in the wrong encoding.

    Raises:
        InvalidMessageError: With what to do; it shows nothing of a text.
    """
    text = cell.strip()
    if _SHEET_ERROR.fullmatch(text):
        raise InvalidMessageError(
            "cell", "an error", f"a formula of the row has the error {text}; correct it"
        )
    if _REPLACEMENT in text:
        reason = "a character is lost (U+FFFD); the file was saved in an encoding that lacks it"
        raise InvalidMessageError("cell", "garbled", f"{reason}, so write the text again")
    if not text.isascii() and is_garbled(text):
        reason = "the text was read in a wrong encoding, before the file was saved or by --encoding"
        raise InvalidMessageError("cell", "garbled", f"{reason}; correct that, or write it again")


def check_text_cell(cell: str) -> None:
    """Refuse a number that a spreadsheet has cut: its digits are part of a text.

    Raises:
        InvalidMessageError: A cell like 1,23457E+12.
    """
    if _EXPONENT.fullmatch(cell.strip()):
        raise InvalidMessageError(
            "cell",
            "an exponent",
            "a spreadsheet has cut a number of the text; format the column as text, write the"
            " number again, and save the file",
        )


def check_lines(cell: str, separator: str, width: int) -> None:
    """Refuse a cell that holds whole rows of the file, since a quote is missing or too many.

    Args:
        cell: With line breaks.
        separator: Of the file; empty for a workbook.
        width: Columns of the table.

    Raises:
        InvalidMessageError: A line of it has as many cells as a row, one of them a number.
    """
    for line in cell.splitlines()[1:] if separator and width > 1 else ():
        cells = line.split(separator)
        is_row = len(cells) == width and all(one and not one[0].isspace() for one in cells)
        if is_row and any(map(_NUMBER.fullmatch, cells)):
            raise InvalidMessageError(
                "cell",
                "several lines",
                "the cell holds another row of the file; correct the quotes, or put a space"
                " behind the separator",
            )


def is_garbled(text: str) -> bool:
    """Whether a text is Russian that was read in a wrong encoding: "РџСЂРёРІРµС‚", "Ïðèâåò"."""
    if usual_share(text[:_BEGIN], least_pairs=1) > _MOST_GARBLED:
        return False
    share = usual_share(text, least_pairs=1)
    least = max(_LEAST_USUAL, share + _LEAST_LEAD)
    return share <= _MOST_GARBLED and any(_is_misread(text, name, least) for name in _READ_AS)


def _is_misread(text: str, read_as: str, least: float) -> bool:
    """Whether a text makes sense as soon as its octets are read in another encoding.

    Args:
        text: The text.
        read_as: The encoding by which its octets became this text.
        least: The share of usual pairs that makes sense.
    """
    try:
        octets = bytes(map(_octets_of(read_as).__getitem__, text))
    except KeyError:
        return False
    if _is_utf_8(octets):
        return True
    meant = (octets.decode(name, "replace") for name in CANDIDATES if name != read_as)
    return any(usual_share(one, least_pairs=_LEAST_PAIRS) >= least for one in meant)


def _is_utf_8(octets: bytes) -> bool:
    """Whether octets are UTF-8 with Cyrillic letters."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return False
    return sum("\u0400" <= char <= "\u052f" for char in text) >= _LEAST_LETTERS


@cache
def _octets_of(encoding: str) -> Mapping[str, int]:
    """Return the octet of each character; one that isn't in the encoding is a control sign."""
    table = {chr(octet): octet for octet in range(256)}
    for octet in range(256):
        char = bytes((octet,)).decode(encoding, "replace")
        table[char] = octet
    return table
