"""The records of a text with separators: CSV, "Unicode text" with tabs, `sep=;` in front.

Rule: the separator is the one in which the first row has the most known columns. Records are
counted as a spreadsheet program counts rows: empty ones too, and a cell with line breaks is in one.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import TextWithValues, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SEPARATORS: Final = (";", ",", "\t", "|")
_SEPARATOR_LINE: Final = re.compile(r'\ufeff?"?sep=(.)"?[;,\t|]*(?:\r\n|\n|\r|$)', re.IGNORECASE)


_FORMULA: Final = re.compile(r'\s*="((?:[^"]|"")*)"\s*')
_QUOTES: Final = _("behind a quote that ends a text a separator is needed")
_FAULTS: Final = {
    "unexpected": _("a quote that begins there isn't closed"),
    "field": _("a quote that begins there isn't closed, or the text is too long"),
}
"""What is wrong with a record, by the first word of Python's error."""


class Record(NamedTuple):
    """One row of a table.

    Args:
        number: Of the row, from 1, as a spreadsheet program shows it.
        cells: Its cells.
        raw: Its cells as they are written, if one of them is like ="text"; else None.
    """

    number: int
    cells: list[str]
    raw: list[str] | None = None


class DelimitedText(NamedTuple):
    """The records of a text, and the character between their cells."""

    separator: str
    records: Iterator[Record]


def read_delimited(text: str, count_known: Callable[[Sequence[str]], int]) -> DelimitedText:
    """Read the records of a text.

    Args:
        text: Of the file.
        count_known: Returns how many cells of a first row name a known column.

    Raises:
        Failure: While the records are read: it isn't valid CSV.
    """
    line = _SEPARATOR_LINE.match(text)
    if line is not None:
        records = _records(text[line.end() :], line[1])
        return DelimitedText(line[1], records)
    separator = max(SEPARATORS, key=lambda one: _fitness(text, one, count_known))
    return DelimitedText(separator, _records(text, separator))


def _fitness(
    text: str, separator: str, count_known: Callable[[Sequence[str]], int]
) -> tuple[int, int]:
    """Return how many known columns the first row has with a separator, and how many in all."""
    try:
        header = next((one.cells for one in _records(text, separator)), [])
    except Failure:
        return -1, 0
    return count_known(header), len(header)


def _records(text: str, separator: str) -> Iterator[Record]:
    """Yield the records, without empty ones, which count."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if cells:
                yield _record(number, cells)
    except csv.Error as error:
        fault = _FAULTS.get(str(error).partition(" ")[0], _QUOTES)
    else:
        return
    # Outside of the handler: no context that could contain the text.
    raise failure_before_sending(
        "bulk.broken",
        _("the file isn't valid CSV, row {number}: {reason}"),
        advice=_("put a text with quotes or line breaks in quotes; double the quotes inside"),
        number=number + 1,
        reason=TextWithValues(fault, {}),
    )


def _record(number: int, cells: list[str]) -> Record:
    """Return a record with the texts of its cells like ="text"."""
    texts = [_text_of(cell) for cell in cells]
    return Record(number, texts, cells) if texts != cells else Record(number, cells)


def _text_of(cell: str) -> str:
    """Return the text of a cell like ="text", which keeps Excel from reading a number in it."""
    found = _FORMULA.fullmatch(cell)
    return cell if found is None else found[1].replace('""', '"')
