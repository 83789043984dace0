"""Optional parameters: typed values out of octets and back."""

from __future__ import annotations

import copy
import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.enums import CommandStatus, MessageState, TlvTag
from pdu.errors import EncodeError
from pdu.fields import FieldError
from pdu.tlvs import (
    TLVS,
    BroadcastContentType,
    BroadcastFrequencyInterval,
    NetworkErrorCode,
    Tlv,
    TlvList,
    TlvType,
    ValueAdapter,
    limits,
    name_of,
    read_tlv,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [
        (TlvTag.PAYLOAD_TYPE, 1, "01"),
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


@pytest.mark.parametrize(
    ("tag", "value", "said"),
    [
        (0x0427, 256, "Tlv.message_state: takes an integer of 1 octets, got 256"),
        (0x0427, -1, "Tlv.message_state: takes an integer of 1 octets, got -1"),
        (0x0427, "2", "Tlv.message_state: takes another kind of value, got str"),
        (0x0010, 65_536, "Tlv.source_telematics_id: takes 1 to 2 octets, got 3"),
        (0x001E, 855469, "Tlv.receipted_message_id: takes another kind of value, got int"),
        (0x001E, "й", "Tlv.receipted_message_id: takes another kind of value, got str"),
        (0x001E, "8\x005", "Tlv.receipted_message_id: takes another kind of value, got str"),
        (0x001E, "x" * 65, "Tlv.receipted_message_id: takes 1 to 65 octets, got 66"),
        (0x0423, (3, 70_000), "Tlv.network_error_code: takes another kind of value, got tuple"),
        (0x0424, "text", "Tlv.message_payload: takes another kind of value, got str"),
        (0x0424, 5, "Tlv.message_payload: takes another kind of value, got int"),
        (0x0424, bytes(65_536), "Tlv.message_payload: takes 0 to 65535 octets, got 65536"),
        (0x0501, b"ab", "Tlv.ussd_service_op: takes 1 to 1 octets, got 2"),
        (0x2000, 5, "Tlv.0x2000: takes another kind of value, got int"),
        (0x2000, "0.05", "Tlv.0x2000: takes another kind of value, got str"),
    ],
)
def test_value_that_its_tag_does_not_take_is_refused(tag: int, value: object, said: str) -> None:
    """By name and kind or size, never by the value of a text."""
    with pytest.raises(EncodeError) as caught:
        Tlv.of(tag, value)
    assert said == str(caught.value)
    assert "text" not in repr(caught.value) + repr(caught.value.value)


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


def test_tlvs_are_values() -> None:
    """Equal by tag and octets, hashable, unpacked as a pair, and they travel."""
    tlv = Tlv(TlvTag.MESSAGE_STATE, b"\2")

    assert Tlv(0x0427, b"\2") == tlv
    assert {Tlv(0x0427, b"\2")} == {tlv}
    assert Tlv(0x0427, b"\3") != tlv
    assert Tlv(0x0426, b"\2") != tlv
    assert (0x0427, b"\2") != tlv
    assert (0x0427, b"\2") == tuple(tlv)
    assert tlv == copy.copy(tlv) == pickle.loads(pickle.dumps(tlv))  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("tlv", "shown"),
    [
        (Tlv(0x0427, b"\2"), "Tlv(message_state, 02)"),
        (Tlv(0x130C, b""), "Tlv(alert_on_message_delivery, -)"),
        (Tlv(0x0424, b"a text"), "Tlv(message_payload, <6 octets>)"),
        (Tlv(0x0381, b"79161234567"), "Tlv(callback_num, <11 octets>)"),
        (Tlv(0x2000, b"0.05"), "Tlv(0x2000, <4 octets>)"),
        (Tlv(0x0424, "a text"), "Tlv(message_payload, <str>)"),  # type: ignore[arg-type]
        (Tlv("a text", b""), "Tlv(<str>, <0 octets>)"),  # type: ignore[arg-type]
    ],
)
def test_repr_shows_no_text_and_no_number(tlv: Tlv, shown: str) -> None:
    """Nor does it fail for a value that could never go out."""
    assert shown == repr(tlv)


def test_tags_have_the_names_of_the_specification() -> None:
    """Every tag that has a name has a type, and the other way round."""
    assert "sc_interface_version" == name_of(0x0210)
    assert "0x2002" == name_of(0x2002)
    assert {*TlvTag} == {*TLVS}
    assert (0, 65_535) == limits(0x2000)


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


LISTS: list[tuple[tuple[Tlv, ...], bytes]] = [
    ((), b""),
    ((Tlv(0x0427, b"\2"), Tlv(0x2000, b"")), b"\4\x27\0\1\2\x20\0\0\0"),
]


@pytest.mark.parametrize(("tlvs", "octets"), LISTS)
def test_list_of_tlvs_both_ways(tlvs: tuple[Tlv, ...], octets: bytes) -> None:
    """Up to the end of the PDU, each with its tag and its length."""
    assert (octets, tlvs) == (TlvList().build(tlvs), TlvList().parse(octets))


@pytest.mark.parametrize(
    ("tlvs", "path", "reason"),
    [
        (5, ".f", "takes a tuple of Tlv, got int"),
        (((1, b""),), ".f[0]", "takes Tlv, got tuple"),
        ((Tlv(-1, b""),), ".f[0].tag", "takes 0 to 65535, got -1"),
        (
            (Tlv(0x2000, 5),),  # type: ignore[arg-type]
            ".f[0].value(tag 0x2000)",
            "takes octets, got int; Tlv.of takes typed values",
        ),
        (
            (Tlv(1, b""), Tlv(0x0427, b"ab")),
            ".f[1].value(tag 0x0427)",
            "takes 1 to 1 octets, got 2",
        ),
    ],
)
def test_tlv_that_cannot_go_out_is_refused(tlvs: object, path: str, reason: str) -> None:
    """With its place in the list and its tag; nothing is cut or replaced."""
    with pytest.raises(FieldError) as caught:
        TlvList().write(tlvs, BytesIO(), ".f")
    assert (path, reason) == (str(caught.value.path), caught.value.reason)


def test_tlv_that_is_cut_off_is_named() -> None:
    """Offset and tag are what people look for in a dump."""
    with pytest.raises(FieldError, match="expected 2 octets, found 1") as caught:
        TlvList().read(BytesIO(b"\0\1\0\0\4\x27\0\2\0"), ".f")
    assert (4, ".f[1].value(tag 0x0427)") == (caught.value.offset, str(caught.value.path))
    assert (Tlv(1, b""),) == caught.value.partial


def test_received_tlvs_have_no_limits() -> None:
    """A state without a value is kept, and one to three octets that are no TLV are skipped."""
    assert (Tlv(0x0427, b""),) == TlvList().parse(b"\4\x27\0\0")
    for rest in (b"\0", b"\4\x27", b"\4\x27\0"):
        assert (Tlv(0x2000, b"a"),) == TlvList().parse(b"\x20\0\0\1a" + rest)


def test_list_of_anything_else_is_shown_by_its_type_only() -> None:
    """A wrong value may hold a text."""
    shown = [TlvList().shown(value) for value in ("a text", ((0x0424, b"a text"),))]

    assert ["<str>", "<tuple>"] == shown
    assert "(Tlv(message_state, 02),)" == TlvList().shown((Tlv(0x0427, b"\2"),))


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
