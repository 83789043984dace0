"""The records of a text with separators: CSV, "Unicode text" with tabs, `sep=;` in front.

Rule: the separator is the one in which the first row has the most known columns. Every record has
the number of its last line, as an editor shows it.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SEPARATORS: Final = (";", ",", "\t", "|")
_SEPARATOR_LINE: Final = re.compile(r'\ufeff?"?sep=(.)"?[;,\t|]*(?:\r\n|\n|\r|$)', re.IGNORECASE)


class Record(NamedTuple):
    """One row of a table: the number of its last line or row, from 1, and its cells."""

    number: int
    cells: list[str]


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
        records = _records(text[line.end() :], line[1], first=1)
        return DelimitedText(line[1], records)
    separator = max(SEPARATORS, key=lambda one: _fitness(text, one, count_known))
    return DelimitedText(separator, _records(text, separator, first=0))


def _fitness(
    text: str, separator: str, count_known: Callable[[Sequence[str]], int]
) -> tuple[int, int]:
    """Return how many known columns the first row has with a separator, and how many in all."""
    try:
        header = next((one.cells for one in _records(text, separator, first=0)), [])
    except Failure:
        return -1, 0
    return count_known(header), len(header)


def _records(text: str, separator: str, *, first: int) -> Iterator[Record]:
    """Yield the records, without empty lines; *first* lines stand before the text."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if cells:
                yield Record(first + reader.line_num, cells)
    except csv.Error as error:
        fault = str(error)
    else:
        return
    # Outside of the handler: no context that could contain the text.
    raise failure_before_sending(
        "bulk.broken",
        _("the file isn't valid CSV, line {number}: {reason}"),
        advice=_("put a text with quotes or line breaks in quotes; double the quotes inside"),
        number=first + reader.line_num,
        reason=fault,
    )
