"""Long texts: cut into segments on the way out, joined from parts on the way in.

Rule: what belongs together stays together. No cut runs through an ESC pair, a surrogate pair or
a character as readers see it; within that a text gets the fewest segments possible. Parts are
joined as octets and decoded afterwards, since others cut wherever they like.
"""

from __future__ import annotations

import enum
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu.errors import EncodeError
from pdu.text.clusters import clusters, is_plain
from pdu.text.coding import TextCoding
from pdu.text.udh import Concatenation, build_udh, parse_udh

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SEGMENTS: Final = 255
"""Segments of one message, as many as one octet counts."""


class Carrier(enum.Enum):
    """What carries the reference, total and sequence of a segment.

    UDH_8 and UDH_16 are user data headers with an 8- or a 16-bit reference, SAR the three sar_*
    TLVs. A message must not use both (v3.4 §5.2.12).
    """

    UDH_8 = "udh_8"
    UDH_16 = "udh_16"
    SAR = "sar"

    @property
    def header_octets(self) -> int:
        """Octets of the 140 on air that the numbers take.

        SAR spares them in the PDU only: on air there are no TLVs, so the SMSC writes a header
        of its own, and a segment that filled all 140 octets would be cut again or refused.
        """
        return 7 if self is Carrier.UDH_16 else 6

    @property
    def max_reference(self) -> int:
        """The greatest reference, 255 or 65535."""
        return 0xFF if self is Carrier.UDH_8 else 0xFFFF


class Segment(NamedTuple):
    """One short message's share of a text.

    Args:
        payload: Encoded text, octets, without any header.
        carrier: How the numbers travel. Says nothing when *total* is 1.
        reference: Shared by all segments of one message.
        total: Segments of the message.
        sequence: This segment, 1 to *total*.
    """

    payload: bytes
    carrier: Carrier = Carrier.UDH_8
    reference: int = 0
    total: int = 1
    sequence: int = 1

    @property
    def has_udh(self) -> bool:
        """Whether `short_message` begins with a header, which `esm_class` has to say."""
        return self.total > 1 and self.carrier is not Carrier.SAR

    @property
    def short_message(self) -> bytes:
        """The octets for the PDU: the header, if there is one, and the payload.

        Raises:
            EncodeError: A number is out of its range; never for what `split` returned.
        """
        if not self.has_udh:
            return self.payload
        concatenation = Concatenation(
            reference=self.reference,
            total=self.total,
            sequence=self.sequence,
            wide=self.carrier is Carrier.UDH_16,
        )
        return build_udh((concatenation.element,)) + self.payload

    def __repr__(self) -> str:
        return (
            f"<Segment {self.sequence}/{self.total} {self.carrier.name} "
            f"reference={self.reference}, {len(self.payload)} octets>"
        )


def capacity(coding: TextCoding, *, header_octets: int = 0) -> int:
    """Units that fit in one short message: septets, octets or 16-bit units.

    160, 140 and 70 without a header, 153, 134 and 67 with 6 octets of it, 152, 133 and 66 with 7.
    On air GSM text is packed, eight septets in seven octets, and a header fills up to a septet.
    """
    octets = 140 - header_octets
    return octets * 8 // 7 if coding is TextCoding.GSM else octets // coding.unit


_SINGLE_OCTETS: Final = {coding: capacity(coding) * coding.unit for coding in TextCoding}


def split(
    text: str,
    coding: TextCoding,
    *,
    reference: int = 0,
    carrier: Carrier = Carrier.UDH_8,
) -> tuple[Segment, ...]:
    """Cut *text* into the fewest segments that keep its characters whole.

    No grapheme cluster is cut that fits in a segment by itself; a longer one is cut between
    code points.

    Args:
        text: Any text, also an empty one.
        coding: What to encode it in; GSM is one septet per octet.
        reference: 0 to 255, or to 65535 if *carrier* has 16 bits. Shared by all segments. With
            SAR, one up to 255 is safe also with an SMSC that chooses its header's width by it.
        carrier: How the numbers of more than one segment travel.

    Returns:
        1 to 255 segments, in order. One segment means no header and no TLVs at all.

    Raises:
        EncodeError: A character doesn't fit *coding*, *reference* is out of range, or more than
            255 segments would be needed.
    """
    if not 0 <= reference <= carrier.max_reference:
        limit = carrier.max_reference
        reason = f"{carrier.name} takes a reference of 0 to {limit}, got {reference}"
        raise EncodeError("text", "reference", reference, reason)
    octets = coding.encode(text)
    if len(octets) <= _SINGLE_OCTETS[coding]:
        return (Segment(octets, carrier, reference),)
    payloads = _cut(text, octets, coding, capacity(coding, header_octets=carrier.header_octets))
    total = len(payloads)
    if total > MAX_SEGMENTS:
        reason = (
            f"the text needs {total} segments, one message takes {MAX_SEGMENTS}; "
            "shorten it or send it as message_payload"
        )
        raise EncodeError("text", "segments", total, reason)
    return tuple(
        Segment(payload, carrier, reference, total, sequence)
        for sequence, payload in enumerate(payloads, 1)
    )


def _cut(text: str, octets: bytes, coding: TextCoding, limit: int) -> list[bytes]:
    """Fill each segment as far as it goes: with fixed places to cut at, nothing beats that."""
    unit = coding.unit
    if len(octets) == unit * len(text) and is_plain(text):
        step = unit * limit
        return [octets[at : at + step] for at in range(0, len(octets), step)]
    offsets = tuple(accumulate(coding.widths(text), initial=0))
    places = _places(text, offsets, limit)
    edges = [0]
    while edges[-1] < len(text):
        reach = bisect_right(offsets, offsets[edges[-1]] + limit) - 1
        edges.append(places[bisect_right(places, reach) - 1])
    return [octets[unit * offsets[a] : unit * offsets[b]] for a, b in pairwise(edges)]


def _places(text: str, offsets: Sequence[int], limit: int) -> Sequence[int]:
    """Where *text* may be cut: at the ends of clusters, and inside those above *limit*."""
    if is_plain(text):
        return range(len(text) + 1)
    places = [0]
    for start, end in clusters(text):
        fits = offsets[end] - offsets[start] <= limit
        places.extend((end,) if fits else range(start + 1, end + 1))
    return places


def read_segment(
    short_message: bytes, *, has_udh: bool = False, sar: tuple[int, int, int] | None = None
) -> Segment:
    """Read what a part that came in says about its place. Never raises.

    Args:
        short_message: The octets of the PDU, from short_message or message_payload.
        has_udh: `esm_class` says that they begin with a user data header.
        sar: The sar_* TLVs' reference, total and sequence; None unless all three came.

    Returns:
        A segment with total 1 if there are no usable numbers. The header, if it was a sound
        one, is cut off in any case; a header's numbers go before those of TLVs.
    """
    concatenation = None
    if has_udh:
        header, short_message = parse_udh(short_message)
        concatenation = header.concatenation
    if concatenation:
        return Segment(
            short_message,
            Carrier.UDH_16 if concatenation.wide else Carrier.UDH_8,
            concatenation.reference,
            concatenation.total,
            concatenation.sequence,
        )
    if sar and 1 <= sar[2] <= sar[1]:
        return Segment(short_message, Carrier.SAR, *sar)
    return Segment(short_message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A message put together again, whole or what came of it.

    Args:
        sender: As given with the parts.
        recipient: As given with the parts.
        data_coding: That of the first part that came.
        carrier: How the parts were numbered.
        reference: Their reference.
        total: How many there should be.
        parts: Sequence and payload of each part there is, in order.
    """

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    data_coding: int
    carrier: Carrier
    reference: int
    total: int
    parts: tuple[tuple[int, bytes], ...] = field(repr=False)

    @property
    def octets(self) -> bytes:
        """The payloads of all parts there are, one after the other, to be decoded as one."""
        return b"".join(payload for _, payload in self.parts)

    @property
    def missing(self) -> tuple[int, ...]:
        """The sequence numbers that never came; empty for a whole message."""
        present = {sequence for sequence, _ in self.parts}
        return tuple(n for n in range(1, self.total + 1) if n not in present)


class _Key(NamedTuple):
    """What the parts of one message have in common."""

    sender: str
    recipient: str
    carrier: Carrier
    reference: int
    total: int

    def __repr__(self) -> str:
        return f"_Key({self.carrier}, reference={self.reference}, total={self.total})"


class _Set:
    """The parts of one message that came so far."""

    __slots__ = ("data_coding", "deadline", "earlier", "payloads")

    def __init__(self, data_coding: int, deadline: float, earlier: frozenset[int]) -> None:
        self.data_coding = data_coding
        self.deadline = deadline
        self.earlier = earlier
        self.payloads: dict[int, bytes] = {}

    def contradicts(self, segment: Segment) -> bool:
        """Say whether *segment* can't be of this message."""
        known = self.payloads.get(segment.sequence, segment.payload)
        # A late repetition of an earlier message gives way to the part of a new one.
        return known != segment.payload and hash((segment.sequence, known)) not in self.earlier

    def prints(self) -> frozenset[int]:
        """What to recognise these parts by when they come again."""
        return frozenset(map(hash, self.payloads.items()))

    def joined(self, key: _Key) -> Joined:
        """Give what there is a shape to hand out."""
        parts = tuple(sorted(self.payloads.items()))
        return Joined(**key._asdict(), data_coding=self.data_coding, parts=parts)


class Reassembler:
    """Joins parts that come in any order, from any number of senders at once.

    A set is told from others by sender, recipient, carrier, reference and total. It is handed
    out when it is full, or when its time is over, or when it has to make room: nothing that came
    is kept back for good. A part that came already changes nothing, also after its message was
    handed out; one that contradicts an earlier part begins a new message with a used reference.

    Args:
        timeout: Seconds that a set waits from its first part on.
        max_sets: Open sets at most, 1 or more; each holds up to 255 parts. As many whole
            messages are remembered by fingerprints, to know late repetitions of their parts.
    """

    def __init__(self, *, timeout: float, max_sets: int = 1000) -> None:
        self.timeout = timeout
        self.max_sets = max_sets
        # Every set gets the same timeout, so insertion order is deadline order in both.
        self._open: dict[_Key, _Set] = {}
        self._finished: dict[_Key, tuple[float, frozenset[int]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __repr__(self) -> str:
        return f"<Reassembler {len(self)}/{self.max_sets} sets, timeout={self.timeout}>"

    def add(
        self, segment: Segment, *, sender: str, recipient: str, data_coding: int = 0, now: float
    ) -> tuple[Joined, ...]:
        """Take a part in and return what it finished: mostly nothing or one whole message.

        A message of one part comes back at once. A set that had to make room comes back too,
        before the whole message if there is one; `missing` tells them apart.

        Args:
            segment: The part, as `read_segment` reads it.
            sender: Address it came from.
            recipient: Address it went to.
            data_coding: The PDU's octet, kept for whoever decodes.
            now: Seconds of a clock that never goes back.
        """
        payload, carrier, reference, total, sequence = segment
        key = _Key(sender, recipient, carrier, reference, total)
        if total == 1 or not 1 <= sequence <= total:
            single = _Set(data_coding, now, frozenset())
            single.payloads[1] = payload
            return (single.joined(key._replace(total=1)),)
        displaced = self._make_room(key, segment)
        if key not in self._open:
            _, earlier = self._finished.get(key, (now, frozenset()))
            self._open[key] = _Set(data_coding, now + self.timeout, earlier)
        self._open[key].payloads[sequence] = payload
        if len(self._open[key].payloads) < total:
            return displaced
        return (*displaced, self._finish(key, now))

    def expire(self, now: float) -> tuple[Joined, ...]:
        """Hand out what came of the sets whose time is over, the oldest first."""
        overdue: list[Joined] = []
        while self.next_deadline() <= now:
            overdue.extend(self._give_up(next(iter(self._open))))
        while self._finished and next(iter(self._finished.values()))[0] <= now:
            del self._finished[next(iter(self._finished))]
        return tuple(overdue)

    def next_deadline(self) -> float:
        """When `expire` will have something to do, infinity if no set is open."""
        return next((waiting.deadline for waiting in self._open.values()), math.inf)

    def _make_room(self, key: _Key, segment: Segment) -> tuple[Joined, ...]:
        """End a set that *segment* contradicts, or the oldest one if there are too many."""
        if key in self._open:
            return self._give_up(key) if self._open[key].contradicts(segment) else ()
        if len(self._open) < self.max_sets:
            return ()
        return self._give_up(next(iter(self._open)))

    def _give_up(self, key: _Key) -> tuple[Joined, ...]:
        """Close an unfinished set and return it, if there is news in it."""
        given_up = self._open.pop(key)
        # Nothing but repetitions of a message that was handed out whole: no news.
        if given_up.prints() <= given_up.earlier:
            return ()
        return (given_up.joined(key),)

    def _finish(self, key: _Key, now: float) -> Joined:
        """Close a full set and remember it for as long as a set may wait."""
        whole = self._open.pop(key)
        self._finished.pop(key, None)
        if len(self._finished) >= self.max_sets:
            del self._finished[next(iter(self._finished))]
        self._finished[key] = (now + self.timeout, whole.prints())
        return whole.joined(key)
