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
    """

    shape: re.Pattern[str]
    octets: Callable[[str], bytes]
    is_padded: bool = False


def _shape(pattern: str) -> re.Pattern[str]:
    """Compile the shape of a cell, which ends where a space or the line does."""
    return re.compile(rf"(?:{pattern})(?!\S)", re.ASCII)


def _reversed(digits: str) -> bytes:
    """Return the octets of a little-endian word."""
    return bytes.fromhex(digits)[::-1]


def _number(base: int) -> Callable[[str], bytes]:
    """Return a function for single octets written in *base*."""
    return lambda digits: bytes((int(digits, base) & 0xFF,))


HEX: Final = Cells(_shape(r"(?:[0-9a-fA-F]{2}){1,16}"), bytes.fromhex)
BITS: Final = Cells(_shape(r"[01]{8}"), _number(2))
SWAPPED: Final = Cells(_shape(r"(?:[0-9a-fA-F]{2}){1,8}"), _reversed)
"""xxd -e: little-endian words, the last one not filled up."""
_WORD: Final = r"(?:[0-9a-fA-F]{4}){1,4}"
LITTLE: Final = Cells(_shape(_WORD), _reversed, is_padded=True)
BIG: Final = Cells(_shape(_WORD), bytes.fromhex, is_padded=True)
_OCTAL_WORD: Final = _shape(r"[01][0-7]{5}")
OCTAL_LITTLE: Final = Cells(
    _OCTAL_WORD, lambda word: int(word, 8).to_bytes(2, "little"), is_padded=True
)
OCTAL_BIG: Final = Cells(_OCTAL_WORD, lambda word: int(word, 8).to_bytes(2, "big"), is_padded=True)
OCTAL: Final = Cells(_shape(r"[0-3][0-7]{2}"), _number(8))
DECIMAL: Final = Cells(
    _shape(r"-?(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"),
    _number(10),
)

WITH_CHARACTERS: Final = (HEX, BITS, SWAPPED)
"""What xxd writes beside its column of characters; without that column only HEX is possible."""
OF_OD: Final = (HEX, LITTLE, BIG, OCTAL_LITTLE, OCTAL_BIG, OCTAL, DECIMAL)
"""What od and hexdump write, behind offsets of six or seven digits."""
