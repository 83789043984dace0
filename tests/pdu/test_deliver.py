"""From the SMSC: octets drawn field by field."""

from __future__ import annotations

import pytest

from pdu import (
    AlertNotification,
    CommandStatus,
    DataCoding,
    DeliverSm,
    DeliverSmResp,
    EsmClass,
    MessageState,
    Npi,
    Pdu,
    RegisteredDelivery,
    Tlv,
    TlvTag,
    Ton,
    decode,
    encode,
)

DELIVER_SM = (
    "0000005F"  # command_length          95
    "00000005"  # command_id              deliver_sm
    "00000000"  # command_status          ESME_ROK
    "00000384"  # sequence_number         900
    "434D5400"  # service_type            "CMT"
    "01"  # source_addr_ton         international
    "01"  # source_addr_npi         ISDN
    "373931363132333435363700"  # source_addr "79161234567"
    "05"  # dest_addr_ton           alphanumeric
    "00"  # dest_addr_npi           unknown
    "73686F7000"  # destination_addr        "shop"
    "04"  # esm_class               delivery receipt
    "00"  # protocol_id
    "01"  # priority_flag
    "00"  # schedule_delivery_time  ""
    "00"  # validity_period         ""
    "00"  # registered_delivery
    "00"  # replace_if_present_flag
    "08"  # data_coding             UCS2
    "00"  # sm_default_msg_id
    "0F"  # sm_length               15
    "69643A3120737461743A4445"  # short_message "id:1 stat:DE
    "4C4956"  #                         LIV"
    "001E 0007 38353534363900"  # receipted_message_id "855469"
    "0427 0001 02"  # message_state           DELIVERED
    "0423 0003 03 0000"  # network_error_code      GSM, 0
    "2002 0002 0001"  # a vendor's: number of parts
)
DELIVER_SM_RESP = (
    "00000011"  # command_length  17
    "80000005"  # command_id      deliver_sm_resp
    "00000064"  # command_status  ESME_RX_T_APPN
    "00000384"  # sequence_number 900
    "00"  # message_id      one NUL, always
)
ALERT_NOTIFICATION = (
    "0000002A"  # command_length  42
    "00000102"  # command_id      alert_notification
    "00000000"  # command_status  ESME_ROK
    "00000009"  # sequence_number 9
    "01"  # source_addr_ton international
    "01"  # source_addr_npi ISDN
    "373931363132333435363700"  # source_addr "79161234567"
    "05"  # esme_addr_ton   alphanumeric
    "00"  # esme_addr_npi   unknown
    "73686F7000"  # esme_addr       "shop"
    "0422 0001 00"  # ms_availability_status: available
)

RECEIPT = DeliverSm(
    sequence_number=900,
    service_type="CMT",
    source_addr_ton=Ton.INTERNATIONAL,
    source_addr_npi=Npi.ISDN,
    source_addr="79161234567",
    dest_addr_ton=Ton.ALPHANUMERIC,
    dest_addr_npi=Npi.UNKNOWN,
    destination_addr="shop",
    esm_class=EsmClass(EsmClass.DELIVERY_RECEIPT),
    priority_flag=1,
    data_coding=DataCoding.UCS2,
    short_message=b"id:1 stat:DELIV",
    tlvs=(
        Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"855469\0"),
        Tlv(TlvTag.MESSAGE_STATE, b"\x02"),
        Tlv(TlvTag.NETWORK_ERROR_CODE, b"\x03\0\0"),
        Tlv(0x2002, b"\0\x01"),
    ),
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (RECEIPT, DELIVER_SM),
        (
            DeliverSmResp(command_status=CommandStatus.ESME_RX_T_APPN, sequence_number=900),
            DELIVER_SM_RESP,
        ),
        (
            AlertNotification(
                sequence_number=9,
                source_addr_ton=Ton.INTERNATIONAL,
                source_addr_npi=Npi.ISDN,
                source_addr="79161234567",
                esme_addr_ton=Ton.ALPHANUMERIC,
                esme_addr="shop",
                tlvs=(Tlv(TlvTag.MS_AVAILABILITY_STATUS, b"\0"),),
            ),
            ALERT_NOTIFICATION,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """v3.4 §4.6, §4.12: the order and the kinds of the fields are the specification's."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


def test_receipt_is_recognised_by_esm_class() -> None:
    """Received numbers are members: a receipt is found without comparing bare numbers."""
    receipt = decode(bytes.fromhex(DELIVER_SM))

    assert isinstance(receipt, DeliverSm)
    assert isinstance(receipt.esm_class, EsmClass)
    assert receipt.esm_class.is_receipt
    assert isinstance(receipt.registered_delivery, RegisteredDelivery)
    assert receipt.source_addr_ton is Ton.INTERNATIONAL
    assert receipt.data_coding is DataCoding.UCS2
    assert "855469" == receipt.tlv(TlvTag.RECEIPTED_MESSAGE_ID)
    assert receipt.tlv(TlvTag.MESSAGE_STATE) is MessageState.DELIVERED
    assert b"\0\x01" == receipt.tlv(0x2002)


def test_time_in_a_deliver_sm_is_taken() -> None:
    """The specification wants one NUL there; SMSCs send times all the same."""
    octets = bytearray.fromhex(DELIVER_SM)
    at = octets.index(b"\x04\0\x01\0\0") + 3
    octets[at : at + 1] = b"261123103000012+\0"
    octets[3] += 16

    delivered = decode(bytes(octets))

    assert isinstance(delivered, DeliverSm)
    assert ("261123103000012+", "") == (
        delivered.schedule_delivery_time,
        delivered.validity_period,
    )
    assert RECEIPT.short_message == delivered.short_message
