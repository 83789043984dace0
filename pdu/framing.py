"""Octets of a stream cut into whole PDUs, by `command_length` alone.

Rule: a length that can't be true is refused from its first four octets, before anything behind
it is kept. There is no way back into step on a TCP stream, so the refusal is final.
"""

from __future__ import annotations

import struct

from pdu.errors import FramingError

MIN_LENGTH = 16
MAX_LENGTH = 70_000
"""Octets of the largest PDU by default: a message_payload of 65 535 with everything around it."""

_LENGTH = struct.Struct(">I").unpack_from

# What speaks first when it isn't SMPP that was reached; a TLS record begins 16 03, an alert 15 03.
_FOREIGN = (
    (b"HTTP", "HTTP"),
    (b"GET ", "HTTP"),
    (b"POST", "HTTP"),
    (b"SSH-", "SSH"),
    (b"\x16\x03", "TLS"),
    (b"\x15\x03", "TLS"),
    (b"220 ", "SMTP or FTP"),
)


class FrameBuffer:
    """Collects the octets of one stream and gives out whole frames.

    Args:
        max_length: Octets of the largest PDU that is taken, header included.

    Attributes:
        pending: Octets of a PDU that isn't complete yet, at most *max_length*; 0 between PDUs.
    """

    __slots__ = ("_broken", "_rest", "max_length", "pending")

    def __init__(self, max_length: int = MAX_LENGTH) -> None:
        self.max_length = max_length
        self.pending = 0
        self._rest = b""
        self._broken: FramingError | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read and return the frames that are whole now, in order.

        Raises:
            FramingError: A `command_length` below 16 or above `max_length`. The frames
                that were whole before it are in `error.frames`; feeding again raises again.
        """
        if self._broken is not None:
            raise self._broken
        # Slices of octets are octets; of anything else they may be views that change.
        data = self._rest + data if self._rest else bytes(data)
        frames: list[bytes] = []
        at, end, limit = 0, len(data), self.max_length
        while end - at >= 4:
            (length,) = _LENGTH(data, at)
            if not MIN_LENGTH <= length <= limit:
                raise self._refuse(length, data[at : at + 4], frames)
            if end - at < length:
                break
            frames.append(data[at : at + length])
            at += length
        self._rest = data[at:]
        self.pending = end - at
        return frames

    def _refuse(self, length: int, octets: bytes, frames: list[bytes]) -> FramingError:
        """Forget everything and make the error that ends the stream."""
        self._rest, self.pending = b"", 0
        limit = MIN_LENGTH if length < MIN_LENGTH else self.max_length
        looks_like = next((name for start, name in _FOREIGN if octets.startswith(start)), None)
        self._broken = FramingError(length, limit, looks_like)
        return FramingError(length, limit, looks_like, tuple(frames))
