"""Octets in the log lines of SMPP programs: Kannel and python-smpplib.

Rule: the number of octets that the program logged must be there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smsc_async.cli.dumps.blocks import Block, Place, refusal
from smsc_async.cli.dumps.cells import HEX
from smsc_async.cli.dumps.row_octets import CHARACTERS, Hypothesis, read_last_row
from smsc_async.cli.dumps.rows import Row
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.dumps.blocks import Source

# 2026-11-30 10:00:00 [7] [6] DEBUG: Octet string at 0x55d0c8:
# 2026-11-30 10:00:00 [7] [6] DEBUG:   len:  23
# 2026-11-30 10:00:00 [7] [6] DEBUG:   data: 00 00 00 17 80 00 …  ......
_KANNEL: Final = re.compile(r".*\bOctet string at (?:0x[0-9a-f]+|\(nil\)):\s*")
_KANNEL_LENGTH: Final = re.compile(r".*: +len: +([0-9]+)\s*")
_KANNEL_DATA: Final = re.compile(r".*: +data: (?P<rest>.*)")
_KANNEL_END: Final = re.compile(r".*\bOctet string dump ends\.\s*")

# DEBUG:smpplib.client:>>b'00000010…' (16 bytes)
_SMPPLIB: Final = re.compile(
    r".*?(?P<side>>>|<<)(?:b')?(?P<rest>[0-9a-fA-F]*)'? \((?P<size>[0-9]+) bytes\)\s*"
)
_PART: Final = re.compile(r".*(?:[0-9a-fA-F]{16}|(?:>>|<<)b?'|\([0-9]+ bytes\)).*")

_CHARACTERS: Final = Hypothesis(16, HEX, CHARACTERS)


def read_logs(source: Source) -> list[Block] | None:
    """Read the octets of log lines; None if no line is one of a known program.

    Raises:
        Failure: The octets aren't as many as the line says, or the line is cut.
    """
    if any(map(_KANNEL.fullmatch, source.lines)):
        return list(_kannel(source))
    if any(map(_SMPPLIB.fullmatch, source.lines)):
        return list(_smpplib(source))
    return None


def _kannel(source: Source) -> Iterator[Block]:
    """Yield the octet strings of Kannel, which prints sixteen octets and their characters a row."""
    start, length, octets = 0, 0, b""
    for number, line in enumerate(source.lines, start=1):
        if _KANNEL.fullmatch(line):
            if start:
                raise _short(start, length, octets)
            start, length, octets = number, 0, b""
        elif found := _KANNEL_LENGTH.fullmatch(line):
            length = int(found[1])
        elif (found := _KANNEL_DATA.fullmatch(line)) and start:
            row = Row(number, "", "", found["rest"], found.start("rest") + 1)
            octets += read_last_row(row, _CHARACTERS)
        elif found or _KANNEL_END.fullmatch(line):
            if not start or length != len(octets):
                raise _short(start or number, length, octets)
            yield Block(octets, None, start)
            start = 0
    if start:
        raise refusal(
            "cut_hex",
            Place(len(source.lines), 1),
            _("line {line}, column {column}: the log is cut, an octet string has no end"),
        )


def _smpplib(source: Source) -> Iterator[Block]:
    """Yield the PDUs that smpplib logs; >> is what the client wrote."""
    for number, line in enumerate(source.lines, start=1):
        found = _SMPPLIB.fullmatch(line)
        if found is None:
            if _PART.fullmatch(line):
                raise refusal(
                    "cut_hex",
                    Place(number, len(line) + 1),
                    _("line {line}, column {column}: the line isn't complete"),
                )
            continue
        if len(found["rest"]) != 2 * int(found["size"]):
            raise _short(number, int(found["size"]), b"\0" * (len(found["rest"]) // 2))
        yield Block(bytes.fromhex(found["rest"]), int(found["side"] == "<<"), number)


def _short(line: int, length: int, octets: bytes) -> Exception:
    """Return the failure of octets that are fewer, or more, than the log says."""
    return refusal(
        "gap_hex",
        Place(line, 1),
        _("line {line}, column {column}: the heading says {size} octets, here are {have}"),
        size=length,
        have=len(octets),
    )
