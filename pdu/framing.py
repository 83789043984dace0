"""Splitting a stream of octets into frames by `command_length`.

Rule: an impossible length is refused as soon as its four octets are there, before anything after it
is stored. A TCP stream can't be resynchronised, so the refusal is final.
"""

from __future__ import annotations

import struct

from pdu._tracebacks import hide_frames
from pdu.errors import FramingError

MIN_LENGTH = 16
MAX_LENGTH = 70_000
"""Octets of the largest PDU by default: a message_payload of 65 535 and everything around it."""

_LENGTH = struct.Struct(">I").unpack_from

# The first octets of other protocols; a TLS record begins with 16 03, an alert with 15 03.
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
    """Collects the octets of one stream and returns complete frames.

    Args:
        max_length: Octets of the largest PDU accepted, header included.

    Attributes:
        pending: Octets of an incomplete PDU, at most *max_length*; 0 between PDUs.
    """

    __slots__ = ("_broken", "_rest", "max_length", "pending")

    def __init__(self, max_length: int = MAX_LENGTH) -> None:
        self.max_length = max_length
        self.pending = 0
        self._rest = b""
        self._broken: FramingError | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Add received octets and return the frames that are complete now, in order.

        Raises:
            FramingError: A `command_length` below 16 or above `max_length`. The frames that
                were complete before it are in `error.frames`; every later call raises again.
        """
        try:
            if self._broken is not None:
                raise self._broken  # noqa: TRY301 - hot path
            # A slice of bytes is bytes; that of a memoryview would be a view that may change.
            data = self._rest + data if self._rest else bytes(data)
            frames: list[bytes] = []
            at, end, limit = 0, len(data), self.max_length
            while end - at >= 4:
                (length,) = _LENGTH(data, at)
                if not MIN_LENGTH <= length <= limit:
                    raise self._refuse(length, data[at : at + 4], frames)  # noqa: TRY301 - hot path
                if end - at < length:
                    break
                frames.append(data[at : at + length])
                at += length
            self._rest = data[at:]
            self.pending = end - at
        except BaseException as error:
            hide_frames(error, FramingError)
            raise
        return frames

    def _refuse(self, length: int, octets: bytes, frames: list[bytes]) -> FramingError:
        """Drop all octets and return the error that ends the stream."""
        self._rest, self.pending = b"", 0
        limit = MIN_LENGTH if length < MIN_LENGTH else self.max_length
        looks_like = next((name for start, name in _FOREIGN if octets.startswith(start)), None)
        self._broken = FramingError(length, limit, looks_like)
        return FramingError(length, limit, looks_like, tuple(frames))
