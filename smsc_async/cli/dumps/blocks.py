"""What the readers of dumps have in common: blocks of octets, places in the text, refusals.

Rule: what a reader doesn't understand is refused with its line and column. A dump that is read in
part is worse than none.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import _

_SHOWN = 4
# Browsers and word processors put them in place of spaces.
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " "))
COPY_AGAIN = _("copy the dump again, whole and unchanged; `smsc decode --help` lists what is read")


class Block(NamedTuple):
    """Octets that one side sent in one piece.

    Args:
        octets: In the order of the dump.
        side: 0 or 1; None if the dump doesn't say which side sent them.
        line: Where the block begins, from 1.
        packet: The number of the packet, if the dump has it.
    """

    octets: bytes
    side: int | None = None
    line: int = 1
    packet: int | None = None


class Place(NamedTuple):
    """A place in a text: line and column, both from 1."""

    line: int
    column: int


class Source:
    """A text, and the places of its characters.

    Args:
        text: The dump.

    Attributes:
        lines: With plain spaces in place of those that don't break; the text has them as they are,
            since a string in it isn't to be changed.
    """

    __slots__ = ("_starts", "lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.translate(_SPACES).split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)][:-1]

    def place(self, at: int) -> Place:
        """Return the place of the character at index *at*."""
        line = bisect_right(self._starts, at)
        return Place(line, at - self._starts[line - 1] + 1)


def refusal(
    key: str, place: Place, text: str, *, advice: str = COPY_AGAIN, **values: object
) -> Failure:
    """Return the failure of a dump that isn't read; *text* names {line} and {column}."""
    failure = Failure(ExitCode.USAGE_ERROR, key, text, advice=advice, **place._asdict())
    failure.values |= values
    return failure


def odd_token(place: Place, token: str) -> Failure:
    """Return the failure of a token that no reader knows.

    A long one isn't shown: characters beside octets may be a password or a text.
    """
    if len(token) > _SHOWN:
        return refusal("bad_hex", place, _("line {line}, column {column}: this isn't an octet"))
    text = _("line {line}, column {column}: {token} isn't an octet")
    return refusal("bad_hex", place, text, token=repr(token))


def odd_sign(place: Place, sign: str) -> Failure:
    """Return the failure of a character among hexadecimal digits.

    One that isn't ASCII is named: a Cyrillic letter looks like a Latin one.
    """
    if sign.isascii():
        return refusal("bad_hex", place, _("line {line}, column {column}: this isn't an octet"))
    text = _("line {line}, column {column}: {sign} isn't a hexadecimal digit, but {name}")
    name = unicodedata.name(sign, f"U+{ord(sign):04X}")
    return refusal("bad_hex", place, text, sign=repr(sign), name=name)


def nothing() -> Failure:
    """Return the failure of a text without octets."""
    return Failure(
        ExitCode.USAGE_ERROR,
        "no_hex",
        _("no octets were given"),
        advice=_("smsc decode 00000010 00000015 00000000 00000001, or `-` for standard input"),
    )
