"""Optional parameters: what each tag is called, how long its value is, what it means.

Rule: nothing that comes in is refused for its tag or its value. A value that makes no sense for
its type stays octets; only what goes out is held to the limits. Written to be read beside
v3.4 §5.3 and, from `congestion_state` and 0x0600 on, v5.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import construct

from pdu.enums import CommandStatus, MessageState, OpenIntEnum, TlvTag
from pdu.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NetworkErrorCode(NamedTuple):
    """Value of network_error_code: which kind of network spoke, and its code."""

    network_type: int
    error_code: int


class BroadcastContentType(NamedTuple):
    """Value of broadcast_content_type."""

    network_type: int
    content_type: int


class BroadcastFrequencyInterval(NamedTuple):
    """Value of broadcast_frequency_interval: a unit (8 seconds, 9 minutes, …) and how many."""

    time_unit: int
    number: int


class TlvType(NamedTuple):
    """What the specification says of one tag.

    `read` and `write` are the construct's own parse and build, short-cut where that is an
    integer or a string; they may raise anything, `read_tlv` and `Tlv.of` catch it.
    """

    construct: construct.Construct
    minimum: int
    maximum: int
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


def _integer(octets: int, values: Callable[[int], int] = int) -> TlvType:
    """An unsigned integer."""
    declared = construct.BytesInteger(octets)

    def read(value: bytes) -> int:
        return values(int.from_bytes(value, "big"))

    def write(number: int) -> bytes:
        return int.to_bytes(number, octets, "big")

    return TlvType(declared, octets, octets, read, write)


def _named(values: type[OpenIntEnum], octets: int = 1) -> TlvType:
    """An integer whose numbers have names."""
    return _integer(octets, values.of)


def _text(minimum: int, maximum: int) -> TlvType:
    """ASCII and a NUL, which may be missing when it is read."""

    def read(value: bytes) -> str:
        return value.partition(b"\0")[0].decode("latin-1")

    def write(text: str) -> bytes:
        if "\0" in text:
            raise ValueError
        return text.encode("ascii") + b"\0"

    return TlvType(construct.NullStripped(construct.GreedyBytes), minimum, maximum, read, write)


def _as_octets(value: object) -> bytes:
    """Return octets as `bytes`; anything else is a TypeError."""
    # bytes(5) would be five NULs, and bytes([5]) nobody's intention.
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    return bytes(value)


def _octets(minimum: int, maximum: int) -> TlvType:
    """Octets as they are."""
    return TlvType(construct.GreedyBytes, minimum, maximum, bytes, _as_octets)


def _pair(cls: Callable[..., tuple[int, int]]) -> TlvType:
    """One octet and two, as a NamedTuple."""
    declared = construct.Sequence(construct.Int8ub, construct.Int16ub)
    return TlvType(declared, 3, 3, lambda value: cls(*declared.parse(value)), declared.build)


def _either(minimum: int, maximum: int) -> TlvType:
    """An integer whose size the versions of the specification disagree on."""

    def write(number: int) -> bytes:
        size = max(minimum, (number.bit_length() + 7) // 8)
        return number.to_bytes(size, "big")

    declared = construct.GreedyBytes
    return TlvType(declared, minimum, maximum, lambda value: int.from_bytes(value, "big"), write)


TLVS: dict[int, TlvType] = {
    TlvTag.DEST_ADDR_SUBUNIT: _integer(1),
    TlvTag.DEST_NETWORK_TYPE: _integer(1),
    TlvTag.DEST_BEARER_TYPE: _integer(1),
    TlvTag.DEST_TELEMATICS_ID: _integer(2),
    TlvTag.SOURCE_ADDR_SUBUNIT: _integer(1),
    TlvTag.SOURCE_NETWORK_TYPE: _integer(1),
    TlvTag.SOURCE_BEARER_TYPE: _integer(1),
    TlvTag.SOURCE_TELEMATICS_ID: _either(1, 2),
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
    TlvTag.MESSAGE_STATE: _named(MessageState),
    TlvTag.CONGESTION_STATE: _integer(1),
    TlvTag.USSD_SERVICE_OP: _octets(1, 1),
    TlvTag.BROADCAST_CHANNEL_INDICATOR: _integer(1),
    TlvTag.BROADCAST_CONTENT_TYPE: _pair(BroadcastContentType),
    TlvTag.BROADCAST_CONTENT_TYPE_INFO: _octets(0, 255),
    TlvTag.BROADCAST_MESSAGE_CLASS: _integer(1),
    TlvTag.BROADCAST_REP_NUM: _integer(2),
    TlvTag.BROADCAST_FREQUENCY_INTERVAL: _pair(BroadcastFrequencyInterval),
    TlvTag.BROADCAST_AREA_IDENTIFIER: _octets(0, 65_535),
    TlvTag.BROADCAST_ERROR_STATUS: _named(CommandStatus, 4),
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
"""Every tag of v3.4 and v5.0. A vendor's tag may be added: `TLVS[0x2000] = …`."""

_ANY = (0, 65_535)

_TELLING = frozenset(TLVS) - {
    TlvTag.MESSAGE_PAYLOAD,
    TlvTag.CALLBACK_NUM,
    TlvTag.CALLBACK_NUM_ATAG,
    TlvTag.SOURCE_SUBADDRESS,
    TlvTag.DEST_SUBADDRESS,
}
"""Tags whose value may appear in a repr: no text, no number of a person."""


def limits(tag: int) -> tuple[int, int]:
    """Return the least and the most octets that a value of *tag* may have when it is sent."""
    known = TLVS.get(tag)
    return (known.minimum, known.maximum) if known else _ANY


class Tlv:
    """One optional parameter as it is on the wire. A value: equal by tag and octets, hashable.

    Unpacks as a pair: `for tag, value in pdu.tlvs`.

    Args:
        tag: A `TlvTag`, or the bare number of a tag that has no name here.
        value: Octets, without tag and length.
    """

    __slots__ = ("tag", "value")

    # A plain slots class, because a NamedTuple takes more than twice as long to make.
    def __init__(self, tag: int, value: bytes) -> None:
        self.tag = tag
        self.value = value

    @classmethod
    def of(cls, tag: int, value: object) -> Self:
        """Make a TLV of a typed value: a number, text without its NUL, or octets.

        Raises:
            EncodeError: The value isn't what the tag takes.
        """
        known = TLVS.get(tag)
        try:
            octets = known.write(value) if known else _as_octets(value)
        except OverflowError:
            reason = f"takes an integer of {limits(tag)[1]} octets, got {value}"
            raise EncodeError("Tlv", name_of(tag), value, reason) from None
        except Exception:  # noqa: BLE001 - construct and callers' values raise what they like
            reason = f"takes another kind of value, got {type(value).__name__}"
            raise EncodeError("Tlv", name_of(tag), f"<{type(value).__name__}>", reason) from None
        least, most = limits(tag)
        if not least <= len(octets) <= most:
            reason = f"takes {least} to {most} octets, got {len(octets)}"
            raise EncodeError("Tlv", name_of(tag), f"<{len(octets)} octets>", reason)
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
        tag = name_of(self.tag)
        value: object = self.value
        if not isinstance(value, bytes | bytearray):
            return f"Tlv({tag}, <{type(value).__name__}>)"
        if self.tag in _TELLING:
            return f"Tlv({tag}, {value.hex() or '-'})"
        return f"Tlv({tag}, <{len(value)} octets>)"


def name_of(tag: object) -> str:
    """Return the specification's name of *tag* in lower case, or its number in hexadecimal."""
    if not isinstance(tag, int):
        return f"<{type(tag).__name__}>"
    known = TlvTag.of(tag)
    return known.name.lower() if isinstance(known, TlvTag) else f"0x{tag:04X}"


def read_tlv(tag: int, value: bytes) -> Any:  # noqa: ANN401 - the type depends on the tag
    """Return what *value* means for *tag*, or *value* itself when it means nothing for it."""
    known = TLVS.get(tag)
    if known is None or not known.minimum <= len(value) <= known.maximum:
        return value
    try:
        return known.read(value)
    except Exception:  # noqa: BLE001 - a vendor's reader raises what it likes
        return value
