"""Octets from hexadecimal text and hex dumps.

Rule: nothing is guessed. Digits with the usual separators and the dumps of hexdump -C, xxd,
Wireshark and `smsc decode` are read; a missing digit or a gap in a dump is an error.
"""

from __future__ import annotations

import re

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import _

# An offset, then a colon or a gap, then the octets: `00000010  0a 0b`, `0010: 0a0b`.
_ROW = re.compile(r"\s*(?:0x)?([0-9a-fA-F]{4,8})(:\s+|\s{2,}|\t)(.*)")
_GROUP = re.compile(r"(\s*)((?:[0-9a-fA-F]{2}){1,4})(?=\s|$|\|)")
_ROW_LENGTH = 16
_MIDDLE = 8

_COMMENT = re.compile(r"#[^\n]*")
_LONE_DIGIT = re.compile(r"\b0[xX]([0-9a-fA-F])\b")
_BETWEEN = re.compile(r"0[xX]|\\x|[\s:,;.\-_\"'()\[\]{}<>|]")
_NO_DIGIT = re.compile(r"[^0-9a-fA-F]")


def read_octets(text: str) -> bytes:
    """Read hexadecimal text.

    Args:
        text: Digits with optional separators, "0x" and comments after "#"; or a dump whose rows
            begin with the offset and may end with the tool's own column of text.

    Raises:
        Failure: Another character, an odd number of digits, a gap in a dump, or no octets.
    """
    rows = [row for line in text.splitlines() if (row := _ROW.fullmatch(line))]
    octets = _read_dump(rows) if rows and _is_offset(rows[0]) else _read_digits(text)
    if not octets:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "no_hex",
            _("no octets were given"),
            advice=_("smsc decode 00000010 00000015 00000000 00000001, or `-` for standard input"),
        )
    return octets


def _is_offset(row: re.Match[str]) -> bool:
    """Tell an offset from digits: the first is 0, or a colon and a space follow."""
    return int(row[1], 16) == 0 or ":" in row[2]


def _read_digits(text: str) -> bytes:
    """Read digits with separators."""
    bare = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    if found := _NO_DIGIT.search(_BETWEEN.sub(lambda gap: "0" * len(gap[0]), bare)):
        shown = f"U+{ord(found[0]):04X}"
        raise Failure(
            ExitCode.USAGE_ERROR,
            "bad_hex",
            _("{found} at character {position} isn't a hexadecimal digit"),
            advice=_(
                "write two digits per octet; spaces, colons, commas, 0x and offsets are accepted"
            ),
            found=shown,
            position=found.start() + 1,
        )
    digits = _BETWEEN.sub("", _LONE_DIGIT.sub(r"0\1", bare))
    if len(digits) % 2:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "odd_hex",
            _("an odd number of hexadecimal digits: {digits}"),
            advice=_("a digit is missing or extra; copy the octets again"),
            digits=len(digits),
        )
    return bytes.fromhex(digits)


def _read_dump(rows: list[re.Match[str]]) -> bytes:
    """Read the rows of a dump; the offset of the next row gives the length of a row."""
    offsets = [int(row[1], 16) for row in rows]
    octets = b""
    for row, offset, following in zip(rows, offsets, [*offsets[1:], None], strict=True):
        if offset != len(octets):
            raise Failure(
                ExitCode.USAGE_ERROR,
                "gap_hex",
                _("octets are missing: the dump goes from 0x{have:04x} to 0x{offset:04x}"),
                advice=_("copy the whole dump; the octets of hidden passwords are missing in it"),
                have=len(octets),
                offset=offset,
            )
        found = _read_row(row[3])
        # The last row of hexdump is an offset without octets.
        octets += found if following is None else found[: following - offset]
    return octets


def _read_row(text: str) -> bytes:
    """Read groups of digits up to a wide gap; hexdump has one in the middle of a row, too."""
    octets, at = b"", 0
    while len(octets) < _ROW_LENGTH and (group := _GROUP.match(text, at)):
        if len(group[1]) > 1 and octets and len(octets) != _MIDDLE:
            break
        octets += bytes.fromhex(group[2])
        at = group.end()
    return octets[:_ROW_LENGTH]
