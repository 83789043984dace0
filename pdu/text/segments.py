"""Cutting a long text into segments.

Rule: no cut runs through an ESC pair, a surrogate pair or a grapheme cluster that fits in a
segment; within that a text gets the fewest segments possible.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError
from pdu.half_made import shows_half_made
from pdu.masking import shown_number
from pdu.text.alphabet import ESCAPED
from pdu.text.clusters import clusters, is_plain
from pdu.text.coding import TextCoding
from pdu.text.national import NO_SHIFTS, ShiftTables
from pdu.text.packed import pack
from pdu.text.udh import Concatenation, InformationElement, build_udh

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SEGMENTS: Final = 255
"""Segments of one message, as many as one octet counts."""


class Carrier(enum.Enum):
    """What carries the reference, total and sequence number of a segment.

    UDH_8 and UDH_16 are user data headers with an 8- or a 16-bit reference, SAR the three sar_*
    TLVs. A message must not use headers and TLVs together (v3.4 §5.2.12).
    """

    UDH_8 = "udh_8"
    UDH_16 = "udh_16"
    SAR = "sar"

    @property
    def header_octets(self) -> int:
        """Octets of the 140 on air that the numbers take.

        With SAR there is no header in the PDU, but the SMSC adds one on air: a segment that
        filled all 140 octets would be cut again or refused.
        """
        return 7 if self is Carrier.UDH_16 else 6

    @property
    def max_reference(self) -> int:
        """The greatest reference, 255 or 65535."""
        return 0xFF if self is Carrier.UDH_8 else 0xFFFF


@shows_half_made
class Segment(NamedTuple):
    """The part of a text that one short message carries.

    Args:
        payload: Encoded text, octets, without any header. GSM text is unpacked.
        carrier: What carries the numbers. Without meaning if *total* is 1.
        reference: Shared by all segments of one message.
        total: Segments of the message.
        sequence: This segment, 1 to *total*.
        shifts: National tables that the header names.
    """

    payload: bytes
    carrier: Carrier = Carrier.UDH_8
    reference: int = 0
    total: int = 1
    sequence: int = 1
    shifts: ShiftTables = NO_SHIFTS

    @property
    def has_udh(self) -> bool:
        """Whether `short_message` begins with a header; `esm_class` must have the bit UDHI then."""
        return (self.total > 1 and self.carrier is not Carrier.SAR) or self.shifts != NO_SHIFTS

    @property
    def short_message(self) -> bytes:
        """The octets of the PDU: the header, if there is one, and the payload.

        Raises:
            EncodeError: A number is out of range; never for segments that `split` returns.
        """
        return self.header + self.payload if self.has_udh else self.payload

    @property
    def packed_message(self) -> bytes:
        """As `short_message`, the payload packed: for GSM text to an SMSC that wants it so.

        Raises:
            EncodeError: A number is out of range, or the payload isn't septets.
        """
        header = self.header if self.has_udh else b""
        return header + pack(self.payload, header_octets=len(header))

    @property
    def header(self) -> bytes:
        """The user data header: the place in the message, then the tables.

        Raises:
            EncodeError: A number is out of range.
        """
        elements: tuple[InformationElement, ...] = ()
        if self.total > 1 and self.carrier is not Carrier.SAR:
            concatenation = Concatenation(
                reference=self.reference,
                total=self.total,
                sequence=self.sequence,
                wide=self.carrier is Carrier.UDH_16,
            )
            elements = (concatenation.element,)
        if self.shifts is not NO_SHIFTS:
            elements += self.shifts.elements
        return build_udh(elements)

    def __repr__(self) -> str:
        return (
            f"<Segment {self.sequence}/{self.total} {self.carrier.name} "
            f"reference={self.reference}, {len(self.payload)} octets>"
        )


def capacity(coding: TextCoding | ShiftTables, *, header_octets: int = 0) -> int:
    """Units that fit in one short message: septets, octets or 16-bit units.

    160, 140 and 70 without a header, 153, 134 and 67 with 6 octets of it, 152, 133 and 66 with 7.
    On air GSM and ASCII text is packed, eight septets in seven octets, and a header fills up to a
    septet.
    """
    octets = 140 - header_octets
    has_octets = coding is TextCoding.LATIN1 or coding is TextCoding.UCS2
    return octets // coding.unit if has_octets else octets * 8 // 7


_SINGLE_OCTETS: Final = {coding: capacity(coding) * coding.unit for coding in TextCoding}


@hides_locals(EncodeError, text=str, reference=int)
def split(
    text: str,
    coding: TextCoding | ShiftTables,
    *,
    reference: int = 0,
    carrier: Carrier = Carrier.UDH_8,
) -> tuple[Segment, ...]:
    """Cut *text* into the fewest segments that keep its grapheme clusters whole.

    A cluster that doesn't fit in one segment is cut between code points.

    Args:
        text: Any text, empty included.
        coding: The coding; GSM is one septet per octet. With national tables each segment has a
            header, so one segment holds 155 septets, or 152 with two tables.
        reference: 0 to 255, or to 65535 if *carrier* has 16 bits. Shared by all segments. With
            SAR, one up to 255 is safe, as an SMSC may choose the width of its header by it.
        carrier: What carries the numbers if there is more than one segment.

    Returns:
        1 to 255 segments, in order. One segment means no header and no TLVs at all.

    Raises:
        EncodeError: A character isn't in *coding*, *reference* is out of range, more than 255
            segments would be needed, a national table isn't known, or *carrier* is SAR and *coding*
            national tables.
    """
    if not 0 <= reference <= carrier.max_reference:
        limit = carrier.max_reference
        reason = f"{carrier.name} takes a reference of 0 to {limit}, got {shown_number(reference)}"
        raise EncodeError("text", "reference", reference, reason)
    octets = coding.encode(text)
    shifts, tables = NO_SHIFTS, 0
    if isinstance(coding, TextCoding):
        single = _SINGLE_OCTETS[coding]
    else:
        shifts, tables = coding, 3 * len(coding.elements)
        single = capacity(coding, header_octets=tables and 1 + tables)
    if tables and carrier is Carrier.SAR:
        reason = "national tables need a header, which sar_* TLVs exclude; use UDH_8 or UDH_16"
        raise EncodeError("text", "carrier", carrier.name, reason)
    size = len(octets)
    if coding is TextCoding.ASCII:
        size += sum(map(text.count, ESCAPED))
    if size <= single:
        return (Segment(octets, carrier, reference, 1, 1, shifts),)
    limit = capacity(coding, header_octets=carrier.header_octets + tables)
    payloads = _cut(text, octets, coding, size, limit)
    total = len(payloads)
    if total > MAX_SEGMENTS:
        reason = (
            f"the text needs {total} segments, one message takes {MAX_SEGMENTS}; "
            "shorten it or send it as message_payload"
        )
        raise EncodeError("text", "segments", total, reason)
    return tuple(
        Segment(payload, carrier, reference, total, sequence, shifts)
        for sequence, payload in enumerate(payloads, 1)
    )


def _cut(
    text: str, octets: bytes, coding: TextCoding | ShiftTables, size: int, limit: int
) -> list[bytes]:
    """Cut greedily: with fixed places to cut at, that gives the fewest segments."""
    unit = coding.unit
    if size == unit * len(text) and is_plain(text):
        step = unit * limit
        return [octets[at : at + step] for at in range(0, size, step)]
    offsets = tuple(accumulate(coding.widths(text), initial=0))
    places = _places(text, offsets, limit)
    edges = [0]
    while edges[-1] < len(text):
        reach = bisect_right(offsets, offsets[edges[-1]] + limit) - 1
        edges.append(places[bisect_right(places, reach) - 1])
    if coding is not TextCoding.ASCII:
        edges = [unit * offsets[edge] for edge in edges]
    return [octets[a:b] for a, b in pairwise(edges)]


def _places(text: str, offsets: Sequence[int], limit: int) -> Sequence[int]:
    """Return where *text* may be cut: at the ends of clusters, and inside those above *limit*."""
    if is_plain(text):
        return range(len(text) + 1)
    places = [0]
    for start, end in clusters(text):
        fits = offsets[end] - offsets[start] <= limit
        places.extend((end,) if fits else range(start + 1, end + 1))
    return places
