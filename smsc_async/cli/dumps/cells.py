"""How a row of a dump writes its octets: hexadecimal, words, octal, decimal, binary.

Rule: a cell is one token between spaces; a token of another shape isn't one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Cells(NamedTuple):
    """The cells of one kind of dump.

    Args:
        shape: What one cell looks like.
        octets: The octets of a cell.
        is_padded: Whether the last cell is filled up with zeros, so that its own size says nothing.
        is_aligned: Whether cells differ in size and end in columns of one width.
    """

    shape: re.Pattern[str]
    octets: Callable[[str], bytes]
    is_padded: bool = False
    is_aligned: bool = False


def _shape(pattern: str) -> re.Pattern[str]:
    """Compile the shape of a cell, which ends where a space or the line does."""
    return re.compile(rf"(?:{pattern})(?!\S)", re.ASCII)


def _reversed(digits: str) -> bytes:
    """Return the octets of a little-endian word."""
    return bytes.fromhex(digits)[::-1]


def _number(base: int) -> Callable[[str], bytes]:
    """Return a function for single octets written in *base*."""
    return lambda digits: bytes((int(digits, base) & 0xFF,))


def _words(size: int, octets: Callable[[str], bytes]) -> Cells:
    """Return the cells for words of *size* octets; the last one is filled up."""
    return Cells(_shape(rf"[0-9a-fA-F]{{{2 * size}}}"), octets, is_padded=True)


def _little_words(size: int) -> Cells:
    """Return the cells of xxd -e; the last word, before the characters, is not filled up."""
    last = rf"(?:[0-9a-fA-F]{{2}}){{1,{size}}}(?=\s\s)"
    return Cells(_shape(rf"[0-9a-fA-F]{{{2 * size}}}|{last}"), _reversed)


HEX: Final = Cells(_shape(r"(?:[0-9a-fA-F]{2}){1,16}"), bytes.fromhex)
BITS: Final = Cells(_shape(r"[01]{8}"), _number(2))
_OCTAL_WORD: Final = _shape(r"[01][0-7]{5}")
OCTAL: Final = Cells(_shape(r"[0-3][0-7]{2}"), _number(8))
DECIMAL: Final = Cells(
    _shape(r"-?(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"), _number(10), is_aligned=True
)

WITH_CHARACTERS: Final = (
    HEX,
    BITS,
    *map(_little_words, (4, 2, 8)),
)
"""What xxd writes beside its column of characters; without that column only HEX is possible."""
OF_OD: Final = (
    HEX,
    *(_words(size, octets) for size in (2, 4, 8) for octets in (_reversed, bytes.fromhex)),
    Cells(_OCTAL_WORD, lambda word: int(word, 8).to_bytes(2, "little"), is_padded=True),
    Cells(_OCTAL_WORD, lambda word: int(word, 8).to_bytes(2, "big"), is_padded=True),
    OCTAL,
    DECIMAL,
)
"""What od and hexdump write, behind offsets of six or seven digits."""
