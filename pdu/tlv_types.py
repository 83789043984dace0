"""What the specification says of the value of each optional parameter (TLV).

Rule: a value that doesn't fit the type of its tag stays octets; limits apply to what is sent, and
an integer is read in any width that integers have. The table is to be read beside v3.4 §5.3 and,
for `congestion_state` and from 0x0600 on, v5.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import construct

from pdu.enums import CommandStatus, MessageState, TlvTag
from pdu.fields import Context, Integer
from pdu.tlv_values import (
    AddressSubunit,
    AlertPriority,
    BearerType,
    BroadcastChannel,
    BroadcastContentType,
    BroadcastFrequencyInterval,
    DeliveryFailureReason,
    DisplayTime,
    DpfResult,
    ErrorNetwork,
    ItsReplyType,
    LanguageIndicator,
    MoreMessagesToSend,
    MsAvailabilityStatus,
    MsValidity,
    MsValidityBehaviour,
    NetworkErrorCode,
    NetworkType,
    NumberPortability,
    PayloadType,
    PrivacyIndicator,
    SetDpf,
    TimeUnit,
    UssdServiceOp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container


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


_INTEGER_WIDTHS = (1, 2, 4)
"""Octets of the integers of SMPP (v3.4 §3.1). SMSCs write some TLVs in another width."""


class TlvType:
    """What the specification says of one tag.

    Args:
        declared: The construct of the value; it may raise anything, `read` and `Tlv.of` catch it.
        minimum: The least octets of a value.
        maximum: The most octets of a value. An `Integer` is read in 1, 2 or 4 octets, whatever it
            is written in.
    """

    __slots__ = ("_widths", "build", "construct", "maximum", "minimum", "parse")

    def __init__(self, declared: construct.Construct, minimum: int, maximum: int) -> None:
        self.construct = declared
        self.minimum = minimum
        self.maximum = maximum
        self._widths: Container[int] = range(minimum, maximum + 1)
        self.parse: Callable[[bytes], Any] = declared.parse
        self.build: Callable[[Any], bytes] = declared.build
        # hot path: integers and whole values need no stream
        match declared:
            case Integer():
                values, size = declared.values, declared.octets
                self._widths = _INTEGER_WIDTHS
                self.parse = lambda octets: values(int.from_bytes(octets, "big"))
                self.build = lambda number: int.to_bytes(number, size, "big")
            case ValueAdapter():
                self.parse, self.build = declared.read, declared.write

    def read(self, value: bytes) -> Any:  # noqa: ANN401 - the type depends on the tag
        """Return what *value* means, or *value* itself when it means nothing."""
        if len(value) not in self._widths:
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


def short_integer() -> TlvType:
    """An integer of 1 octet in one version of the specification and 2 in another."""
    return TlvType(ValueAdapter(lambda octets: int.from_bytes(octets, "big"), _as_short), 1, 2)


def _as_short(number: int) -> bytes:
    """Return a number in the fewest octets."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def _named_octet(values: Callable[[int], int], minimum: int = 1) -> TlvType:
    """An octet with a name, written from a number or octets; no octet, if that is allowed."""

    def read(octets: bytes) -> int | bytes:
        return values(octets[0]) if octets else octets

    def write(value: object) -> bytes:
        return _as_short(value) if isinstance(value, int) else _as_octets(value)

    return TlvType(ValueAdapter(read, write), minimum, 1)


def _ms_validity() -> TlvType:
    """An integer, of 1 octet in v3.4 and 2 at some SMSCs, or the three fields of v5.0."""

    def read(octets: bytes) -> object:
        behaviour = MsValidityBehaviour.of(octets[0])
        match len(octets):
            case 1:
                return behaviour
            case 4:
                number = int.from_bytes(octets[2:], "big")
                return MsValidity(behaviour, TimeUnit.of(octets[1]), number)
            case _:
                return octets

    def write(value: object) -> bytes:
        if isinstance(value, MsValidity):
            return bytes(value[:2]) + value.number.to_bytes(2, "big")
        return _as_short(value) if isinstance(value, int) else _as_octets(value)

    return TlvType(ValueAdapter(read, write), 1, 4)


def text_of(minimum: int, maximum: int) -> TlvType:
    """ASCII and a NUL, which may be missing when it is read."""

    def read(octets: bytes) -> str:
        return octets.partition(b"\0")[0].decode("latin-1")

    def write(text: str) -> bytes:
        if "\0" in text:
            raise ValueError
        return text.encode("ascii") + b"\0"

    return TlvType(ValueAdapter(read, write), minimum, maximum)


def octets_of(minimum: int, maximum: int) -> TlvType:
    """Octets as they are."""
    return TlvType(ValueAdapter(bytes, _as_octets), minimum, maximum)


def _as_octets(value: object) -> bytes:
    """Return octets of any type that holds them; a number isn't a count of NULs."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    return bytes(value)


def _pair(cls: Callable[..., tuple[int, int]], values: Callable[[int], int] = int) -> TlvType:
    """One octet and two, as a NamedTuple."""
    pair = construct.Sequence(construct.Int8ub, construct.Int16ub)

    def read(found: list[int], _: Context) -> tuple[int, int]:
        return cls(values(found[0]), found[1])

    return TlvType(construct.ExprAdapter(pair, read, lambda value, _: value), 3, 3)


TLVS: dict[int, TlvType] = {
    TlvTag.DEST_ADDR_SUBUNIT: _integer(1, AddressSubunit.of),
    TlvTag.DEST_NETWORK_TYPE: _integer(1, NetworkType.of),
    TlvTag.DEST_BEARER_TYPE: _integer(1, BearerType.of),
    TlvTag.DEST_TELEMATICS_ID: _integer(2),
    TlvTag.SOURCE_ADDR_SUBUNIT: _integer(1, AddressSubunit.of),
    TlvTag.SOURCE_NETWORK_TYPE: _integer(1, NetworkType.of),
    TlvTag.SOURCE_BEARER_TYPE: _integer(1, BearerType.of),
    TlvTag.SOURCE_TELEMATICS_ID: short_integer(),
    TlvTag.QOS_TIME_TO_LIVE: _integer(4),
    TlvTag.PAYLOAD_TYPE: _integer(1, PayloadType.of),
    TlvTag.ADDITIONAL_STATUS_INFO_TEXT: text_of(1, 256),
    TlvTag.RECEIPTED_MESSAGE_ID: text_of(1, 65),
    TlvTag.MS_MSG_WAIT_FACILITIES: _integer(1),
    TlvTag.PRIVACY_INDICATOR: _integer(1, PrivacyIndicator.of),
    TlvTag.SOURCE_SUBADDRESS: octets_of(2, 23),
    TlvTag.DEST_SUBADDRESS: octets_of(2, 23),
    TlvTag.USER_MESSAGE_REFERENCE: _integer(2),
    TlvTag.USER_RESPONSE_CODE: _integer(1),
    TlvTag.SOURCE_PORT: _integer(2),
    TlvTag.DESTINATION_PORT: _integer(2),
    TlvTag.SAR_MSG_REF_NUM: _integer(2),
    TlvTag.LANGUAGE_INDICATOR: _integer(1, LanguageIndicator.of),
    TlvTag.SAR_TOTAL_SEGMENTS: _integer(1),
    TlvTag.SAR_SEGMENT_SEQNUM: _integer(1),
    TlvTag.SC_INTERFACE_VERSION: _integer(1),
    TlvTag.CALLBACK_NUM_PRES_IND: _integer(1),
    TlvTag.CALLBACK_NUM_ATAG: octets_of(0, 65),
    TlvTag.NUMBER_OF_MESSAGES: _integer(1),
    TlvTag.CALLBACK_NUM: octets_of(4, 19),
    TlvTag.DPF_RESULT: _integer(1, DpfResult.of),
    TlvTag.SET_DPF: _integer(1, SetDpf.of),
    TlvTag.MS_AVAILABILITY_STATUS: _integer(1, MsAvailabilityStatus.of),
    TlvTag.NETWORK_ERROR_CODE: _pair(NetworkErrorCode, ErrorNetwork.of),
    TlvTag.MESSAGE_PAYLOAD: octets_of(0, 65_535),
    TlvTag.DELIVERY_FAILURE_REASON: _integer(1, DeliveryFailureReason.of),
    TlvTag.MORE_MESSAGES_TO_SEND: _integer(1, MoreMessagesToSend.of),
    TlvTag.MESSAGE_STATE: _integer(1, MessageState.of),
    TlvTag.CONGESTION_STATE: _integer(1),
    TlvTag.USSD_SERVICE_OP: _named_octet(UssdServiceOp.of),
    TlvTag.BROADCAST_CHANNEL_INDICATOR: _integer(1, BroadcastChannel.of),
    TlvTag.BROADCAST_CONTENT_TYPE: _pair(BroadcastContentType, NetworkType.of),
    TlvTag.BROADCAST_CONTENT_TYPE_INFO: octets_of(0, 255),
    TlvTag.BROADCAST_MESSAGE_CLASS: _integer(1),
    TlvTag.BROADCAST_REP_NUM: _integer(2),
    TlvTag.BROADCAST_FREQUENCY_INTERVAL: _pair(BroadcastFrequencyInterval, TimeUnit.of),
    TlvTag.BROADCAST_AREA_IDENTIFIER: octets_of(0, 65_535),
    TlvTag.BROADCAST_ERROR_STATUS: _integer(4, CommandStatus.of),
    TlvTag.BROADCAST_AREA_SUCCESS: _integer(1),
    TlvTag.BROADCAST_END_TIME: text_of(16, 17),
    TlvTag.BROADCAST_SERVICE_GROUP: octets_of(1, 255),
    TlvTag.BILLING_IDENTIFICATION: octets_of(1, 1024),
    TlvTag.SOURCE_NETWORK_ID: text_of(7, 65),
    TlvTag.DEST_NETWORK_ID: text_of(7, 65),
    TlvTag.SOURCE_NODE_ID: octets_of(6, 6),
    TlvTag.DEST_NODE_ID: octets_of(6, 6),
    TlvTag.DEST_ADDR_NP_RESOLUTION: _integer(1, NumberPortability.of),
    TlvTag.DEST_ADDR_NP_INFORMATION: octets_of(10, 10),
    TlvTag.DEST_ADDR_NP_COUNTRY: octets_of(1, 5),
    TlvTag.DISPLAY_TIME: _integer(1, DisplayTime.of),
    TlvTag.SMS_SIGNAL: _integer(2),
    TlvTag.MS_VALIDITY: _ms_validity(),
    TlvTag.ALERT_ON_MESSAGE_DELIVERY: _named_octet(AlertPriority.of, 0),
    TlvTag.ITS_REPLY_TYPE: _integer(1, ItsReplyType.of),
    TlvTag.ITS_SESSION_INFO: octets_of(2, 2),
}
"""Every tag of v3.4 and v5.0. A vendor's tag may be added:
`TLVS[0x2000] = TlvType(ValueAdapter(read, write), 1, 6)`."""
