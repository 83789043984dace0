"""The octets of one row of a dump, and the characters beside them.

Rule: nothing in a row is passed over. What follows the octets is their characters, or nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.blocks import Place, odd_token, refusal
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from smsc_async.cli.dumps.cells import Cells
    from smsc_async.cli.dumps.rows import Row
    from smsc_async.cli.failures import Failure

CHARACTERS: Final = "characters"
NOTES: Final = "notes"
NOTHING: Final = ""

_SPACES: Final = re.compile(r"\s*")
_MIDDLE = 8
_FENCES: Final = (("|", "|"), (">", "<"))


class Hypothesis(NamedTuple):
    """What the rows of a dump may be.

    Args:
        base: Of the offsets: 16, 10 or 8.
        cells: How octets are written.
        tail: What follows the octets: CHARACTERS, NOTES or NOTHING.
    """

    base: int
    cells: Cells
    tail: str


def read_row(row: Row, size: int, hypothesis: Hypothesis) -> bytes:
    """Read a row whose number of octets follows from the next offset.

    Returns:
        The octets of the row: fewer or more than *size* if its cells don't add up to that.

    Raises:
        Failure: What follows the octets is neither another one nor their characters.
    """
    octets, ends = _cells(row, hypothesis.cells, size)
    at = ends[-1][1]
    if hypothesis.cells.is_padded and not any(octets[size:]):
        octets = octets[:size]
    _check_tail(row, at, octets, hypothesis)
    return octets


def read_last_row(row: Row, hypothesis: Hypothesis) -> bytes:
    """Read the last row, or one before rows left out: nothing says where its octets end.

    Raises:
        Failure: What follows the octets is neither another one nor their characters.
    """
    octets, ends = _cells(row, hypothesis.cells)
    if hypothesis.tail == CHARACTERS:
        characters, spaces = len(row.rest.rstrip()), octets.count(b" ")
        # Characters may look like octets: "ab".
        for size, end in reversed(ends[1:]):
            width = characters - _after_spaces(row.rest, end)
            if width > size + len(_FENCES):
                break  # a shorter row has more characters still
            if width + spaces >= size and not _mismatch(row.rest[end:], octets[:size]):
                return octets[:size]
    if row.rest.strip():
        _check_tail(row, ends[-1][1], octets, hypothesis)
    return octets


def _after_spaces(text: str, at: int) -> int:
    """Return the index of the first character from *at* that is no space."""
    found = _SPACES.match(text, at)
    return found.end() if found else at


def _cells(row: Row, cells: Cells, size: int | None = None) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the octets of a row, at most those of *size*, and after each cell: how many, where."""
    octets, at, ends = bytearray(), 0, [(0, 0)]
    # Where a cell ends, in columns behind the offset.
    gap = row.column - 1 - len(row.indent) - len(row.offset)
    width = 0
    while size is None or len(octets) < size:
        cell = cells.shape.match(row.rest, _after_spaces(row.rest, at))
        if cell is None:
            break
        width = width or gap + cell.end()
        if cells.is_aligned and octets and cell.end() - at != width:
            break
        octets += cells.octets(cell[0])
        at = cell.end()
        ends.append((len(octets), at))
    return bytes(octets), ends


def _check_tail(row: Row, at: int, octets: bytes, hypothesis: Hypothesis) -> None:
    """Check what follows the octets of a row."""
    rest = row.rest[at:]
    if hypothesis.tail == NOTHING and rest.strip():
        raise _odd(row, at, octets, hypothesis)
    if hypothesis.tail == CHARACTERS and (octets or rest.strip()) and _mismatch(rest, octets):
        raise _odd(row, at, octets, hypothesis)


def _odd(row: Row, at: int, octets: bytes, hypothesis: Hypothesis) -> Failure:
    """Return the failure of what follows the octets of a row at index *at*."""
    rest = row.rest[at:]
    gap = len(rest) - len(rest.lstrip())
    place = Place(row.line, row.column + at + gap)
    if hypothesis.tail == CHARACTERS and not rest.strip():
        text = _(
            "line {line}, column {column}: the line is cut: its column of characters is missing"
        )
        return refusal("cut_hex", place, text)
    # One space stands between octets, more than one before the characters.
    if hypothesis.tail == CHARACTERS and octets and gap > 1:
        text = _("line {line}, column {column}: the characters don't agree with the octets")
        return refusal("odd_characters", place, text)
    return odd_token(place, (rest.split() or [""])[0])


def _mismatch(column: str, octets: bytes) -> bool:
    """Tell whether a column of characters is that of other octets, or of none."""
    column = column.strip()
    if (column[:1], column[1:][-1:]) in _FENCES and _agree(column[1:-1], octets):
        return False
    middle = bytes((*octets[:_MIDDLE], 0x20, *octets[_MIDDLE:]))  # as "Follow TCP stream" does
    layouts = (octets, middle) if len(octets) > _MIDDLE else (octets,)
    # Spaces at the ends are lost where the tool writes them as they are.
    return not any(_agree(column, each) or _agree(column, each.strip(b" ")) for each in layouts)


def _agree(column: str, octets: bytes) -> bool:
    """Compare characters with octets; those that can't be shown are any sign but a letter."""
    return len(column) == len(octets) and all(
        character == chr(octet)
        if 0x20 < octet < 0x7F
        # tcpdump writes a dot for a space, too; what a tool writes for the rest is never a letter.
        else not (character.isascii() and character.isalnum())
        for character, octet in zip(column, octets, strict=True)
    )
