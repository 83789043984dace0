"""Optional parameters: typed values out of octets and back."""

from __future__ import annotations

import copy
import pickle
from io import BytesIO

import pytest

from pdu.enums import TlvTag
from pdu.errors import EncodeError
from pdu.fields import FieldError
from pdu.tlvs import (
    TLVS,
    Tlv,
    TlvList,
    limits,
    name_of,
    read_tlv,
)


@pytest.mark.parametrize(
    ("tag", "value", "said"),
    [
        (0x0427, 256, "Tlv.message_state: takes an integer of 1 octet, got 256"),
        (0x0427, -1, "Tlv.message_state: takes an integer of 1 octet, got -1"),
        (0x0427, "2", "Tlv.message_state: takes an integer of 1 octet, got str"),
        (0x0204, "x", "Tlv.user_message_reference: takes an integer of 2 octets, got str"),
        (0x0204, 65_536, "Tlv.user_message_reference: takes an integer of 2 octets, got 65536"),
        (0x0010, 65_536, "Tlv.source_telematics_id: takes 1 to 2 octets, got 3"),
        (0x001E, 855469, "Tlv.receipted_message_id: takes another kind of value, got int"),
        (0x001E, "й", "Tlv.receipted_message_id: takes another kind of value, got str"),
        (0x001E, "8\x005", "Tlv.receipted_message_id: takes another kind of value, got str"),
        (0x001E, "x" * 65, "Tlv.receipted_message_id: takes 1 to 65 octets, got 66"),
        (0x0423, (3, 70_000), "Tlv.network_error_code: takes another kind of value, got tuple"),
        (0x0424, "text", "Tlv.message_payload: takes another kind of value, got str"),
        (0x0424, 5, "Tlv.message_payload: takes another kind of value, got int"),
        (0x0424, bytes(65_536), "Tlv.message_payload: takes 0 to 65535 octets, got 65536"),
        (0x1383, b"\0" * 5, "Tlv.its_session_info: takes 2 octets, got 5"),
        (0x0501, b"ab", "Tlv.ussd_service_op: takes 1 octet, got 2"),
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
            "takes 1 octet, got 2",
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


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [(TlvTag.MESSAGE_STATE, 2, b"\2"), (0x2000, b"0.05\0", b"0.05\0")],
)
def test_values_both_ways(tag: int, value: object, octets: bytes) -> None:
    """By the type of the tag; octets for a tag that has none."""
    assert octets == Tlv.of(tag, value).value
    assert value == read_tlv(tag, octets)
