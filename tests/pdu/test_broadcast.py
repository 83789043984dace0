"""Cell broadcast: octets drawn field by field."""

from __future__ import annotations

import pytest

from pdu import (
    BroadcastContentType,
    BroadcastFrequencyInterval,
    BroadcastSm,
    BroadcastSmResp,
    CancelBroadcastSm,
    CancelBroadcastSmResp,
    CommandStatus,
    DataCoding,
    Npi,
    Pdu,
    QueryBroadcastSm,
    QueryBroadcastSmResp,
    Tlv,
    TlvTag,
    Ton,
    decode,
    encode,
)

BROADCAST_SM = (
    "00000053"  # command_length          83
    "00000111"  # command_id              broadcast_sm
    "00000000"  # command_status          ESME_ROK
    "00000001"  # sequence_number         1
    "43425300"  # service_type            "CBS"
    "03"  # source_addr_ton         network specific
    "08"  # source_addr_npi         national
    "393000"  # source_addr             "90"
    "353500"  # message_id              "55"
    "02"  # priority_flag
    "3030303030323030303030303030305200"  # schedule_delivery_time "000002000000000R"
    "00"  # validity_period         ""
    "01"  # replace_if_present_flag
    "04"  # data_coding             8-bit
    "07"  # sm_default_msg_id
    "0606 0004 00 417A4F"  # broadcast_area_identifier    an alias
    "0606 0001 00"  # broadcast_area_identifier    another
    "0601 0003 01 0010"  # broadcast_content_type       GSM, 16
    "0604 0002 0003"  # broadcast_rep_num            3
    "0605 0003 08 000A"  # broadcast_frequency_interval 10 seconds
)
BROADCAST_SM_RESP = (
    "0000001B"  # command_length         27
    "80000111"  # command_id             broadcast_sm_resp
    "00000000"  # command_status         ESME_ROK
    "00000001"  # sequence_number        1
    "353500"  # message_id             "55"
    "0607 0004 00000109"  # broadcast_error_status ESME_RINVBCASTAREAFMT
)
QUERY_BROADCAST_SM = (
    "00000018"  # command_length  24
    "00000112"  # command_id      query_broadcast_sm
    "00000000"  # command_status  ESME_ROK
    "00000002"  # sequence_number 2
    "353500"  # message_id      "55"
    "03"  # source_addr_ton network specific
    "08"  # source_addr_npi national
    "393000"  # source_addr     "90"
)
QUERY_BROADCAST_SM_RESP = (
    "0000001D"  # command_length         29
    "80000112"  # command_id             query_broadcast_sm_resp
    "00000000"  # command_status         ESME_ROK
    "00000002"  # sequence_number        2
    "353500"  # message_id             "55"
    "0427 0001 01"  # message_state          ENROUTE
    "0608 0001 63"  # broadcast_area_success 99 %
)
CANCEL_BROADCAST_SM = (
    "0000001C"  # command_length  28
    "00000113"  # command_id      cancel_broadcast_sm
    "00000000"  # command_status  ESME_ROK
    "00000003"  # sequence_number 3
    "43425300"  # service_type    "CBS"
    "353500"  # message_id      "55"
    "03"  # source_addr_ton network specific
    "08"  # source_addr_npi national
    "393000"  # source_addr     "90"
)
CANCEL_BROADCAST_SM_RESP = (
    "00000010"  # command_length  16
    "80000113"  # command_id      cancel_broadcast_sm_resp
    "0000010F"  # command_status  ESME_RBCASTCANCELFAIL
    "00000003"  # sequence_number 3
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (
            BroadcastSm(
                sequence_number=1,
                service_type="CBS",
                source_addr_ton=Ton.NETWORK_SPECIFIC,
                source_addr_npi=Npi.NATIONAL,
                source_addr="90",
                message_id="55",
                priority_flag=2,
                schedule_delivery_time="000002000000000R",
                replace_if_present_flag=1,
                data_coding=DataCoding.OCTET_UNSPECIFIED_8_BIT,
                sm_default_msg_id=7,
                tlvs=(
                    Tlv(TlvTag.BROADCAST_AREA_IDENTIFIER, b"\0AzO"),
                    Tlv(TlvTag.BROADCAST_AREA_IDENTIFIER, b"\0"),
                    Tlv.of(TlvTag.BROADCAST_CONTENT_TYPE, BroadcastContentType(1, 16)),
                    Tlv.of(TlvTag.BROADCAST_REP_NUM, 3),
                    Tlv.of(TlvTag.BROADCAST_FREQUENCY_INTERVAL, BroadcastFrequencyInterval(8, 10)),
                ),
            ),
            BROADCAST_SM,
        ),
        (
            BroadcastSmResp(
                sequence_number=1,
                message_id="55",
                tlvs=(Tlv.of(TlvTag.BROADCAST_ERROR_STATUS, CommandStatus.ESME_RINVBCASTAREAFMT),),
            ),
            BROADCAST_SM_RESP,
        ),
        (
            QueryBroadcastSm(
                sequence_number=2,
                message_id="55",
                source_addr_ton=Ton.NETWORK_SPECIFIC,
                source_addr_npi=Npi.NATIONAL,
                source_addr="90",
            ),
            QUERY_BROADCAST_SM,
        ),
        (
            QueryBroadcastSmResp(
                sequence_number=2,
                message_id="55",
                tlvs=(
                    Tlv.of(TlvTag.MESSAGE_STATE, 1),
                    Tlv.of(TlvTag.BROADCAST_AREA_SUCCESS, 99),
                ),
            ),
            QUERY_BROADCAST_SM_RESP,
        ),
        (
            CancelBroadcastSm(
                sequence_number=3,
                service_type="CBS",
                message_id="55",
                source_addr_ton=Ton.NETWORK_SPECIFIC,
                source_addr_npi=Npi.NATIONAL,
                source_addr="90",
            ),
            CANCEL_BROADCAST_SM,
        ),
        (
            CancelBroadcastSmResp(
                command_status=CommandStatus.ESME_RBCASTCANCELFAIL, sequence_number=3
            ),
            CANCEL_BROADCAST_SM_RESP,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """From v5.0 on: what a broadcast says and where it goes travels in TLVs."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


def test_first_of_several_areas_is_given() -> None:
    """A tag may repeat; all are kept in order, `tlv` gives the first."""
    broadcast = decode(bytes.fromhex(BROADCAST_SM))

    assert b"\0AzO" == broadcast.tlv(TlvTag.BROADCAST_AREA_IDENTIFIER)
    assert [b"\0AzO", b"\0"] == [value for tag, value in broadcast.tlvs if tag == 0x0606]
    assert BroadcastFrequencyInterval(8, 10) == broadcast.tlv(TlvTag.BROADCAST_FREQUENCY_INTERVAL)
