"""The codec of the gateway Jasmin and ours agree: each reads what the other writes.

Rule: octets are compared, and values by the other side's own names for them. Where the other codec
can't hold a value (it has no v5.0, and few data codings), there is no example of it.
"""

from __future__ import annotations

import importlib.util
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from counterparts import missing

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    CancelSm,
    CommandStatus,
    DataSm,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "Код: 4821".encode("utf-16-be")
RECEIPT = b"id:855469 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD"
ADDRESSES: dict[str, Any] = {
    "source_addr_ton": 5,
    "source_addr_npi": 1,
    "source_addr": "Shop",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": "79991234567",
}

PDUS: dict[str, Pdu] = {
    "bind_transceiver": BindTransceiver(system_id="shop", password="secret", system_type="ISO"),
    "bind_transmitter": BindTransmitter(
        system_id="shop", password="secret", addr_ton=1, addr_npi=1
    ),
    "bind_receiver": BindReceiver(system_id="shop", address_range="7*"),
    "bind_transceiver_resp": BindTransceiverResp(
        system_id="SMSC", tlvs=(Tlv.of(TlvTag.SC_INTERFACE_VERSION, 0x34),)
    ),
    "bind_refused": BindTransceiverResp(command_status=CommandStatus.ESME_RINVPASWD),
    "unbind": Unbind(),
    "unbind_resp": UnbindResp(),
    "enquire_link": EnquireLink(),
    "enquire_link_resp": EnquireLinkResp(),
    "generic_nack": GenericNack(command_status=CommandStatus.ESME_RINVCMDID),
    "submit_sm": SubmitSm(**ADDRESSES, short_message=b"hello", registered_delivery=1),
    "submit_sm_ucs2": SubmitSm(**ADDRESSES, short_message=TEXT, data_coding=8, priority_flag=3),
    "submit_sm_udh": SubmitSm(
        **ADDRESSES, esm_class=0x43, data_coding=8, short_message=b"\x05\0\3\x2a\2\1" + TEXT
    ),
    "submit_sm_times": SubmitSm(
        **ADDRESSES,
        short_message=b"later",
        schedule_delivery_time="261123103000012+",
        validity_period="000001000000000R",
        replace_if_present_flag=1,
    ),
    "submit_sm_payload": SubmitSm(
        **ADDRESSES, data_coding=8, tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT * 20),)
    ),
    "submit_sm_sar": SubmitSm(
        **ADDRESSES,
        short_message=b"part",
        registered_delivery=0x11,
        tlvs=(
            Tlv.of(TlvTag.SAR_MSG_REF_NUM, 4821),
            Tlv.of(TlvTag.SAR_TOTAL_SEGMENTS, 3),
            Tlv.of(TlvTag.SAR_SEGMENT_SEQNUM, 2),
        ),
    ),
    "submit_sm_resp": SubmitSmResp(message_id="855469"),
    "submit_sm_refused": SubmitSmResp(command_status=CommandStatus.ESME_RTHROTTLED),
    "deliver_sm": DeliverSm(**ADDRESSES, short_message=TEXT, data_coding=8),
    "deliver_sm_receipt": DeliverSm(
        **ADDRESSES,
        esm_class=4,
        short_message=RECEIPT,
        # In the order in which the other codec writes them, whatever it has read.
        tlvs=(
            Tlv.of(TlvTag.MESSAGE_STATE, 2),
            Tlv.of(TlvTag.RECEIPTED_MESSAGE_ID, "855469"),
        ),
    ),
    "deliver_sm_resp": DeliverSmResp(),
    "data_sm": DataSm(**ADDRESSES, data_coding=8, tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT),)),
    "query_sm": QuerySm(message_id="855469", source_addr_ton=5, source_addr="Shop"),
    "query_sm_resp": QuerySmResp(
        message_id="855469", final_date="261123103000012+", message_state=2, error_code=0
    ),
    "cancel_sm": CancelSm(message_id="855469", **ADDRESSES),
}


@pytest.fixture(scope="session")
def read() -> Callable[[bytes], Any]:
    """Decode octets with Jasmin's codec."""
    if importlib.util.find_spec("smpp.pdu") is None:
        missing("PyPI's smpp.pdu3", "pip install smpp.pdu3==0.6")
    from smpp.pdu.pdu_encoding import PDUEncoder  # noqa: PLC0415 - may be missing

    return lambda octets: PDUEncoder().decode(BytesIO(octets))


@pytest.fixture(scope="session")
def write() -> Callable[[Any], bytes]:
    """Encode a PDU with Jasmin's codec."""
    if importlib.util.find_spec("smpp.pdu") is None:
        missing("PyPI's smpp.pdu3", "pip install smpp.pdu3==0.6")
    from smpp.pdu.pdu_encoding import PDUEncoder  # noqa: PLC0415 - may be missing

    def encoded(pdu: Any) -> bytes:  # noqa: ANN401 - the codec has no types
        octets: bytes = PDUEncoder().encode(pdu)
        return octets

    return encoded


@pytest.mark.parametrize("name", PDUS)
def test_what_we_write_is_read_and_written_back_alike(
    name: str, read: Callable[[bytes], Any], write: Callable[[Any], bytes]
) -> None:
    """Our octets, its values, its octets, our values: nothing changes on the way."""
    pdu = PDUS[name]
    octets = encode(pdu, sequence_number=42)

    foreign = read(octets)
    again = write(foreign)

    assert pdu.command_id == int.from_bytes(octets[4:8], "big")
    assert 42 == foreign.seqNum
    assert octets == again
    assert encode(decode(again)) == octets


def text(value: bytes) -> str:
    """Return a C-octet string of the other codec as ours."""
    return value.decode("ascii")


@pytest.mark.parametrize(
    "name", [name for name in PDUS if name.startswith(("submit_sm", "deliver"))]
)
def test_it_reads_the_same_values(name: str, read: Callable[[bytes], Any]) -> None:
    """Addresses, texts and ids, by its own names."""
    pdu: Any = PDUS[name]
    params = read(encode(pdu, sequence_number=42)).params

    for field in ("source_addr", "destination_addr", "message_id"):
        ours = getattr(pdu, field, None)
        if ours and field in params:
            assert ours == text(params[field])
    if getattr(pdu, "short_message", b""):
        assert pdu.short_message == params["short_message"]
    for tag in (TlvTag.SAR_MSG_REF_NUM, TlvTag.SAR_TOTAL_SEGMENTS, TlvTag.SAR_SEGMENT_SEQNUM):
        assert pdu.tlv(tag) == params.get(tag.name.lower())
    assert pdu.tlv(TlvTag.MESSAGE_PAYLOAD) == params.get("message_payload")


def test_we_read_what_it_writes(write: Callable[[Any], bytes]) -> None:
    """A submit_sm made with its own classes and enumerations."""
    pytest.importorskip("smpp.pdu.operations")
    from smpp.pdu import operations, pdu_types  # noqa: PLC0415 - may be missing

    foreign = operations.SubmitSM(
        seqNum=7,
        service_type=b"CMT",
        source_addr_ton=pdu_types.AddrTon.ALPHANUMERIC,
        source_addr_npi=pdu_types.AddrNpi.ISDN,
        source_addr=b"Shop",
        dest_addr_ton=pdu_types.AddrTon.INTERNATIONAL,
        dest_addr_npi=pdu_types.AddrNpi.ISDN,
        destination_addr=b"79991234567",
        priority_flag=pdu_types.PriorityFlag.LEVEL_2,
        registered_delivery=pdu_types.RegisteredDelivery(
            pdu_types.RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED,
            intermediateNotification=True,
        ),
        data_coding=pdu_types.DataCoding(schemeData=pdu_types.DataCodingDefault.UCS2),
        short_message=TEXT,
        user_message_reference=4821,
        privacy_indicator=pdu_types.PrivacyIndicator.SECRET,
    )

    pdu = decode(write(foreign))

    assert (
        SubmitSm(
            sequence_number=7,
            service_type="CMT",
            **ADDRESSES,
            priority_flag=2,
            registered_delivery=0x11,
            data_coding=8,
            short_message=TEXT,
            tlvs=pdu.tlvs,
        )
        == pdu
    )
    assert {0x0204: b"\x12\xd5", 0x0201: b"\3"} == {int(tag): value for tag, value in pdu.tlvs}
