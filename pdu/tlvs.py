"""Optional parameters (TLVs): the name of each tag, the size of its value, and what it means.

Rule: nothing received is refused for its tag or its value. A value that doesn't fit the type of its
tag stays octets; limits apply to what is sent. The table is to be read beside v3.4 §5.3 and, for
`congestion_state` and from 0x0600 on, v5.0.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import construct

from pdu._tracebacks import hides_locals
from pdu.enums import CommandStatus, MessageState, TlvTag
from pdu.errors import EncodeError
from pdu.fields import Context, Field, FieldError, Integer, shown_items, shown_number
from pdu.half_made import shows_half_made
from pdu.masking import shown_size, shown_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NetworkErrorCode(NamedTuple):
    """Value of network_error_code: the type of the network and its error code."""

    network_type: int
    error_code: int


class BroadcastContentType(NamedTuple):
    """Value of broadcast_content_type."""

    network_type: int
    content_type: int


class BroadcastFrequencyInterval(NamedTuple):
    """Value of broadcast_frequency_interval: a unit (8 seconds, 9 minutes, …) and a count."""

    time_unit: int
    number: int


class ValueAdapter(construct.Adapter):  # type: ignore[misc]  # construct has no types
    """A construct of a whole value.

    Args:
        read: Turns octets into a value.
        write: Turns a value into octets.
    """

    def __init__(self, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> None:
        super().__init__(construct.GreedyBytes)
        self.read = read
        self.write = write

    def _decode(self, obj: bytes, _context: Context, _path: str) -> object:
        """Read the octets."""
        return self.read(obj)

    def _encode(self, obj: object, _context: Context, _path: str) -> bytes:
        """Write the value."""
        return self.write(obj)


class TlvType:
    """What the specification says of one tag.

    Args:
        declared: The construct of the value; it may raise anything, `read` and `Tlv.of` catch it.
        minimum: The least octets of a value.
        maximum: The most octets of a value.
    """

    __slots__ = ("build", "construct", "maximum", "minimum", "parse")

    def __init__(self, declared: construct.Construct, minimum: int, maximum: int) -> None:
        self.construct = declared
        self.minimum = minimum
        self.maximum = maximum
        self.parse: Callable[[bytes], Any] = declared.parse
        self.build: Callable[[Any], bytes] = declared.build
        # hot path: integers and whole values need no stream
        match declared:
            case Integer():
                values, size = declared.values, declared.octets
                self.parse = lambda octets: values(int.from_bytes(octets, "big"))
                self.build = lambda number: int.to_bytes(number, size, "big")
            case ValueAdapter():
                self.parse, self.build = declared.read, declared.write

    def read(self, value: bytes) -> Any:  # noqa: ANN401 - the type depends on the tag
        """Return what *value* means, or *value* itself when it means nothing."""
        if not self.minimum <= len(value) <= self.maximum:
            return value
        try:
            return self.parse(value)
        except Exception:  # noqa: BLE001 - a vendor's construct raises anything
            return value


class VendorTlv(NamedTuple):
    """A TLV of one SMSC, for `explain`.

    Args:
        name: As it is shown.
        type: Of its value.
    """

    name: str
    type: TlvType


def _integer(octets: int, values: Callable[[int], int] = int) -> TlvType:
    """An unsigned integer."""
    return TlvType(Integer(octets, values), octets, octets)


def _short_integer() -> TlvType:
    """An integer of 1 octet in one version of the specification and 2 in another."""

    def write(number: int) -> bytes:
        return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")

    return TlvType(ValueAdapter(lambda octets: int.from_bytes(octets, "big"), write), 1, 2)


def _text(minimum: int, maximum: int) -> TlvType:
    """ASCII and a NUL, which may be missing when it is read."""

    def read(octets: bytes) -> str:
        return octets.partition(b"\0")[0].decode("latin-1")

    def write(text: str) -> bytes:
        if "\0" in text:
            raise ValueError
        return text.encode("ascii") + b"\0"

    return TlvType(ValueAdapter(read, write), minimum, maximum)


def _octets(minimum: int, maximum: int) -> TlvType:
    """Octets as they are."""
    return TlvType(ValueAdapter(bytes, _as_octets), minimum, maximum)


def _as_octets(value: object) -> bytes:
    """Return octets of any type that holds them; a number isn't a count of NULs."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    return bytes(value)


def _pair(cls: Callable[..., tuple[int, int]]) -> TlvType:
    """One octet and two, as a NamedTuple."""
    pair = construct.Sequence(construct.Int8ub, construct.Int16ub)
    return TlvType(
        construct.ExprAdapter(pair, lambda found, _: cls(*found), lambda value, _: value), 3, 3
    )


TLVS: dict[int, TlvType] = {
    TlvTag.DEST_ADDR_SUBUNIT: _integer(1),
    TlvTag.DEST_NETWORK_TYPE: _integer(1),
    TlvTag.DEST_BEARER_TYPE: _integer(1),
    TlvTag.DEST_TELEMATICS_ID: _integer(2),
    TlvTag.SOURCE_ADDR_SUBUNIT: _integer(1),
    TlvTag.SOURCE_NETWORK_TYPE: _integer(1),
    TlvTag.SOURCE_BEARER_TYPE: _integer(1),
    TlvTag.SOURCE_TELEMATICS_ID: _short_integer(),
    TlvTag.QOS_TIME_TO_LIVE: _integer(4),
    TlvTag.PAYLOAD_TYPE: _integer(1),
    TlvTag.ADDITIONAL_STATUS_INFO_TEXT: _text(1, 256),
    TlvTag.RECEIPTED_MESSAGE_ID: _text(1, 65),
    TlvTag.MS_MSG_WAIT_FACILITIES: _integer(1),
    TlvTag.PRIVACY_INDICATOR: _integer(1),
    TlvTag.SOURCE_SUBADDRESS: _octets(2, 23),
    TlvTag.DEST_SUBADDRESS: _octets(2, 23),
    TlvTag.USER_MESSAGE_REFERENCE: _integer(2),
    TlvTag.USER_RESPONSE_CODE: _integer(1),
    TlvTag.SOURCE_PORT: _integer(2),
    TlvTag.DESTINATION_PORT: _integer(2),
    TlvTag.SAR_MSG_REF_NUM: _integer(2),
    TlvTag.LANGUAGE_INDICATOR: _integer(1),
    TlvTag.SAR_TOTAL_SEGMENTS: _integer(1),
    TlvTag.SAR_SEGMENT_SEQNUM: _integer(1),
    TlvTag.SC_INTERFACE_VERSION: _integer(1),
    TlvTag.CALLBACK_NUM_PRES_IND: _integer(1),
    TlvTag.CALLBACK_NUM_ATAG: _octets(0, 65),
    TlvTag.NUMBER_OF_MESSAGES: _integer(1),
    TlvTag.CALLBACK_NUM: _octets(4, 19),
    TlvTag.DPF_RESULT: _integer(1),
    TlvTag.SET_DPF: _integer(1),
    TlvTag.MS_AVAILABILITY_STATUS: _integer(1),
    TlvTag.NETWORK_ERROR_CODE: _pair(NetworkErrorCode),
    TlvTag.MESSAGE_PAYLOAD: _octets(0, 65_535),
    TlvTag.DELIVERY_FAILURE_REASON: _integer(1),
    TlvTag.MORE_MESSAGES_TO_SEND: _integer(1),
    TlvTag.MESSAGE_STATE: _integer(1, MessageState.of),
    TlvTag.CONGESTION_STATE: _integer(1),
    TlvTag.USSD_SERVICE_OP: _octets(1, 1),
    TlvTag.BROADCAST_CHANNEL_INDICATOR: _integer(1),
    TlvTag.BROADCAST_CONTENT_TYPE: _pair(BroadcastContentType),
    TlvTag.BROADCAST_CONTENT_TYPE_INFO: _octets(0, 255),
    TlvTag.BROADCAST_MESSAGE_CLASS: _integer(1),
    TlvTag.BROADCAST_REP_NUM: _integer(2),
    TlvTag.BROADCAST_FREQUENCY_INTERVAL: _pair(BroadcastFrequencyInterval),
    TlvTag.BROADCAST_AREA_IDENTIFIER: _octets(0, 65_535),
    TlvTag.BROADCAST_ERROR_STATUS: _integer(4, CommandStatus.of),
    TlvTag.BROADCAST_AREA_SUCCESS: _integer(1),
    TlvTag.BROADCAST_END_TIME: _text(16, 17),
    TlvTag.BROADCAST_SERVICE_GROUP: _octets(1, 255),
    TlvTag.BILLING_IDENTIFICATION: _octets(1, 1024),
    TlvTag.SOURCE_NETWORK_ID: _text(7, 65),
    TlvTag.DEST_NETWORK_ID: _text(7, 65),
    TlvTag.SOURCE_NODE_ID: _octets(6, 6),
    TlvTag.DEST_NODE_ID: _octets(6, 6),
    TlvTag.DEST_ADDR_NP_RESOLUTION: _integer(1),
    TlvTag.DEST_ADDR_NP_INFORMATION: _octets(10, 10),
    TlvTag.DEST_ADDR_NP_COUNTRY: _octets(1, 5),
    TlvTag.DISPLAY_TIME: _integer(1),
    TlvTag.SMS_SIGNAL: _integer(2),
    TlvTag.MS_VALIDITY: _octets(1, 4),
    TlvTag.ALERT_ON_MESSAGE_DELIVERY: _octets(0, 1),
    TlvTag.ITS_REPLY_TYPE: _integer(1),
    TlvTag.ITS_SESSION_INFO: _octets(2, 2),
}
"""Every tag of v3.4 and v5.0. A vendor's tag may be added:
`TLVS[0x2000] = TlvType(ValueAdapter(read, write), 1, 6)`."""

_UNDECLARED = _octets(0, 65_535)

_HARMLESS = frozenset(TLVS) - {
    TlvTag.MESSAGE_PAYLOAD,
    TlvTag.CALLBACK_NUM,
    TlvTag.CALLBACK_NUM_ATAG,
    TlvTag.SOURCE_SUBADDRESS,
    TlvTag.DEST_SUBADDRESS,
}
"""Tags whose value may appear in a repr: no text, no number of a person."""


def limits(tag: int) -> tuple[int, int]:
    """Return the least and the most octets that a value of *tag* may have when it is sent."""
    known = TLVS.get(tag, _UNDECLARED)
    return known.minimum, known.maximum


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
        try:
            octets = TLVS.get(tag, _UNDECLARED).build(value)
        except OverflowError:
            got = shown_number(value)
            reason = f"takes an integer of {most} octets, got {got}"
            raise EncodeError("Tlv", name_of(tag), got, reason) from None
        except Exception:  # noqa: BLE001 - construct and callers' values raise anything
            reason = f"takes another kind of value, got {type(value).__name__}"
            raise EncodeError("Tlv", name_of(tag), shown_type(value), reason) from None
        if not least <= len(octets) <= most:
            reason = f"takes {least} to {most} octets, got {len(octets)}"
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
    the end, which can't be a TLV, are passed over.
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
                raise FieldError(f"takes {least} to {most} octets, got {len(value)}", where)
            stream.write(tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value)
        return obj
