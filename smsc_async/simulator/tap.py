"""The newest frames of all links, to be shown field by field.

Rule: a password is blanked before its frame is stored. All else is done when frames are read;
`pdu.explain(frame.octets, vendor_tlvs=GATEWAY_TLVS)` names its fields.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from itertools import count, islice
from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple

from pdu import CommandId, DeliverSm, Npi, PduError, Ton, decode, encode
from pdu._tracebacks import hides_locals
from pdu.framing import MAX_LENGTH, MIN_LENGTH
from pdu.half_made import shows_half_made
from pdu.names import command_name
from pdu.schema import PDUS
from smsc_async._base_errors import shown
from smsc_async.gateway.receipts import is_receipt, read_generic_receipt
from smsc_async.listener.contract import LinkT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Direction = Literal["in", "out"]
"""From the client, to the client."""

DEFAULT_OCTETS: Final = 4 * 1024 * 1024
_BATCHES: Final = 16
"""A read or write larger than this part of the ring is stored frame by frame: what is stored
together is dropped together."""

_LENGTH_AND_COMMAND: Final = struct.Struct(">II").unpack_from
_HEADER: Final = struct.Struct(">IIII").unpack_from
_HEADER_LENGTH: Final = MIN_LENGTH
_BEHIND_COMMAND_ID: Final = 8
_LONGEST_SYSTEM_ID: Final = 16  # octets, with the NUL
_WITH_PASSWORD: Final = {
    int(CommandId.BIND_TRANSMITTER),
    int(CommandId.BIND_RECEIVER),
    int(CommandId.BIND_TRANSCEIVER),
    int(CommandId.OUTBIND),
}
_WITHOUT_PASSWORD: Final = frozenset(PDUS) - _WITH_PASSWORD
_FIND_BIND: Final = re.compile(rb"\0\0\0[%s]" % re.escape(bytes(sorted(_WITH_PASSWORD)))).search
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_DELIVER_SM: Final = int(CommandId.DELIVER_SM)
_SUBMIT_ANSWERS: Final = frozenset({CommandId.SUBMIT_SM_RESP, CommandId.GENERIC_NACK})
_DELIVER_ANSWERS: Final = frozenset({CommandId.DELIVER_SM_RESP, CommandId.GENERIC_NACK})


@shows_half_made
class Frame(NamedTuple):
    """One PDU as it was on the wire, but for a password.

    Args:
        number: 1 for the first frame of a tap, and one more for each further one, of any link.
        at: When its last octets were read, or when it was written: a time of the links, in seconds.
        link: Number of the link.
        direction: "in" from the client, "out" to it.
        octets: With the header. The octets of a password are `*`; of a bind that can't be read,
            all behind its system_id are, or behind the header if that is too long.
        is_broken: Whether these octets are no frame: an impossible command_length and what was
            read with it, or what a closed connection has left unfinished.
    """

    number: int
    at: float
    link: int
    direction: Direction
    octets: bytes
    is_broken: bool = False

    @property
    def command_id(self) -> int:
        """That of the header; without a meaning if the frame is broken."""
        return int.from_bytes(self.octets[4:8], "big")

    @property
    def command_status(self) -> int:
        """That of the header; without a meaning if the frame is broken."""
        return int.from_bytes(self.octets[8:12], "big")

    @property
    def sequence_number(self) -> int:
        """That of the header; without a meaning if the frame is broken."""
        return int.from_bytes(self.octets[12:16], "big")

    def __repr__(self) -> str:
        what = f"{command_name(self.command_id)} {self.sequence_number}"
        return (
            f"<Frame {self.number}, link {self.link} {self.direction},"
            f" {'broken' if self.is_broken else what}, {len(self.octets)} octets>"
        )


class _Batch(NamedTuple):
    """The frames of one read or write, uncut: cutting takes time, and few are ever looked at."""

    number: int
    at: float
    link: int
    direction: Direction
    octets: bytes
    is_broken: bool = False

    def frames(self) -> list[Frame]:
        """Cut them."""
        number, at, link, direction, octets, is_broken = self
        if is_broken:
            return [Frame(*self)]
        frames: list[Frame] = []
        start, end = 0, len(octets)
        while start < end:
            length, _ = _LENGTH_AND_COMMAND(octets, start)
            frame = octets[start : start + length]
            frames.append(Frame(number + len(frames), at, link, direction, frame))
            start += length
        return frames


class _Stream:
    """One direction of a link.

    Attributes:
        rest: The octets of an incomplete frame, at most `MAX_LENGTH`.
        is_broken: Whether nothing is cut any more.
        is_secret: Whether a bind came that can't be read: a wrong command_length leaves a part of
            its password behind it.
    """

    __slots__ = ("direction", "is_broken", "is_secret", "link", "rest")

    def __init__(self, link: int, direction: Direction) -> None:
        self.link = link
        self.direction = direction
        self.rest = b""
        self.is_broken = False
        self.is_secret = False

    def without_password(self, frame: bytes, command_id: int) -> bytes:
        """Blank the password of a bind; of one that can't be read, all behind its system_id.

        If no system_id ends within its 16 octets, that is all behind the header. A command that
        isn't known may be the middle of a bind whose beginning was lost.
        """
        if command_id not in _WITH_PASSWORD:
            return self.without_binds(frame, _HEADER_LENGTH)
        start = _system_id_end(frame, _HEADER_LENGTH)
        end = frame.find(b"\0", start)
        has_system_id = start > _HEADER_LENGTH
        if not has_system_id or end < 0 or not _is_readable(frame[:start] + frame[end:]):
            self.is_secret = True
            end = len(frame)
        return _blanked(frame, start, end)

    def without_binds(self, octets: bytes, start: int = 0) -> bytes:
        """Blank what may be a password in octets that can't be read, from *start* on."""
        if self.is_secret:
            return _blanked(octets, start, len(octets))
        bind = _FIND_BIND(octets)
        if bind is None:
            return octets
        behind_header = bind.end() + _HEADER_LENGTH - _BEHIND_COMMAND_ID
        return _blanked(octets, _system_id_end(octets, behind_header), len(octets))


class FrameTap(Generic[LinkT]):
    """Stores the newest frames of all links, an `OctetTap` for a `Listener`.

        listener.tap = tap = FrameTap()
        for frame in tap.frames():
            print(pdu.explain(frame.octets, vendor_tlvs=GATEWAY_TLVS))

    To be used on the thread of the listener.

    Args:
        max_octets: Octets of all stored frames, 0 or more. The oldest frames are dropped, those of
            one read or write together. A frame that is larger than this by itself isn't stored,
            nor are those before it.
        number_of: Returns the number of a link; by default links are numbered from 1 on, in the
            order of their first octets.

    Raises:
        ValueError: A negative *max_octets*.
    """

    @hides_locals(ValueError)
    def __init__(
        self,
        max_octets: int = DEFAULT_OCTETS,
        number_of: Callable[[LinkT], int] | None = None,
    ) -> None:
        if max_octets < 0:
            raise ValueError(f"max_octets takes 0 or more, got {shown(max_octets)}")
        self.max_octets = max_octets
        numbers = count(1)
        self._number_of = number_of or (lambda _link: next(numbers))
        self._streams: dict[LinkT, tuple[_Stream, _Stream]] = {}
        self._stored: deque[_Batch] = deque()
        self._largest_batch = max_octets // _BATCHES
        self._octets = 0
        self._newest = 0

    # Called by connections.

    def on_received(self, link: LinkT, octets: bytes, now: float) -> None:
        """Store the frames that these octets complete."""
        self._store(self._streams_of(link)[0], octets, now)

    def on_sent(self, link: LinkT, octets: bytes, now: float) -> None:
        """Store the frames that were written."""
        self._store(self._streams_of(link)[1], octets, now)

    def on_closed(self, link: LinkT, now: float) -> None:
        """Store what is unfinished as a broken frame, and forget the link."""
        for stream in self._streams.pop(link, ()):
            if rest := stream.rest:
                self._store_broken(stream, stream.without_binds(rest), now)

    # Called by those who show frames.

    @hides_locals(ValueError)
    def frames(
        self, link: int | None = None, before: int | None = None, limit: int = 200
    ) -> list[Frame]:
        """Return the newest frames, oldest first.

        Args:
            link: Only those of the link with this number.
            before: Only those with a smaller number: pass the number of the first frame of one
                call to the next one, to go back.
            limit: How many at most.

        Raises:
            ValueError: A negative *limit*.
        """
        if limit < 0:
            raise ValueError(f"limit takes 0 or more, got {shown(limit)}")
        found = (
            frame
            for batch in reversed(self._stored)
            if (link is None or batch.link == link) and (before is None or batch.number < before)
            for frame in reversed(batch.frames())
            if before is None or frame.number < before
        )
        return [*islice(found, limit)][::-1]

    def frames_of(
        self, link: int, sequence_numbers: Iterable[int], message_ids: Iterable[str]
    ) -> list[Frame]:
        """Return the frames of one message, oldest first.

        These are its submit_sm and their responses over *link*, and over any link the receipts
        with their responses. A generic_nack is a response too.

        Args:
            link: Number of the link over which it was submitted.
            sequence_numbers: Those of its submit_sm.
            message_ids: Its ids as receipts have them: if a scenario writes ids in two forms,
                `str(part.number)` and not that of the response.
        """
        submits = {(link, number) for number in sequence_numbers}
        ids = {message_id.encode("latin-1", "replace") for message_id in message_ids} - {b""}
        receipts: set[tuple[int, int]] = set()
        found: list[Frame] = []
        for frame in (frame for batch in self._stored for frame in batch.frames()):
            if frame.is_broken:
                continue
            _, command_id, _, sequence_number = _HEADER(frame.octets)
            request = frame.link, sequence_number
            if frame.direction == "in":
                is_wanted = (command_id == _SUBMIT_SM and request in submits) or (
                    command_id in _DELIVER_ANSWERS and request in receipts
                )
            elif command_id == _DELIVER_SM:
                is_wanted = _is_receipt_of(frame.octets, ids)
                if is_wanted:
                    receipts.add(request)
            else:
                is_wanted = command_id in _SUBMIT_ANSWERS and request in submits
            if is_wanted:
                found.append(frame)
        return found

    def _streams_of(self, link: LinkT) -> tuple[_Stream, _Stream]:
        """Return the two directions of a link; its first octets create them."""
        streams = self._streams.get(link)
        if streams is None:
            number = self._number_of(link)
            streams = self._streams[link] = _Stream(number, "in"), _Stream(number, "out")
        return streams

    def _store(self, stream: _Stream, octets: bytes, now: float) -> None:
        """Store the frames that are complete now, as `pdu.FrameBuffer` cuts them."""
        if stream.is_broken:
            return
        data = stream.rest + octets
        at, end, number = 0, len(data), self._newest + 1
        while end - at >= _BEHIND_COMMAND_ID:
            length, command_id = _LENGTH_AND_COMMAND(data, at)
            if not MIN_LENGTH <= length <= MAX_LENGTH:
                stream.is_broken = True
                break
            if end - at < length:
                break
            if command_id not in _WITHOUT_PASSWORD:
                frame = stream.without_password(data[at : at + length], command_id)
                data = data[:at] + frame + data[at + length :]
            at += length
            self._newest += 1
        stream.rest = data[at:]
        if at:
            self._add(_Batch(number, now, stream.link, stream.direction, data[:at]))
        if stream.is_broken:
            garbage, stream.rest = stream.rest, b""
            self._store_broken(stream, stream.without_binds(garbage), now)

    def _store_broken(self, stream: _Stream, octets: bytes, now: float) -> None:
        """Store octets that are no frame."""
        self._newest += 1
        self._add(_Batch(self._newest, now, stream.link, stream.direction, octets, is_broken=True))

    def _add(self, batch: _Batch) -> None:
        """Store a batch, and drop the oldest ones until the others fit."""
        size = len(batch.octets)
        if size > self._largest_batch:
            self._stored += (_Batch(*frame) for frame in batch.frames())
        else:
            self._stored.append(batch)
        self._octets += size
        while self._octets > self.max_octets:
            self._octets -= len(self._stored.popleft().octets)

    def __repr__(self) -> str:
        return (
            f"<FrameTap {self._newest} frames in all,"
            f" {self._octets} of {self.max_octets} octets, {len(self._streams)} links>"
        )


def _system_id_end(octets: bytes, at: int) -> int:
    """Return the end of a system_id that begins at *at*, and *at* itself if there is none."""
    return octets.find(b"\0", at, at + _LONGEST_SYSTEM_ID) + 1 or at


def _blanked(octets: bytes, start: int, end: int) -> bytes:
    """Return octets of which those from *start* to *end* are `*`."""
    return octets[:start] + b"*" * (end - start) + octets[end:]


def _is_readable(bare: bytes) -> bool:
    """Whether a bind without its password is right, so that no part of one is elsewhere in it.

    A password with a NUL in it, for instance, moves its second half into the next field.
    """
    bare = len(bare).to_bytes(4, "big") + bare[4:]
    try:
        pdu = decode(bare)
        is_same = encode(pdu) == bare
    except PduError:
        return False
    return (
        is_same
        and not pdu.tlvs  # a bind has none, so these may be anything
        and isinstance(getattr(pdu, "addr_ton", Ton.UNKNOWN), Ton)
        and isinstance(getattr(pdu, "addr_npi", Npi.UNKNOWN), Npi)
        and getattr(pdu, "address_range", "").isprintable()
    )


def _is_receipt_of(octets: bytes, message_ids: set[bytes]) -> bool:
    """Whether a deliver_sm is a receipt with one of some ids."""
    # Decoding all receipts of a full ring would take 0.1 s.
    if b"id:" in octets and not any(message_id in octets for message_id in message_ids):
        return False
    try:
        pdu = decode(octets)
    except PduError:
        return False
    if not (isinstance(pdu, DeliverSm) and is_receipt(pdu)):
        return False
    return read_generic_receipt(pdu).message_id.encode("latin-1", "replace") in message_ids
