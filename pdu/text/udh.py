"""User data headers (UDH): information elements in front of the text of a short message.

Rule: every information element is kept as received, known or not; a header whose lengths don't add
up is no header, and its octets stay with the message. Building checks each number. `esm_class`
tells whether there is a header, not the octets.

See 3GPP TS 23.040 for the elements.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu._tracebacks import hides_assigned
from pdu.errors import EncodeError
from pdu.half_made import shows_half_made
from pdu.masking import shown_number

if TYPE_CHECKING:
    from collections.abc import Iterable

# A short message has 140 octets on air; one of them is the length of the header.
_MAX_HEADER: Final = 139


class Iei(enum.IntEnum):
    """Identifiers of known information elements."""

    CONCATENATION_8 = 0x00
    SPECIAL_MESSAGE = 0x01
    PORTS_8 = 0x04
    PORTS_16 = 0x05
    CONCATENATION_16 = 0x08
    SINGLE_SHIFT = 0x24
    LOCKING_SHIFT = 0x25


class InformationElement(NamedTuple):
    """One element of a header: its identifier and its octets, not interpreted."""

    iei: int
    octets: bytes


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Concatenation:
    """The element that says which part of which long message this is.

    Args:
        reference: Shared by all parts: 0 to 255, or 0 to 65535 if *wide*.
        total: Parts of the message, 1 to 255.
        sequence: This part, 1 to *total*.
        wide: The reference has 16 bits.
    """

    reference: int
    total: int
    sequence: int
    wide: bool = False

    @property
    def element(self) -> InformationElement:
        """The element on the wire.

        Raises:
            EncodeError: A number is out of range.
        """
        _check("reference", self.reference, 0, 0xFFFF if self.wide else 0xFF)
        _check("total", self.total, 1, 0xFF)
        _check("sequence", self.sequence, 1, self.total)
        numbers = (self.reference, self.total, self.sequence)
        if self.wide:
            return InformationElement(Iei.CONCATENATION_16, struct.pack("!HBB", *numbers))
        return InformationElement(Iei.CONCATENATION_8, bytes(numbers))


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True)
class UserDataHeader:
    """The elements of one header, in order; none if there was no header."""

    elements: tuple[InformationElement, ...] = ()

    @property
    def concatenation(self) -> Concatenation | None:
        """The last valid concatenation element, None without one (3GPP TS 23.040).

        An element with total 0, sequence 0 or a sequence above total is ignored.
        """
        return next(filter(None, map(_concatenation, reversed(self.elements))), None)


def parse_udh(octets: bytes) -> tuple[UserDataHeader, bytes]:
    """Split a message that begins with a header into header and rest. Never raises.

    If the header is longer than the message, or its elements don't fill it exactly, there are no
    elements, and the rest is all of *octets*.
    """
    end = 1 + octets[0] if octets else 1
    elements: list[InformationElement] = []
    at = 1
    while at + 2 <= end <= len(octets):
        start, at = at + 2, at + 2 + octets[at + 1]
        elements.append(InformationElement(octets[start - 2], octets[start:at]))
    if at != end or end > len(octets):
        return UserDataHeader(), octets
    return UserDataHeader(tuple(elements)), octets[end:]


def build_udh(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """Encode a header: its length, then the elements in order.

    Raises:
        EncodeError: An identifier isn't 0 to 255, or the elements take over 139 octets.
    """
    header = bytearray(1)
    for iei, octets in elements:
        _check("iei", iei, 0, 0xFF)
        _check("element_octets", len(octets), 0, _MAX_HEADER - 2)
        header += bytes((iei, len(octets)))
        header += octets
    header[0] = _check("header_octets", len(header) - 1, 0, _MAX_HEADER)
    return bytes(header)


def _concatenation(element: InformationElement) -> Concatenation | None:
    """Read *element* if it is a concatenation with valid numbers."""
    match element:
        case (Iei.CONCATENATION_8, octets) if len(octets) == 3:
            reference, total, sequence = octets
        case (Iei.CONCATENATION_16, octets) if len(octets) == 4:
            reference, total, sequence = struct.unpack("!HBB", octets)
        case _:
            return None
    if not 1 <= sequence <= total:
        return None
    wide = element.iei == Iei.CONCATENATION_16
    return Concatenation(reference=reference, total=total, sequence=sequence, wide=wide)


def _check(field: str, value: int, least: int, most: int) -> int:
    """Return *value* if it is within its range."""
    if least <= value <= most:
        return value
    got = shown_number(value)
    raise EncodeError("UDH", field, got, f"takes {least} to {most}, got {got}")
