"""PDU classes: values with names, made from one line a field."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from fast_path import no_fallback

from pdu import (
    PDUS,
    BindTransceiver,
    CommandId,
    CommandStatus,
    DataSm,
    DecodeError,
    DeliverSm,
    EncodeError,
    EnquireLink,
    LongPasswordBindTransceiver,
    Pdu,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Ton,
    UnknownPdu,
    codec,
    decode,
    encode,
    explain,
    make_template,
    packer,
)
from pdu.schema import c_octet_string, integer, octet, wire

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_fields_have_the_defaults_of_their_declaration() -> None:
    """Only fields without a default are required."""
    pdu = SubmitSm(destination_addr="79161234567")

    assert (0, 0, ()) == (pdu.command_status, pdu.sequence_number, pdu.tlvs)
    assert ("", 0, 0, b"") == (
        pdu.service_type,
        pdu.esm_class,
        pdu.data_coding,
        pdu.short_message,
    )
    assert CommandId.SUBMIT_SM is SubmitSm.command_id
    assert (False, True) == (SubmitSm.is_response, SubmitSmResp.is_response)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"destination_adr": "7"}, "unexpected keyword argument 'destination_adr'"),
        ({}, "missing 1 required keyword-only argument: 'destination_addr'"),
    ],
)
def test_misspelt_and_missing_fields_are_type_errors(fields: dict[str, Any], said: str) -> None:
    """A recipient in an attribute that is never encoded would be lost silently."""
    with pytest.raises(TypeError, match=rf"SubmitSm.__init__\(\) .*{said}"):
        SubmitSm(**fields)
    with pytest.raises(TypeError, match=said.replace("keyword-only", "(positional|keyword-only)")):
        packer(SubmitSm)(1, **fields)


def test_fields_go_by_name_only() -> None:
    """Eighteen positional arguments would be unreadable."""
    with pytest.raises(TypeError, match="positional"):
        SubmitSm("79161234567")  # type: ignore[arg-type, call-arg]  # that's the point


def test_nothing_can_be_added_to_an_instance() -> None:
    """A misspelt assignment is an error too."""
    for pdu in (EnquireLink(), SubmitSm(destination_addr="7"), UnknownPdu(5)):
        with pytest.raises(AttributeError):
            pdu.short_mesage = b""  # type: ignore[union-attr]  # that's the point


def test_pdus_are_values() -> None:
    """Equal by class and by every field, header and TLVs included, and hashable."""
    one = SubmitSm(destination_addr="7", tlvs=(Tlv(0x2000, b"a"),))

    assert SubmitSm(destination_addr="7", tlvs=(Tlv(0x2000, b"a"),)) == one
    assert {SubmitSm(destination_addr="7", tlvs=(Tlv(0x2000, b"a"),))} == {one}
    for other in (
        SubmitSm(destination_addr="8", tlvs=one.tlvs),
        SubmitSm(destination_addr="7"),
        SubmitSm(destination_addr="7", tlvs=one.tlvs, sequence_number=1),
        SubmitSm(destination_addr="7", tlvs=one.tlvs, command_status=8),
    ):
        assert one != other
    fields = {name: getattr(one, name) for name in SubmitSm.wires}
    assert one != DeliverSm(**fields)
    assert one != "SubmitSm"


def test_unknown_pdus_are_values_too() -> None:
    """By their command and their octets."""
    one = UnknownPdu(0x8001_0203, b"a", 8, 1)

    assert UnknownPdu(0x8001_0203, b"a", 8, 1) == one
    assert {UnknownPdu(0x8001_0203, b"a", 8, 1)} == {one}
    assert UnknownPdu(0x8001_0204, b"a", 8, 1) != one
    assert UnknownPdu(0x8001_0203, b"b", 8, 1) != one
    assert (True, False) == (one.is_response, UnknownPdu(5).is_response)
    assert one.tlv(0x1E) is None
    assert "UnknownPdu(command_id=0x80010203, sequence_number=1, body=<1 octets>)" == repr(one)


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(destination_addr="7", esm_class=0x40, tlvs=(Tlv(TlvTag.SOURCE_PORT, b"\0\1"),)),
        LongPasswordBindTransceiver(system_id="shop", password="secret1"),
        UnknownPdu(0x10203, b"abc"),
    ],
)
def test_pdus_pickle_and_copy(pdu: Pdu) -> None:
    """An outbox on disk keeps them."""
    assert pdu == pickle.loads(pickle.dumps(pdu)) == copy.copy(pdu) == copy.deepcopy(pdu)  # noqa: S301 - our own


def test_tlv_gives_the_first_of_its_tag() -> None:
    """Typed; None where there is none."""
    pdu = DataSm(
        destination_addr="7",
        tlvs=(Tlv(0x0204, b"\0\1"), Tlv(0x020B, b"\0\2"), Tlv(0x020B, b"\0\3")),
    )

    assert 2 == pdu.tlv(TlvTag.DESTINATION_PORT)
    assert 2 == pdu.tlv(0x020B)
    assert pdu.tlv(0x2000) is None


@pytest.mark.parametrize(
    ("pdu", "shown"),
    [
        (EnquireLink(sequence_number=5), "EnquireLink(sequence_number=5)"),
        (
            SubmitSm(
                source_addr="79990000000",
                destination_addr="79161234567",
                source_addr_ton=Ton.INTERNATIONAL,
                short_message=b"a text",
                tlvs=(Tlv(0x0424, b"a text"), Tlv(0x0204, b"\0\1")),
            ),
            (
                "SubmitSm(sequence_number=0, source_addr_ton=<Ton.INTERNATIONAL: 1>,"
                " source_addr='7999***00', destination_addr='7916***67',"
                " short_message=<6 octets>,"
                " tlvs=(Tlv(message_payload, <6 octets>), Tlv(user_message_reference, 0001)))"
            ),
        ),
        (
            BindTransceiver(system_id="shop", password="secret1"),
            "BindTransceiver(sequence_number=0, system_id='shop', password=<7 characters>)",
        ),
        (
            SubmitSmResp(command_status=CommandStatus.ESME_RTHROTTLED),
            "SubmitSmResp(sequence_number=0, command_status=ESME_RTHROTTLED (0x00000058))",
        ),
        (
            QuerySmResp(command_status=0x401, message_id="55"),
            "QuerySmResp(sequence_number=0, command_status=status (0x00000401), message_id='55')",
        ),
        (
            SubmitSm(destination_addr=None, command_status="x"),  # type: ignore[arg-type]
            "SubmitSm(sequence_number=0, command_status=<str>, destination_addr='None')",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_repr_shows_what_differs_and_no_secret(pdu: Pdu, shown: str) -> None:
    """Defaults are left out; a wrong value must not raise in a log line."""
    assert shown == repr(pdu)


@pytest.fixture
def ping() -> Iterator[Any]:
    """Declare a vendor's PDU, and forget it again."""

    class VendorPing(Pdu, command_id=0x0001_0200):
        """A request of one vendor."""

        who: str = wire(c_octet_string(6))
        code: int = wire(integer(2), default=7)
        mode: int = wire(octet(Ton.of), default=Ton.UNKNOWN)

    yield VendorPing
    del PDUS[0x0001_0200]
    codec._decoders.pop(0x0001_0200, None)


PING = bytes.fromhex(
    "0000001D"  # command_length  29
    "00010200"  # command_id      the vendor's
    "00000000"  # command_status  ESME_ROK
    "00000009"  # sequence_number 9
    "73686F7000"  # who             "shop"
    "0102"  # code            258
    "05"  # mode            alphanumeric
    "2000 0001 FF"  # a vendor's TLV
)


def test_vendor_pdu_is_usable_once_declared(ping: Any) -> None:  # noqa: ANN401 - made in the test
    """It has the constructor, fast path, errors and dump of the PDUs of the specification."""
    pdu = ping(
        who="shop", code=258, mode=Ton.ALPHANUMERIC, sequence_number=9, tlvs=(Tlv(0x2000, b"\xff"),)
    )

    with no_fallback():
        assert PING == encode(pdu)
        assert pdu == decode(PING)
    assert pdu == codec._interpret(PING)
    assert PING == packer(ping)(9, "shop", 258, Ton.ALPHANUMERIC, pdu.tlvs)
    assert PING == make_template(ping, vary=("who",), code=258, mode=5, tlvs=pdu.tlvs)(9, "shop")
    assert "code                     258" in explain(PING)
    with pytest.raises(EncodeError, match=r"VendorPing\.who: takes 5 characters, got 6"):
        encode(ping(who="anyone"))
    with pytest.raises(DecodeError, match=r"VendorPing\.code at octet 21: expected 2 octets"):
        decode(b"\0\0\0\x16" + PING[4:22])
    with pytest.raises(TypeError, match="VendorPing"):
        ping()


def test_vendor_pdu_without_a_declaration_is_an_unknown_pdu() -> None:
    """Frames of undeclared commands decode to values too."""
    assert UnknownPdu(0x0001_0200, PING[16:], 0, 9) == decode(PING)


def test_unregistered_class_is_encoded_and_never_decoded() -> None:
    """A bind with a long password decodes to the class of its command_id."""
    assert PDUS[CommandId.BIND_TRANSCEIVER] is BindTransceiver
    assert {cls.command_id: cls for cls in PDUS.values()} == PDUS
    assert {*CommandId} == {*PDUS}


@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda pdu: pickle.loads(pickle.dumps(pdu))],  # noqa: S301 - our own
)
def test_fault_goes_with_its_pdu(clone: Any) -> None:  # noqa: ANN401 - three functions
    """A copy is read from the same octets."""
    cut = decode(bytes.fromhex("00000012 80000004 00000000 00000007 6162"))
    copied = clone(cut)

    assert cut == copied
    assert str(cut.fault) == str(copied.fault)
