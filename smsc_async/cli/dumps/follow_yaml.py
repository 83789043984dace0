"""Wireshark's "Follow TCP stream" as YAML, of both forms that its versions write.

Rule: only these keys are read; a block of base64 belongs to the peer named before it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import TYPE_CHECKING, Final

from smsc_async.cli.dumps.blocks import Block, Place, refusal
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from smsc_async.cli.dumps.blocks import Source

_OLD: Final = re.compile(r"peer(?P<side>[01])_(?P<index>[0-9]+): !!binary \|\s*")
_NEW: Final = re.compile(r"\s+data: !!binary \|\s*")
_PACKET: Final = re.compile(r"(?:# Packet|\s+- packet:) (?P<packet>[0-9]+)\s*")
_PEER: Final = re.compile(r"\s+(?:- )?peer: (?P<side>[01])\s*")
_BASE64: Final = re.compile(r"\s+(?P<data>[A-Za-z0-9+/]+={0,2})\s*")
_LINE = 57
"""Octets that Wireshark writes in a line of base64."""
_OTHER: Final = re.compile(
    r"\s*|peers:\s*|packets:\s*|\s+(?:- )?(?:host|port|index|timestamp): \S+\s*"
)


def read_yaml(source: Source) -> list[Block] | None:
    """Read "Follow TCP stream" as YAML; None if the text is something else.

    Raises:
        Failure: A line isn't one of Wireshark's, or is cut.
    """
    if "!!binary" not in source.text:
        return None
    stream = _Stream()
    for number, line in enumerate(source.lines, start=1):
        if not (stream.read_key(number, line) or stream.read_data(number, line)):
            raise _odd_line(number, line)
    empty = next((block.line for block in stream.blocks if not block.octets), stream.expects_data)
    if empty:
        raise refusal(
            "cut_hex",
            Place(empty, 1),
            _("line {line}, column {column}: the octets of this packet are missing"),
        )
    return stream.blocks


class _Stream:
    """The blocks read so far, and what the last keys said."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._side: int | None = None
        self._packet: int | None = None
        self._is_data = False
        self._counts = [0, 0]
        self.expects_data = 0
        """The line of a packet without its octets so far."""

    def read_key(self, number: int, line: str) -> bool:
        """Read a line that is no data; False for any other."""
        if found := _PACKET.fullmatch(line):
            if self.expects_data:
                return False
            self._packet, self._side, self._is_data = int(found["packet"]), None, False
            self.expects_data = number
        elif found := _PEER.fullmatch(line):
            self._side, self._is_data = int(found["side"]), False
        elif found := _OLD.fullmatch(line):
            self._side, self._is_data = int(found["side"]), True
            if int(found["index"]) != self._counts[self._side]:
                return False
            self._counts[self._side] += 1
            self._begin(number)
        elif _NEW.fullmatch(line) and self._side is not None:
            self._is_data = True
            self._begin(number)
        else:
            return bool(_OTHER.fullmatch(line))
        return True

    def _begin(self, number: int) -> None:
        """Begin a block."""
        self.expects_data = 0
        self.blocks.append(Block(b"", self._side, number, self._packet))

    def read_data(self, number: int, line: str) -> bool:
        """Read a line of base64 behind its key; False for any other."""
        found = _BASE64.fullmatch(line) if self._is_data else None
        if found is not None:
            last = self.blocks[-1]
            # Lines are full but for the last.
            if len(last.octets) % _LINE:
                return False
            self.blocks[-1] = last._replace(octets=last.octets + _octets(found, number))
        return found is not None


def _octets(found: re.Match[str], number: int) -> bytes:
    """Decode a line of base64; each line is complete by itself, Wireshark breaks at 57 octets."""
    try:
        return b64decode(found["data"], validate=True)
    except Error:
        raise refusal(
            "cut_hex",
            Place(number, found.start("data") + 1),
            _("line {line}, column {column}: the line of base64 is cut"),
        ) from None


def _odd_line(number: int, line: str) -> Exception:
    """Return the failure of a line that Wireshark wouldn't write here."""
    return refusal(
        "bad_row",
        Place(number, len(line) - len(line.lstrip()) + 1),
        _("line {line}, column {column}: the line doesn't belong to a stream written as YAML"),
    )
