r"""String literals of programming languages: `b"\x00\x00"`, "\000", Wireshark's escaped strings.

Rule: an escape that languages read in different ways is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smsc_async.cli.dumps.blocks import odd_token, refusal
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from smsc_async.cli.dumps.blocks import Source

STRING: Final = re.compile(
    r"""(?P<prefix>[bBrRuU$]{0,2})(?P<quote>["'])(?P<body>(?:\\(?:\r?\n|.)|(?!(?P=quote))[^\\\n])*)(?P=quote)"""
)
_PIECE: Final = re.compile(
    r"\\x(?P<hex>[0-9a-fA-F]{2})|\\u00(?P<unicode>[0-7][0-9a-fA-F])|\\(?P<octal>[0-3]?[0-7]{1,2})"
    r"|\\(?P<sign>[abtnvfre\\'\"])|(?P<joint>\\\r?\n)|(?P<plain>[ -\[\]-~])"
)
_SIGNS: Final = dict(zip("abtnvfre\\'\"", b"\a\b\t\n\v\f\r\x1b\\'\"", strict=True))


def read_escapes(source: Source, start: int, end: int) -> bytes:
    """Read the inside of a string literal, from index *start* to *end* of the source.

    Raises:
        Failure: An unknown escape, or a character that is no octet.
    """
    octets = bytearray()
    # No language writes both of its own accord: a sign is missing.
    has_hex = r"\x" in source.text
    at = start
    while at < end:
        piece = _PIECE.match(source.text, at, end)
        if piece is None or (has_hex and len(piece["octal"] or "") > 1):
            raise odd_token(source.place(at), source.text[at : min(at + 4, end)])
        octets += _octet(piece)
        at = piece.end()
    return bytes(octets)


def _octet(piece: re.Match[str]) -> bytes:
    """Return the octet of an escape or a character; none for a line that goes on."""
    if piece["plain"]:
        return piece["plain"].encode()
    if piece["sign"]:
        return bytes((_SIGNS[piece["sign"]],))
    if piece["octal"]:
        return bytes((int(piece["octal"], 8),))
    return bytes.fromhex(piece["hex"] or piece["unicode"] or "")


def unfinished(source: Source, at: int) -> Exception:
    """Return the failure of a quote that no other closes on its line."""
    return refusal(
        "cut_hex",
        source.place(at),
        _("line {line}, column {column}: the string that begins here doesn't end on its line"),
    )
