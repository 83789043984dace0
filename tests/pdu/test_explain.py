"""Octets as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu import (
    PDUS,
    BindTransceiver,
    DeliverSm,
    EnquireLink,
    QuerySm,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    encode,
)
from pdu.enums import TlvTag
from pdu.explain import Line, explain
from pdu.tlvs import TLVS, VendorTlv

DELIVER_SM = bytes.fromhex(
    "0000004A"  # command_length 74
    "00000005"  # command_id     deliver_sm
    "00000000"  # command_status ESME_ROK
    "0000002A"  # sequence_number 42
    "00 01 01 373900 05 00 73686F7000"  # "", 1, 1, "79", 5, 0, "shop"
    "44 00 00 00 00 11 00 08 00"  # esm_class: receipt and UDH; data_coding UCS2
    "08 0500037F0201 0416"  # sm_length, UDH, "Ж"
    "0427 0001 02"  # message_state
    "0424 0004 04160416"  # message_payload
    "2000 0002 FFFE"  # a vendor's
    "001E 0002 3500"  # receipted_message_id
    "0000"  # not enough for a TLV
)

DUMP = """\
0000  00 00 00 4a                                      command_length           74
0004  00 00 00 05                                      command_id               deliver_sm
0008  00 00 00 00                                      command_status           ESME_ROK (0x00000000)
000c  00 00 00 2a                                      sequence_number          42
0010  00                                               service_type             ''
0011  01                                               source_addr_ton          1 INTERNATIONAL
0012  01                                               source_addr_npi          1 ISDN
0013  37 39 00                                         source_addr              '79'
0016  05                                               dest_addr_ton            5 ALPHANUMERIC
0017  00                                               dest_addr_npi            0 UNKNOWN
0018  73 68 6f 70 00                                   destination_addr         'shop'
001d  44                                               esm_class                68 is receipt has udh
001e  00                                               protocol_id              0
001f  00                                               priority_flag            0
0020  00                                               schedule_delivery_time   ''
0021  00                                               validity_period          ''
0022  11                                               registered_delivery      17 wants receipt
0023  00                                               replace_if_present_flag  0
0024  08                                               data_coding              8 UCS2
0025  00                                               sm_default_msg_id        0
0026  08                                               sm_length                8
0027  05 00 03 7f 02 01 04 16                          short_message            [UDH 05 00 03 7f 02 01] 'Ж'
002f  04 27 00 01 02                                   tlv message_state        2 DELIVERED
0034  04 24 00 04 04 16 04 16                          tlv message_payload      [UDH 04 16 04 16] ''
003c  20 00 00 02 ff fe                                tlv 0x2000               'ÿþ'
0042  00 1e 00 02 35 00                                tlv receipted_message_id '5'
0048  00 00                                            trailing                 ! too short for a TLV, ignored"""  # noqa: E501 - a dump is as wide as it is


def test_every_field_has_its_line() -> None:
    """Offset, octets, name, meaning; the UDH apart from the text; ignored octets too."""
    assert DUMP == explain(DELIVER_SM)


def test_lines_are_there_for_other_layouts() -> None:
    """The text is made of them, and they cover the octets without a gap."""
    octets = encode(SubmitSm(destination_addr="7", short_message=b"Hi"))

    lines = explain(octets).lines

    assert Line(34, b"Hi", "short_message", "'Hi'") == lines[-1]
    assert octets == b"".join(line.octets for line in lines)
    assert [sum(len(line.octets) for line in lines[:n]) for n in range(len(lines))] == [
        line.offset for line in lines
    ]


def test_tlvs_of_a_vendor_are_named_and_read_by_the_callers_table() -> None:
    """A tag from 0x1400 on means something else at each SMSC, so a table is given."""
    vendor_tlvs = {
        0x2000: VendorTlv("price", TLVS[TlvTag.RECEIPTED_MESSAGE_ID]),
        0x1400: VendorTlv("country", TLVS[TlvTag.USER_MESSAGE_REFERENCE]),
        0x0427: VendorTlv("odd_state", TLVS[TlvTag.USER_MESSAGE_REFERENCE]),
    }
    tlvs = (
        Tlv(0x2000, b"0.25\0"),
        Tlv(0x1400, b"\0\x07"),
        Tlv(0x1400, b"???"),  # not of the type: octets
        Tlv(0x0427, b"\2"),  # the vendor's table goes first
        Tlv(0x1401, b"\0\1"),
        Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"5\0"),
    )
    octets = encode(DeliverSm(tlvs=tlvs))

    assert [
        ("tlv price", "'0.25'"),
        ("tlv country", "7"),
        ("tlv country", "'???'"),
        ("tlv odd_state", "2"),
        ("tlv 0x1401", "octets"),
        ("tlv receipted_message_id", "'5'"),
    ] == [
        (line.field, line.meaning) for line in explain(octets, vendor_tlvs=vendor_tlvs).lines[-6:]
    ]
    assert "tlv 0x2000" in explain(octets)


def test_password_is_never_shown() -> None:
    """Neither as text nor as octets, nor where the PDU breaks within it."""
    octets = encode(BindTransceiver(system_id="shop", password="secret1"))
    cut = b"\0\0\0\x1b" + octets[4:27]

    for dump in (explain(octets), explain(cut), explain(octets[:27])):
        assert "password" in dump
        assert "secre" not in dump
        assert b"secre".hex(" ") not in dump
    assert "password                 <7 characters>" in explain(octets)
    assert "! broken: no NUL within the 6 octets that are left" in explain(cut)


def test_several_pdus_in_a_row_are_explained() -> None:
    """A captured segment may hold several PDUs; offsets continue."""
    dump = explain(
        encode(EnquireLink(sequence_number=1))
        + encode(SubmitSmResp(sequence_number=2, message_id="55"))
        + b"\0\0\0"
    )

    assert [0, 16, 35] == [
        line.offset for line in dump.lines if line.field in {"command_length", "cut off"}
    ]
    assert "a header has 16 octets, here are 3" == dump.lines[-1].note


@pytest.mark.parametrize(
    ("octets", "field", "offset", "note"),
    [
        ("0000000F 00000015 00000000 00000001", "command_length", 0, "a PDU has at least 16"),
        ("00000020 00000015 00000000 00000001", "command_length", 0, "only 16 octets are here"),
        ("00000013 80000004 00000000 00000001 353535", "message_id", 16, "broken: no NUL within"),
        (
            "00000015 80000004 00000000 00000001 00 0427 0002",
            "tlvs[0].value(tag 0x0427)", 17, "broken: expected 2 octets, found 0",
        ),
        (
            "00000012 00000003 00000000 00000001 00 00",
            "source_addr_npi", 18, "broken: expected 1 octets, found 0",
        ),
    ],
)  # fmt: skip
def test_broken_pdu_is_annotated(octets: str, field: str, offset: int, note: str) -> None:
    """Where and why, with everything before it read."""
    lines = explain(bytes.fromhex(octets)).lines

    assert [(field, offset)] == [
        (line.field, line.offset) for line in lines if line.note.startswith(note)
    ]


def test_no_octets_and_unknown_commands_are_explained_too() -> None:
    """Nothing is ever raised."""
    assert "0000" + " " * 51 + "nothing                  no octets at all" == explain(b"")
    dump = explain(bytes.fromhex("00000012 00010203 00000401 00000001 6162"))
    assert "command_id               0x00010203" in dump
    assert "command_status           status (0x00000401)" in dump
    assert "61 62                                            body" in dump


def test_long_field_takes_several_rows() -> None:
    """Sixteen octets each, with their places."""
    dump = explain(encode(SubmitSm(destination_addr="7", short_message=b"x" * 33)))

    assert [
        "0022  " + "78 " * 15 + "78  short_message            " + repr("x" * 33),
        "0032  " + "78 " * 15 + "78",
        "0042  78",
    ] == dump.splitlines()[-3:]


def test_values_without_a_name_are_shown_as_they_are() -> None:
    """Lists, unknown numbers, unprintable octets, line ends."""
    multi = explain(encode(SubmitMulti(dest_address=(SmeAddress(1, 1, "100"),))))
    odd = explain(
        encode(
            DeliverSm(
                esm_class=0x20,
                source_addr_ton=9,
                short_message=b"two\nlines",
                tlvs=(Tlv(0x2000, b"\0\1"), Tlv(0x0423, b"\3\0\1"), Tlv(0x0204, b"\0\7")),
            )
        )
    )

    assert "dest_address             (SmeAddress('***'),)" in multi
    assert "source_addr_ton          9\n" in odd
    assert "esm_class                32 is intermediate" in odd
    assert r"short_message            'two\nlines'" in odd
    assert "tlv 0x2000               octets" in odd
    assert "network_type=<ErrorNetwork.GSM: 3>, error_code=1)" in odd
    assert "tlv user_message_reference 7" in odd


def test_response_that_ends_early_is_complete() -> None:
    """Nothing is missing that had to be there."""
    dump = explain(bytes.fromhex("00000013 80000003 00000067 00000001 353500"))

    assert "message_id" == dump.lines[-1].field
    assert "!" not in dump


@given(st.binary(max_size=120))
def test_any_octets_are_explained(octets: bytes) -> None:
    """It is used when something is wrong, so it must not raise."""
    assert explain(octets).lines


@given(st.sampled_from([*PDUS]), st.binary(max_size=120), st.integers(0, 200))
def test_any_body_is_explained(command_id: int, body: bytes, length: int) -> None:
    """Behind a header that makes sense, every octet has its line or is a password's."""
    octets = length.to_bytes(4, "big") + command_id.to_bytes(4, "big") + bytes(8) + body

    lines = explain(octets).lines

    assert lines
    assert all(0 <= line.offset <= len(octets) for line in lines)


def test_cut_query_is_explained_up_to_the_cut() -> None:
    """Capture files end in the middle of a PDU."""
    dump = explain(encode(QuerySm(message_id="855469", source_addr="shop"))[:-2])

    assert "message_id               '855469'" in dump
    assert "only 28 octets are here" in dump
    assert "broken: no NUL" in dump
