"""Joining long texts from the parts received.

Rule: every octet received is returned once, in a complete message or in what is left of one. Parts
of one coding are joined as octets and decoded afterwards, since other senders cut anywhere; parts
of different codings are decoded by themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdu._tracebacks import hides_assigned, hides_locals
from pdu.enums import EsmClass, TlvTag
from pdu.errors import PduError
from pdu.half_made import shows_half_made
from pdu.text.coding import BYTE_ORDER_MARKS, LITTLE_ENDIAN_MARK, is_ucs2
from pdu.text.national import NO_SHIFTS, ShiftTables
from pdu.text.packed import PADDING, unpack
from pdu.text.segments import MAX_SEGMENTS, Carrier, Segment
from pdu.text.udh import parse_udh

if TYPE_CHECKING:
    from collections.abc import Container

    from pdu.deliver import DeliverSm
    from pdu.submit import DataSm, SubmitSm

_PAYLOAD: Final = int(TlvTag.MESSAGE_PAYLOAD)
_SAR: Final = (TlvTag.SAR_MSG_REF_NUM, TlvTag.SAR_TOTAL_SEGMENTS, TlvTag.SAR_SEGMENT_SEQNUM)


def body_octets(pdu: SubmitSm | DeliverSm | DataSm) -> bytes:
    """Return the octets of a message, from short_message or message_payload, any UDH included."""
    short_message: bytes = getattr(pdu, "short_message", b"")
    if short_message:
        return short_message
    return next((tlv.value for tlv in pdu.tlvs if tlv.tag == _PAYLOAD), b"")


def segment_of(pdu: SubmitSm | DeliverSm | DataSm, packed: Container[int] = ()) -> Segment:
    """Read which part of which message a PDU carries, see `read_segment`. Never raises.

    Args:
        pdu: The PDU.
        packed: Each `data_coding` whose texts this SMSC packs.
    """
    sar: tuple[int, int, int] | None = None
    if pdu.tlvs:
        numbers: list[Any] = [pdu.tlv(tag) for tag in _SAR]
        if all(isinstance(number, int) for number in numbers):
            sar = (numbers[0], numbers[1], numbers[2])
    has_udh = bool(pdu.esm_class & EsmClass.UDHI)
    is_packed = pdu.data_coding in packed
    return read_segment(body_octets(pdu), has_udh=has_udh, sar=sar, packed=is_packed)


def read_segment(
    short_message: bytes,
    *,
    has_udh: bool = False,
    sar: tuple[int, int, int] | None = None,
    packed: bool = False,
) -> Segment:
    """Read a received part: its payload and its place in the message. Never raises.

    Args:
        short_message: The octets of the PDU, from short_message or message_payload.
        has_udh: `esm_class` says that they begin with a user data header.
        sar: The sar_* TLVs' reference, total and sequence; None unless all three are there.
        packed: The text is packed septets; the payload has them unpacked.

    Returns:
        A segment with total 1 if there are no usable numbers. A valid header is cut off in any
        case; its numbers take precedence over those of TLVs.
    """
    concatenation, shifts, header_octets = None, NO_SHIFTS, 0
    if has_udh:
        header, payload = parse_udh(short_message)
        concatenation, shifts = header.concatenation, ShiftTables.of(header)
        header_octets = len(short_message) - len(payload)
        short_message = payload
    segment = Segment(short_message, shifts=shifts)
    if concatenation:
        segment = segment._replace(
            carrier=Carrier.UDH_16 if concatenation.wide else Carrier.UDH_8,
            reference=concatenation.reference,
            total=concatenation.total,
            sequence=concatenation.sequence,
        )
    elif sar and 1 <= sar[2] <= sar[1] <= MAX_SEGMENTS:
        segment = Segment(short_message, Carrier.SAR, *sar, shifts)
    if packed:
        # A part that others follow is full: its last septet is text.
        padding = PADDING if segment.sequence == segment.total else PADDING[:1]
        septets = unpack(short_message, header_octets=header_octets, padding=padding)
        segment = segment._replace(payload=septets)
    return segment


class Run(NamedTuple):
    """Consecutive parts of one coding: octets that are decoded together.

    Args:
        octets: The payloads of the parts. UCS-2 begins with the byte order mark of an earlier
            run if that was little-endian and this one has none.
        data_coding: Of the parts.
        shifts: National tables that the headers of the parts name.
    """

    octets: bytes
    data_coding: int
    shifts: ShiftTables = NO_SHIFTS


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A message joined from its parts; incomplete if some never came.

    Args:
        sender: Address of the sender, as passed to `Reassembler.add`.
        recipient: Address of the recipient, as passed to `Reassembler.add`.
        data_coding: That of the first part in order.
        carrier: How the parts were numbered.
        reference: The reference they share.
        total: Parts of the whole message.
        parts: Sequence number and payload of each part received, in order.
        codings: `data_coding` and national tables of each of *parts*; empty if all have
            *data_coding* and none has tables.
        items: What was passed to `Reassembler.add` with each of *parts*. Not compared.
    """

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    data_coding: int
    carrier: Carrier
    reference: int
    total: int
    parts: tuple[tuple[int, bytes], ...] = field(repr=False)
    codings: tuple[tuple[int, ShiftTables], ...] = field(default=(), repr=False)
    items: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    @property
    def octets(self) -> bytes:
        """The payloads of the received parts, concatenated; `runs` are what to decode."""
        return b"".join(payload for _, payload in self.parts)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The parts in order, those of one coding together; decode each, and join the texts.

        A missing part ends a run, since characters may be cut there, and so does a part that
        begins with a byte order mark of its own.
        """
        runs: list[Run] = []
        previous, mark = 0, b""
        codings = self.codings or ((self.data_coding, NO_SHIFTS),) * len(self.parts)
        for (sequence, payload), coding in zip(self.parts, codings, strict=True):
            is_next = sequence == previous + 1 and bool(runs) and runs[-1][1:] == coding
            previous = sequence
            octets = payload
            if is_ucs2(coding[0]) and not (is_next and len(runs[-1].octets) % 2):
                if payload.startswith(BYTE_ORDER_MARKS):
                    mark, is_next = payload[:2], False
                elif not is_next and mark == LITTLE_ENDIAN_MARK:
                    octets = mark + payload
            if is_next:
                runs[-1] = runs[-1]._replace(octets=runs[-1].octets + octets)
            else:
                runs.append(Run(octets, *coding))
        return tuple(runs)

    @property
    def missing(self) -> tuple[int, ...]:
        """Sequence numbers of the parts that never came; empty for a complete message."""
        present = {sequence for sequence, _ in self.parts}
        return tuple(n for n in range(1, self.total + 1) if n not in present)


class _Key(NamedTuple):
    """What identifies the parts of one message."""

    sender: str
    recipient: str
    carrier: Carrier
    reference: int
    total: int

    def __repr__(self) -> str:
        return f"_Key({self.carrier}, reference={self.reference}, total={self.total})"


class _PartialMessage:
    """The parts of one message received so far."""

    __slots__ = ("codings", "deadline", "earlier", "items", "payloads")

    def __init__(self, deadline: float, earlier: frozenset[int]) -> None:
        self.deadline = deadline
        self.earlier = earlier
        self.payloads: dict[int, bytes] = {}
        self.codings: dict[int, tuple[int, ShiftTables]] = {}
        self.items: dict[int, object] = {}

    def put(
        self, sequence: int, payload: bytes, coding: tuple[int, ShiftTables], item: object
    ) -> None:
        """Add a part, or replace one."""
        self.items[sequence] = item
        self.payloads[sequence] = payload
        self.codings[sequence] = coding

    def contradicts(self, segment: Segment) -> bool:
        """Whether *segment* can't be a part of this message."""
        known = self.payloads.get(segment.sequence, segment.payload)
        # A part that only repeats an earlier message is replaced by that of a new one.
        return known != segment.payload and hash((segment.sequence, known)) not in self.earlier

    def fingerprints(self) -> frozenset[int]:
        """Return the fingerprints of the parts, by which repetitions are recognised."""
        return frozenset(map(hash, self.payloads.items()))

    def joined(self, key: _Key) -> Joined:
        """Build the result of the parts received."""
        parts = tuple(sorted(self.payloads.items()))
        codings = tuple(self.codings[sequence] for sequence, _ in parts)
        items = tuple(self.items[sequence] for sequence, _ in parts)
        data_coding = codings[0][0]
        return Joined(
            **key._asdict(), data_coding=data_coding, parts=parts, codings=codings, items=items
        )


@shows_half_made
class Reassembler:
    """Joins parts that come in any order, from any number of senders at once.

    Parts belong to one message if sender, recipient, carrier, reference and total are equal. A
    message is returned when it is complete, when it expires, or when it is the oldest of too
    many: every part received is returned in the end. A repeated part is ignored, also after its
    message was returned; a part that differs from an earlier one with the same number starts a
    new message with a reused reference.

    Args:
        timeout: Seconds that a message waits, counted from its first part.
        max_sets: Incomplete messages at most, 1 or more; each holds up to 255 parts. The
            fingerprints of as many complete messages are kept, to recognise repeated parts.
    """

    def __init__(self, *, timeout: float, max_sets: int = 1000) -> None:
        self.timeout = timeout
        self.max_sets = max_sets
        # Every message gets the same timeout, so insertion order is deadline order in both.
        self._open: dict[_Key, _PartialMessage] = {}
        self._finished: dict[_Key, tuple[float, frozenset[int]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __repr__(self) -> str:
        return f"<Reassembler {len(self)}/{self.max_sets} sets, timeout={self.timeout}>"

    @hides_locals(PduError)
    def add(
        self,
        segment: Segment,
        *,
        sender: str,
        recipient: str,
        data_coding: int = 0,
        now: float,
        item: object = None,
    ) -> tuple[Joined, ...]:
        """Add a part; return the messages it ends: usually none, or one that is complete.

        A message of one part is returned at once. An incomplete message that is displaced is
        returned too, before the complete one; `missing` tells them apart.

        Args:
            segment: The part, as `read_segment` reads it.
            sender: Address it came from.
            recipient: Address it went to.
            data_coding: The PDU's octet.
            now: Seconds of a monotonic clock.
            item: Anything that belongs to the part, such as its PDU, for `Joined.items`.
        """
        payload, carrier, reference, total, sequence, shifts = segment
        key = _Key(sender, recipient, carrier, reference, total)
        if total == 1 or not 1 <= sequence <= total:
            single = _PartialMessage(now, frozenset())
            single.put(1, payload, (data_coding, shifts), item)
            return (single.joined(key._replace(total=1)),)
        displaced = self._make_room(key, segment)
        if key not in self._open:
            _, earlier = self._finished.get(key, (now, frozenset()))
            self._open[key] = _PartialMessage(now + self.timeout, earlier)
        self._open[key].put(sequence, payload, (data_coding, shifts), item)
        if len(self._open[key].payloads) < total:
            return displaced
        return (*displaced, self._finish(key, now))

    @hides_locals(PduError)
    def expire(self, now: float) -> tuple[Joined, ...]:
        """Return the incomplete messages whose timeout is over, the oldest first."""
        overdue: list[Joined] = []
        while self.next_deadline() <= now:
            overdue.extend(self._give_up(next(iter(self._open))))
        while self._finished and next(iter(self._finished.values()))[0] <= now:
            del self._finished[next(iter(self._finished))]
        return tuple(overdue)

    def give_up(self) -> tuple[Joined, ...]:
        """Return all incomplete messages, the oldest first: no part will come any more."""
        return tuple([joined for key in tuple(self._open) for joined in self._give_up(key)])

    @hides_locals(PduError)
    def reopen(self, joined: Joined, sequence: int, *, now: float) -> None:
        """Wait again for one part of a complete message, which the sender will repeat.

        Args:
            joined: As `add` returned it.
            sequence: The number of the part.
            now: As for `add`; the timeout is counted from here.
        """
        key = _Key(joined.sender, joined.recipient, joined.carrier, joined.reference, joined.total)
        # A part that was repeated meanwhile belongs to this message.
        self._open.pop(key, None)
        if key in self._finished:
            del self._finished[key]
        waiting = _PartialMessage(now + self.timeout, frozenset())
        for part, coding, item in zip(joined.parts, joined.codings, joined.items, strict=True):
            if part[0] != sequence:
                waiting.put(*part, coding, item)
        self._open[key] = waiting

    def next_deadline(self) -> float:
        """Return when `expire` has to be called next; infinity if no message is incomplete."""
        return next((waiting.deadline for waiting in self._open.values()), math.inf)

    def _make_room(self, key: _Key, segment: Segment) -> tuple[Joined, ...]:
        """End the message that *segment* contradicts, or the oldest one if there are too many."""
        if key in self._open:
            return self._give_up(key) if self._open[key].contradicts(segment) else ()
        if len(self._open) < self.max_sets:
            return ()
        return self._give_up(next(iter(self._open)))

    def _give_up(self, key: _Key) -> tuple[Joined, ...]:
        """End an incomplete message; return it unless all of it was returned before."""
        incomplete = self._open.pop(key)
        if incomplete.fingerprints() <= incomplete.earlier:
            return ()
        return (incomplete.joined(key),)

    def _finish(self, key: _Key, now: float) -> Joined:
        """End a complete message; keep its fingerprints for one timeout."""
        complete = self._open.pop(key)
        self._finished.pop(key, None)
        if len(self._finished) >= self.max_sets:
            del self._finished[next(iter(self._finished))]
        self._finished[key] = (now + self.timeout, complete.fingerprints())
        return complete.joined(key)
