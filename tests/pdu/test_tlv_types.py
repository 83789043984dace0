"""What the values of optional parameters are: typed values out of octets and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.enums import CommandStatus, MessageState, TlvTag
from pdu.errors import EncodeError
from pdu.tlv_types import TLVS, TlvType, ValueAdapter
from pdu.tlv_values import (
    AlertPriority,
    BearerType,
    BroadcastContentType,
    BroadcastFrequencyInterval,
    DeliveryFailureReason,
    DpfResult,
    MsAvailabilityStatus,
    MsValidity,
    MsValidityBehaviour,
    NetworkErrorCode,
    NetworkType,
    PayloadType,
    TimeUnit,
    UssdServiceOp,
)
from pdu.tlvs import Tlv, limits, read_tlv

if TYPE_CHECKING:
    from collections.abc import Iterator

BEARER, STATE, VALIDITY = TlvTag.DEST_BEARER_TYPE, TlvTag.MESSAGE_STATE, TlvTag.MS_VALIDITY


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [
        (TlvTag.PAYLOAD_TYPE, PayloadType.WCMP, "01"),
        (TlvTag.DELIVERY_FAILURE_REASON, DeliveryFailureReason.PERMANENT_NETWORK_ERROR, "02"),
        (TlvTag.DPF_RESULT, DpfResult.SET, "01"),
        (TlvTag.MS_AVAILABILITY_STATUS, MsAvailabilityStatus.DENIED, "01"),
        (TlvTag.MS_AVAILABILITY_STATUS, 9, "09"),
        (TlvTag.SOURCE_NETWORK_TYPE, NetworkType.PAGING_NETWORK, "08"),
        (BEARER, BearerType.USSD, "04"),
        (TlvTag.USSD_SERVICE_OP, UssdServiceOp.USSN_REQUEST, "03"),
        (VALIDITY, MsValidityBehaviour.DISPLAY_ONLY, "03"),
        (VALIDITY, b"\0\3", "0003"),
        (VALIDITY, MsValidity(MsValidityBehaviour.RELATIVE, TimeUnit.HOURS, 258), "040A0102"),
        (TlvTag.ALERT_ON_MESSAGE_DELIVERY, AlertPriority.HIGH, "03"),
        (TlvTag.USER_MESSAGE_REFERENCE, 0xBEEF, "BEEF"),
        (TlvTag.QOS_TIME_TO_LIVE, 86_400, "00015180"),
        (TlvTag.SOURCE_TELEMATICS_ID, 7, "07"),
        (TlvTag.SOURCE_TELEMATICS_ID, 0x0107, "0107"),
        (TlvTag.RECEIPTED_MESSAGE_ID, "855469", "38353534363900"),
        (TlvTag.ADDITIONAL_STATUS_INFO_TEXT, "", "00"),
        (TlvTag.MESSAGE_STATE, MessageState.REJECTED, "08"),
        (TlvTag.MESSAGE_STATE, 99, "63"),
        (TlvTag.BROADCAST_ERROR_STATUS, CommandStatus.ESME_RBCASTFAIL, "0000010D"),
        (TlvTag.NETWORK_ERROR_CODE, NetworkErrorCode(3, 0x0102), "030102"),
        (TlvTag.BROADCAST_CONTENT_TYPE, BroadcastContentType(1, 16), "010010"),
        (TlvTag.BROADCAST_FREQUENCY_INTERVAL, BroadcastFrequencyInterval(9, 5), "090005"),
        (TlvTag.BROADCAST_END_TIME, "261123103000012+", "3236313132333130333030303031322B00"),
        (TlvTag.MESSAGE_PAYLOAD, b"\x00\xff", "00FF"),
        (TlvTag.ALERT_ON_MESSAGE_DELIVERY, b"", ""),
        (0x2000, b"0.05\0", "302E303500"),
    ],
)
def test_typed_values_both_ways(tag: int, value: object, octets: str) -> None:
    """v3.4 §5.3: a number is a number, a text has no NUL, octets are octets."""
    tlv = Tlv.of(tag, value)

    assert (tag, bytes.fromhex(octets)) == tuple(tlv)
    read = read_tlv(tag, tlv.value)
    assert (type(value), value) == (type(read), read)


@pytest.mark.parametrize(
    ("tag", "octets", "value"),
    [
        (TlvTag.RECEIPTED_MESSAGE_ID, b"855469", "855469"),
        (TlvTag.RECEIPTED_MESSAGE_ID, b"85\x005469\0", "85"),
        (TlvTag.RECEIPTED_MESSAGE_ID, b"\xe9\0", "é"),
        (TlvTag.MESSAGE_STATE, b"", b""),
        (TlvTag.MESSAGE_STATE, b"\0\0\2", b"\0\0\2"),
        (TlvTag.MESSAGE_STATE, b"DELIVRD", b"DELIVRD"),
        (TlvTag.SAR_TOTAL_SEGMENTS, b"\0\2", 2),
        (TlvTag.SAR_TOTAL_SEGMENTS, b"\0\0\0\2", 2),
        (TlvTag.SAR_MSG_REF_NUM, b"\7", 7),
        (TlvTag.QOS_TIME_TO_LIVE, b"\1\0", 256),
        (TlvTag.MESSAGE_STATE, b"\0\2", MessageState.DELIVERED),
        (TlvTag.USSD_SERVICE_OP, b"", b""),
        (TlvTag.MS_VALIDITY, b"\4\x0a\1", b"\4\x0a\1"),
        (TlvTag.NETWORK_ERROR_CODE, b"\3\0\0\1", b"\3\0\0\1"),
        (TlvTag.SOURCE_TELEMATICS_ID, b"\0\1\2", b"\0\1\2"),
        (0x2001, b"\xff\0", b"\xff\0"),
        (0xFFFF, b"", b""),
    ],
)
def test_odd_value_is_read_or_stays_octets(tag: int, octets: bytes, value: object) -> None:
    """Nothing that comes in is refused: a missing NUL is none the worse, a wrong size is raw."""
    assert value == read_tlv(tag, octets)


@given(st.sampled_from([*TLVS, 0x2000]), st.binary(max_size=80))
def test_reading_never_raises(tag: int, value: bytes) -> None:
    """Whatever a gateway puts there."""
    read_tlv(tag, value)


@given(st.sampled_from([*TLVS]), st.data())
def test_what_is_read_can_be_written_again(tag: int, data: st.DataObject) -> None:
    """For numbers and octets, to the same octets; texts lose what stands behind their NUL."""
    least, most = limits(tag)
    octets = data.draw(st.binary(min_size=least, max_size=min(most, least + 8)))
    value = read_tlv(tag, octets)

    if not isinstance(value, str) and tag != TlvTag.SOURCE_TELEMATICS_ID:
        assert Tlv(tag, octets) == Tlv.of(tag, value)


@given(st.binary(max_size=30))
def test_fast_reading_agrees_with_the_construct(drawn: bytes) -> None:
    """Integers and texts are read and written without a stream; the construct is the authority."""
    for tag, known in TLVS.items():
        least, most = limits(tag)
        octets = drawn[:most].ljust(least, b"\1")
        value = known.construct.parse(octets)

        assert (type(value), value) == (type(known.parse(octets)), known.parse(octets))
        if not isinstance(value, str) or value.isascii():
            assert known.construct.build(value) == known.build(value)


@pytest.fixture
def cost() -> Iterator[int]:
    """Declare a vendor's TLV and forget it again."""

    def read(value: bytes) -> Any:  # noqa: ANN401 - what a vendor's reader gives
        return float(value.partition(b"\0")[0])

    def write(number: Any) -> bytes:  # noqa: ANN401 - the same
        return b"%.2f\0" % number

    TLVS[0x2000] = TlvType(ValueAdapter(read, write), 1, 6)
    yield 0x2000
    del TLVS[0x2000]


def test_vendor_tlv_may_be_declared(cost: int) -> None:
    """The gateway's price is a text of at most six octets; what can't be read stays octets."""
    assert Tlv(cost, b"0.05\0") == Tlv.of(cost, 0.05)
    assert 0.05 == read_tlv(cost, b"0.05\0")
    assert b"n/a\0" == read_tlv(cost, b"n/a\0")
    with pytest.raises(EncodeError, match="takes 1 to 6 octets, got 7"):
        Tlv.of(cost, 100.05)


@pytest.mark.parametrize("octets", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_octets_of_any_type_are_written(octets: bytes) -> None:
    """A value that was read into a buffer needs no copy by the caller."""
    assert b"abc" == Tlv.of(TlvTag.MESSAGE_PAYLOAD, octets).value
    assert b"abc" == Tlv.of(0x1400, octets).value


@pytest.mark.parametrize("value", [3, "abc", [1, 2], None])
def test_what_is_no_octets_is_refused(value: object) -> None:
    """`bytes(3)` would be three NULs."""
    with pytest.raises(EncodeError):
        Tlv.of(TlvTag.MESSAGE_PAYLOAD, value)


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [
        (VALIDITY, 3, b"\3"),
        (VALIDITY, 258, b"\1\2"),
        (VALIDITY, b"\0\3", b"\0\3"),
        (TlvTag.USSD_SERVICE_OP, b"\3", b"\3"),
        (TlvTag.SAR_TOTAL_SEGMENTS, 2, b"\2"),
    ],
)
def test_a_number_is_written_in_the_width_of_its_tag(
    tag: int, value: object, octets: bytes
) -> None:
    """What is lenient when it is read is strict when it is written; ms_validity has two widths."""
    assert octets == Tlv.of(tag, value).value


def test_names_equal_their_numbers() -> None:
    """A program that compared with numbers goes on working."""
    assert (3, 256) == read_tlv(TlvTag.NETWORK_ERROR_CODE, b"\3\1\0")
    assert 4 == read_tlv(BEARER, b"\4")
    assert "GSM" == read_tlv(TlvTag.NETWORK_ERROR_CODE, b"\3\1\0").network_type.name


def test_a_nul_ends_no_text_early() -> None:
    """What stands behind it would be lost."""
    with pytest.raises(EncodeError, match="takes another kind of value, got str"):
        Tlv.of(TlvTag.RECEIPTED_MESSAGE_ID, "8\x005")
