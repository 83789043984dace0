"""query_sm, cancel_sm and replace_sm: octets drawn field by field."""

from __future__ import annotations

import pytest

from pdu import (
    CancelSm,
    CancelSmResp,
    CommandStatus,
    MessageState,
    Npi,
    Pdu,
    QuerySm,
    QuerySmResp,
    RegisteredDelivery,
    ReplaceSm,
    ReplaceSmResp,
    Ton,
    decode,
    encode,
)

QUERY_SM = (
    "0000001E"  # command_length  30
    "00000003"  # command_id      query_sm
    "00000000"  # command_status  ESME_ROK
    "00000001"  # sequence_number 1
    "38353534363900"  # message_id      "855469"
    "05"  # source_addr_ton alphanumeric
    "00"  # source_addr_npi unknown
    "73686F7000"  # source_addr     "shop"
)
QUERY_SM_RESP = (
    "0000002A"  # command_length  42
    "80000003"  # command_id      query_sm_resp
    "00000000"  # command_status  ESME_ROK
    "00000001"  # sequence_number 1
    "38353534363900"  # message_id      "855469"
    "3236313132333130333030303031322B00"  # final_date "261123103000012+"
    "02"  # message_state   DELIVERED
    "0B"  # error_code      11
)
QUERY_SM_RESP_NOT_FINAL = (
    "00000015"  # command_length  21
    "80000003"  # command_id      query_sm_resp
    "00000000"  # command_status  ESME_ROK
    "00000002"  # sequence_number 2
    "3100"  # message_id      "1"
    "00"  # final_date      ""
    "01"  # message_state   ENROUTE
    "00"  # error_code      0
)
CANCEL_SM = (
    "0000002C"  # command_length   44
    "00000008"  # command_id       cancel_sm
    "00000000"  # command_status   ESME_ROK
    "00000003"  # sequence_number  3
    "434D5400"  # service_type     "CMT"
    "353500"  # message_id       "55"
    "05"  # source_addr_ton  alphanumeric
    "09"  # source_addr_npi  private
    "73686F7000"  # source_addr      "shop"
    "01"  # dest_addr_ton    international
    "01"  # dest_addr_npi    ISDN
    "373931363132333435363700"  # destination_addr "79161234567"
)
CANCEL_SM_RESP = (
    "00000010"  # command_length  16
    "80000008"  # command_id      cancel_sm_resp
    "00000011"  # command_status  ESME_RCANCELFAIL
    "00000003"  # sequence_number 3
)
REPLACE_SM = (
    "00000041"  # command_length         65
    "00000007"  # command_id             replace_sm
    "00000000"  # command_status         ESME_ROK
    "00000004"  # sequence_number        4
    "353500"  # message_id             "55"
    "05"  # source_addr_ton        alphanumeric
    "01"  # source_addr_npi        ISDN
    "73686F7000"  # source_addr            "shop"
    "3030303030323030303030303030305200"  # schedule_delivery_time "000002000000000R"
    "3030303030313030303030303030305200"  # validity_period        "000001000000000R"
    "01"  # registered_delivery    final outcome
    "09"  # sm_default_msg_id      9
    "02"  # sm_length              2
    "4869"  # short_message          "Hi"
)
REPLACE_SM_RESP = (
    "00000010"  # command_length  16
    "80000007"  # command_id      replace_sm_resp
    "00000000"  # command_status  ESME_ROK
    "00000004"  # sequence_number 4
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (
            QuerySm(
                sequence_number=1,
                message_id="855469",
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr="shop",
            ),
            QUERY_SM,
        ),
        (
            QuerySmResp(
                sequence_number=1,
                message_id="855469",
                final_date="261123103000012+",
                message_state=MessageState.DELIVERED,
                error_code=11,
            ),
            QUERY_SM_RESP,
        ),
        (
            QuerySmResp(sequence_number=2, message_id="1", message_state=MessageState.ENROUTE),
            QUERY_SM_RESP_NOT_FINAL,
        ),
        (
            CancelSm(
                sequence_number=3,
                service_type="CMT",
                message_id="55",
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr_npi=Npi.PRIVATE,
                source_addr="shop",
                dest_addr_ton=Ton.INTERNATIONAL,
                dest_addr_npi=Npi.ISDN,
                destination_addr="79161234567",
            ),
            CANCEL_SM,
        ),
        (
            CancelSmResp(command_status=CommandStatus.ESME_RCANCELFAIL, sequence_number=3),
            CANCEL_SM_RESP,
        ),
        (
            ReplaceSm(
                sequence_number=4,
                message_id="55",
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr_npi=Npi.ISDN,
                source_addr="shop",
                schedule_delivery_time="000002000000000R",
                validity_period="000001000000000R",
                registered_delivery=RegisteredDelivery(RegisteredDelivery.FINAL),
                sm_default_msg_id=9,
                short_message=b"Hi",
            ),
            REPLACE_SM,
        ),
        (ReplaceSmResp(sequence_number=4), REPLACE_SM_RESP),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """v3.4 §4.8, §4.9, §4.10: the order and the kinds of the fields are the specification's."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


def test_short_final_date_is_taken() -> None:
    """SMSCs answer with twelve digits; reading takes what comes."""
    octets = bytes.fromhex(
        "00000021"  # command_length  33
        "80000003"  # command_id      query_sm_resp
        "00000000"  # command_status  ESME_ROK
        "00000002"  # sequence_number 2
        "3100"  # message_id      "1"
        "32363131323331303330353900"  # final_date "261123103059"
        "05"  # message_state   UNDELIVERABLE
        "01"  # error_code      1
    )

    answer = decode(octets)

    assert isinstance(answer, QuerySmResp)
    assert "261123103059" == answer.final_date
    assert MessageState.UNDELIVERABLE is answer.message_state
