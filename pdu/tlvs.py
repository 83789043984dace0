"""Optional parameters (TLVs) on the wire: one of them, and the list at the end of a PDU.

Rule: nothing received is refused for its tag or its value.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Self

from pdu._tracebacks import hides_locals
from pdu.enums import TlvTag
from pdu.errors import EncodeError
from pdu.fields import Context, Field, FieldError, Integer, shown_items
from pdu.half_made import shows_half_made
from pdu.masking import shown_number, shown_size, shown_type
from pdu.tlv_types import TLVS, TlvType, ValueAdapter, VendorTlv, octets_of
from pdu.tlv_values import BroadcastContentType, BroadcastFrequencyInterval, NetworkErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "TLVS",
    "BroadcastContentType",
    "BroadcastFrequencyInterval",
    "NetworkErrorCode",
    "Tlv",
    "TlvList",
    "TlvType",
    "ValueAdapter",
    "VendorTlv",
    "limits",
    "name_of",
    "read_tlv",
    "size_of",
]

_UNDECLARED = octets_of(0, 65_535)

_HARMLESS = frozenset(TLVS) - {
    TlvTag.MESSAGE_PAYLOAD,
    TlvTag.CALLBACK_NUM,
    TlvTag.CALLBACK_NUM_ATAG,
    TlvTag.SOURCE_SUBADDRESS,
    TlvTag.DEST_SUBADDRESS,
}
"""Tags whose value may appear in a repr: no text, no phone number."""


def limits(tag: int) -> tuple[int, int]:
    """Return the least and the most octets that a value of *tag* may have when it is sent."""
    known = TLVS.get(tag, _UNDECLARED)
    return known.minimum, known.maximum


def size_of(tag: int) -> str:
    """Return what `limits` says of *tag*, for an error: "2 octets", "1 to 65 octets"."""
    least, most = limits(tag)
    if least < most:
        return f"{least} to {most} octets"
    return f"{most} octet" if most == 1 else f"{most} octets"


@shows_half_made
class Tlv:
    """One optional parameter as it is on the wire. A value: equal by tag and octets, hashable.

    Unpacks as a pair: `for tag, value in pdu.tlvs`.

    Args:
        tag: A `TlvTag`, or the bare number of a tag that has no name here.
        value: Octets, without tag and length.
    """

    __slots__ = ("tag", "value")

    def __init__(self, tag: int, value: bytes) -> None:  # hot path
        self.tag = tag
        self.value = value

    @classmethod
    @hides_locals(EncodeError)
    def of(cls, tag: int, value: object) -> Self:
        """Make a TLV of a typed value: a number, text without its NUL, or octets.

        Raises:
            EncodeError: The value isn't what the tag takes.
        """
        least, most = limits(tag)
        known = TLVS.get(tag, _UNDECLARED)
        try:
            octets = known.build(value)
        except OverflowError:
            got = shown_number(value)
            reason = f"takes an integer of {size_of(tag)}, got {got}"
            raise EncodeError("Tlv", name_of(tag), got, reason) from None
        except Exception:  # noqa: BLE001 - construct and callers' values raise anything
            is_integer = isinstance(known.construct, Integer)
            kind = f"an integer of {size_of(tag)}" if is_integer else "another kind of value"
            reason = f"takes {kind}, got {type(value).__name__}"
            raise EncodeError("Tlv", name_of(tag), shown_type(value), reason) from None
        if not least <= len(octets) <= most:
            reason = f"takes {size_of(tag)}, got {len(octets)}"
            raise EncodeError("Tlv", name_of(tag), shown_size(octets), reason)
        return cls(tag, octets)

    def __iter__(self) -> Iterator[Any]:
        yield self.tag
        yield self.value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tlv):
            return NotImplemented
        return self.tag == other.tag and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.tag, self.value))

    def __repr__(self) -> str:
        value: object = self.value
        shown = shown_type(value)
        if isinstance(value, bytes | bytearray):
            shown = value.hex() or "-" if self.tag in _HARMLESS else shown_size(value)
        return f"Tlv({name_of(self.tag)}, {shown})"


def name_of(tag: object) -> str:
    """Return the specification's name of *tag* in lower case, or its number in hexadecimal."""
    if not isinstance(tag, int):
        return shown_type(tag)
    known = TlvTag.of(tag)
    return known.name.lower() if isinstance(known, TlvTag) else f"0x{tag:04X}"


def read_tlv(tag: int, value: bytes) -> Any:  # noqa: ANN401 - the type depends on the tag
    """Return what *value* means for *tag*, or *value* itself when it means nothing for it."""
    known = TLVS.get(tag)
    return value if known is None else known.read(value)


@shows_half_made
class TlvList(Field[tuple[Tlv, ...]]):
    """Optional parameters up to the end of the PDU (v3.4 §3.2.4).

    Unknown tags are kept. A length that runs past the PDU is an error; one to three octets at
    the end, which can't be a TLV, are skipped.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown = shown_items((Tlv,))

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> tuple[Tlv, ...]:
        """Read TLVs to the end."""
        found: list[Tlv] = []
        while len(head := stream.read(4)) == 4:
            tag, length = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:], "big")
            where, at = f"{path}[{len(found)}].value(tag 0x{tag:04X})", stream.tell() - 4
            octets = stream.read(length)
            if len(octets) < length:
                reason = f"expected {length} octets, found {len(octets)}"
                raise FieldError(reason, where, at, partial=tuple(found))
            found.append(Tlv(TlvTag.of(tag), octets))
        return tuple(found)

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the TLVs, each within its limits."""
        if not isinstance(obj, tuple | list):
            raise FieldError(f"takes a tuple of Tlv, got {type(obj).__name__}", path)
        for n, tlv in enumerate(obj):
            if not isinstance(tlv, Tlv):
                raise FieldError(f"takes Tlv, got {type(tlv).__name__}", f"{path}[{n}]")
            tag, value = tlv
            if not isinstance(tag, int) or not 0 <= tag <= 0xFFFF:
                reason = f"takes 0 to 65535, got {shown_number(tag)}"
                raise FieldError(reason, f"{path}[{n}].tag")
            where = f"{path}[{n}].value(tag 0x{tag:04X})"
            if not isinstance(value, bytes | bytearray):
                reason = f"takes octets, got {type(value).__name__}; Tlv.of takes typed values"
                raise FieldError(reason, where)
            least, most = limits(tag)
            if not least <= len(value) <= most:
                raise FieldError(f"takes {size_of(tag)}, got {len(value)}", where)
            stream.write(tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value)
        return obj
